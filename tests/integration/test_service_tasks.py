"""Service tasks: retries, incidents, errors, the Idempotency-Key, secrets."""

import json
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from typing import Any

import pytest

from app.administration.secrets import set_secret
from harness.caller import wait_for
from models.secret import Vault
from tests.flows import boundary, end, flow, http, line, python, start
from tests.integration.tasks_for_tests import calls, gates
from tests.product import Product
from tests.stores import Stores
from tests.unit.local_server import LocalServer, Received
from tests.unit.local_server import http as answered


class Crm:
    """A server outside that answers what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answers: list[tuple[int, dict[str, str], Any]] = []
        crm = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                crm.asked.append({"path": self.path, "headers": headers, "body": json.loads(body or b"null")})
                status, more, answer = crm.answers.pop(0) if crm.answers else (200, {}, {"ok": True})
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **more}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(json.dumps(answer(headers) if callable(answer) else answer).encode())

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def crm() -> Iterator[Crm]:
    server = Crm()
    yield server
    server.close()


@pytest.fixture
def product(stores: Stores, crm: Crm) -> Iterator[Product]:
    with Product(stores, allowed_private_hosts=[crm.host]) as opened:
        yield opened.work()


QUICK = {"maxAttempts": 3, "backoff": "PT0.05S"}


def test_what_an_http_task_gets_goes_through_output_and_stays_local_without_it(
    product: Product, crm: Crm
) -> None:
    crm.answers = [(200, {}, {"label": "billing"}), (200, {}, {"label": "lost"})]
    definition = line(
        http("a", crm.url + "/classify/{name}", input={"body": {"text": "{text}"}},
             output={"label": "= response.body.label", "status": "= response.status"}),
        http("b", crm.url),
    )  # fmt: skip
    instance = product.api.start(
        product.api.publish(definition), {"text": 'a "quoted" {text}', "name": "ä/../b"}
    )
    variables = product.api.until(instance, "COMPLETED")["variables"]
    assert (variables["label"], variables["status"]) == ("billing", 200)
    assert crm.asked[0]["body"] == {"text": 'a "quoted" {text}'}
    assert crm.asked[0]["path"].startswith("/classify/%C3%A4%2F")
    assert "response" not in variables


def test_a_form_is_sent_as_a_form_and_bytes_go_on_as_they_came(stores: Stores) -> None:
    picture = b"\x89PNG\xff"

    def answer(connection: socket, received: Received) -> None:
        if received.target == "/picture":
            connection.sendall(answered(200, "Content-Type: image/png", body=picture))
        else:
            connection.sendall(answered(200, "Content-Type: text/plain", body=received.body))

    definition = line(
        http("token", "= base & '/token'", output={"sent": "= response.body"},
             input={"headers": {"content-type": "application/x-www-form-urlencoded"},
                    "body": {"grant_type": "client_credentials", "scope": "{scope}"}}),
        http("get", "= base & '/picture'", "GET", output={"picture": "= response.bodyBase64"}),
        http("put", "= base & '/copy'", "PUT", input={"bodyBase64": "{picture}"},
             output={"copied": "= response.bodyBase64"}),
    )  # fmt: skip
    with LocalServer(answer) as server, Product(stores, allowed_private_hosts=[server.host]) as product:
        product.work()
        instance = product.api.start(product.api.publish(definition), {"base": server.url, "scope": "a b"})
        variables = product.api.until(instance, "COMPLETED")["variables"]
    assert variables["sent"] == "grant_type=client_credentials&scope=a+b"
    assert b64decode(variables["picture"]) == server.requests[2].body == picture
    assert variables["copied"] == variables["picture"]


def test_a_value_in_a_url_cannot_climb_out_of_its_path(product: Product, crm: Crm) -> None:
    definition = line(http("call", crm.url + "/customers/{id}/refund"))
    instance = product.api.start(product.api.publish(definition), {"id": ".."})
    assert product.api.until(instance, "INCIDENT")["incidents"][0]["code"] == "INVALID_REQUEST"
    assert crm.asked == []


def test_attempts_that_fail_are_repeated_under_one_idempotency_key(product: Product, crm: Crm) -> None:
    crm.answers = [(503, {}, None), (429, {"Retry-After": "0"}, None)]
    instance = product.api.start(product.api.publish(line(http("call", crm.url, retry=QUICK))))
    product.api.until(instance, "COMPLETED")
    assert len(crm.asked) == 3
    assert len({request["headers"]["idempotency-key"] for request in crm.asked}) == 1
    (step,) = [step for step in product.api.history(instance) if step["nodeId"] == "call"]
    assert step["attempts"] == 3


def test_when_the_attempts_are_used_up_it_is_an_incident_and_a_retry_goes_on_from_there(
    product: Product, crm: Crm
) -> None:
    crm.answers = [(500, {}, {"why": "down"})] * 3
    instance = product.api.start(product.api.publish(line(http("call", crm.url, retry=QUICK))))
    (incident,) = product.api.until(instance, "INCIDENT")["incidents"]
    assert (incident["nodeId"], incident["code"], incident["attempts"]) == ("call", "HTTP_STATUS", 3)
    product.api.call("POST", f"/process/instances/{instance}/retry")
    product.api.until(instance, "COMPLETED")
    assert len(crm.asked) == 4
    assert len({request["headers"]["idempotency-key"] for request in crm.asked}) == 1  # the same request


def test_another_answer_of_400_or_more_is_an_incident_at_once(product: Product, crm: Crm) -> None:
    crm.answers = [(404, {}, {})]
    instance = product.api.start(product.api.publish(line(http("call", crm.url, retry=QUICK))))
    assert product.api.until(instance, "INCIDENT")["incidents"][0]["code"] == "HTTP_STATUS"
    assert len(crm.asked) == 1


def test_an_answer_that_throws_takes_the_boundary_event_of_its_code(product: Product, crm: Crm) -> None:
    crm.answers = [(422, {}, {"error": "no"})]
    definition = flow(
        start(),
        http("refund", crm.url, throws=[{"when": "= response.status = 422", "errorRef": "rejected"}]),
        boundary("any", "refund"), boundary("refused", "refund", "rejected", output={"code": "= error.code"}),
        end("done"), end("by-any"), end("by-code"),
        flows=["start->refund", "refund->done", "any->by-any", "refused->by-code"],
        errors=[{"id": "rejected", "errorCode": "REJECTED"}],
    )  # fmt: skip
    instance = product.api.start(product.api.publish(definition))
    assert product.api.until(instance, "COMPLETED")["variables"] == {"code": "REJECTED"}
    assert product.api.visited(instance) == ["start", "refund", "refused", "by-code"]


def test_a_secret_reaches_the_called_server_and_nothing_that_is_kept(product: Product, crm: Crm) -> None:
    secret = "s3cr3t-value-of-crm"
    set_secret(product.database, Vault(product.settings.encryption_keys),
               organization_id=product.organization_id, name="CRM", value=secret)  # fmt: skip
    crm.answers = [(200, {}, lambda headers: {"echo": headers["authorization"]})]
    definition = line(
        http("call", crm.url, input={"headers": {"Authorization": "Bearer {secrets.CRM}"}},
             output={"echo": "= response.body.echo"})
    )  # fmt: skip
    instance = product.api.start(product.api.publish(definition))
    state = product.api.until(instance, "COMPLETED")
    assert crm.asked[0]["headers"]["authorization"] == f"Bearer {secret}"
    assert state["variables"]["echo"] == "Bearer ***"
    assert secret not in json.dumps(product.api.history(instance))
    assert "***" in json.dumps(product.api.history(instance))


def test_a_secret_in_what_a_python_task_raises_reaches_neither_log_nor_incident(
    product: Product, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "s3cr3t-value-of-python"
    vault = Vault(product.settings.encryption_keys)
    set_secret(product.database, vault, organization_id=product.organization_id, name="PY", value=secret)
    task = python("work", "test-tell", input={"token": "{secrets.PY}"}, retry={"maxAttempts": 1})
    instance = product.api.start(product.api.publish(line(task)))
    (incident,) = product.api.until(instance, "INCIDENT")["incidents"]
    told = capsys.readouterr()
    assert "refused the token ***" in incident["message"]
    assert "refused the token ***" in told.out + told.err
    assert secret not in json.dumps(incident) + told.out + told.err


def test_a_secret_that_does_not_exist_is_an_incident_that_names_it(product: Product, crm: Crm) -> None:
    definition = line(http("call", crm.url, input={"headers": {"X": "{secrets.NOPE}"}}))
    instance = product.api.start(product.api.publish(definition))
    (incident,) = product.api.until(instance, "INCIDENT")["incidents"]
    assert incident["code"] == "SECRET_MISSING"
    assert "NOPE" in incident["message"]


def test_a_private_address_that_is_not_allowed_is_refused(stores: Stores, crm: Crm) -> None:
    with Product(stores).work() as product:
        instance = product.api.start(product.api.publish(line(http("call", crm.url))))
        assert product.api.until(instance, "INCIDENT")["incidents"][0]["code"] == "ADDRESS_NOT_ALLOWED"
    assert crm.asked == []


def test_a_python_task_is_retried_with_one_key_until_it_returns(product: Product) -> None:
    definition = line(
        python(
            "work", "test-fail-times", input={"times": 2}, retry=QUICK, output={"attempt": "= result.attempt"}
        )
    )
    instance = product.api.start(product.api.publish(definition))
    assert product.api.until(instance, "COMPLETED")["variables"] == {"attempt": 3}
    assert [context.attempt for context in calls[instance]] == [1, 2, 3]
    assert len({context.idempotency_key for context in calls[instance]}) == 1


def test_a_python_task_may_throw_a_bpmn_error(product: Product) -> None:
    definition = flow(
        start(), python("pay", "test-raise", input={"what": "bpmn"}), boundary("refused", "pay", "card"),
        end("done"), end("unpaid"), flows=["start->pay", "pay->done", "refused->unpaid"],
        errors=[{"id": "card", "errorCode": "CARD_REFUSED"}],
    )  # fmt: skip
    instance = product.api.start(product.api.publish(definition))
    product.api.until(instance, "COMPLETED")
    assert product.api.visited(instance)[-1] == "unpaid"


@pytest.mark.parametrize(
    ("task", "input", "code", "attempts"),
    [
        ("test-raise", {"what": "never"}, "TASK_FAILED", 1),
        ("test-raise", {"what": "later"}, "TASK_FAILED", 3),
        ("test-raise", {"what": "bpmn"}, "UNCAUGHT_ERROR", 1),
        ("test-not-json", {}, "RESULT_NOT_JSON", 1),
    ],
)
def test_a_python_task_that_cannot_go_on_is_an_incident(
    product: Product, task: str, input: dict[str, Any], code: str, attempts: int
) -> None:
    instance = product.api.start(product.api.publish(line(python("work", task, input=input, retry=QUICK))))
    (incident,) = product.api.until(instance, "INCIDENT")["incidents"]
    assert (incident["code"], incident["attempts"]) == (code, attempts)


def test_a_missing_variable_is_an_incident_that_names_it_and_the_node(product: Product) -> None:
    definition = line(python("work", "test-echo", input={"a": "{customer.name}"}))
    instance = product.api.start(product.api.publish(definition), {"customer": {}})
    (incident,) = product.api.until(instance, "INCIDENT")["incidents"]
    assert incident["code"] == "VARIABLE_MISSING"
    assert "customer.name" in incident["message"]
    assert "work" in incident["message"]


def test_what_a_node_in_flight_returns_after_a_cancel_is_not_recorded(product: Product) -> None:
    definition = line(python("work", "test-gate", output={"opened": "= result.opened"}))
    instance = product.api.start(product.api.publish(definition))
    wait_for(lambda: calls[instance])
    product.api.call("POST", f"/process/instances/{instance}/cancel")
    gates[instance].set()
    wait_for(lambda: not product.engine.claims)
    state = product.api.instance(instance)
    assert (state["status"], state["variables"]) == ("CANCELLED", {})
    assert product.api.visited(instance) == ["start", "work"]
    assert product.api.history(instance)[-1]["outcome"] == "cancelled"


def test_a_start_is_answered_while_its_first_node_still_works(product: Product) -> None:
    process_id = product.api.publish(line(python("work", "test-gate")))
    instance = product.api.start(process_id)
    wait_for(lambda: calls[instance])
    assert product.api.instance(instance)["status"] == "RUNNING"
    gates[instance].set()
    product.api.until(instance, "COMPLETED")


def test_an_integer_of_more_than_64_bits_keeps_its_digits(product: Product, crm: Crm) -> None:
    crm.answers = [(200, {}, {"id": 12345678901234567890123, "name": "x"})]
    process_id = product.api.publish(line(http("call", crm.url, output={"body": "= response.body"})))
    variables = product.api.until(product.api.start(process_id), "COMPLETED")["variables"]
    assert variables == {"body": {"id": "12345678901234567890123", "name": "x"}}


@pytest.mark.parametrize(("timeout", "code"), [("PT0.2S", "TIMEOUT"), ("PT1H", "WRONG_TIME")])
def test_the_timeout_of_an_http_task_may_be_a_template(
    product: Product, crm: Crm, timeout: str, code: str
) -> None:
    crm.answers = [(200, {}, lambda _: time.sleep(1))]
    definition = line(http("call", crm.url, input={"timeout": "{timeout}"}, retry={"maxAttempts": 1}))
    instance = product.api.start(product.api.publish(definition), {"timeout": timeout})
    assert product.api.until(instance, "INCIDENT")["incidents"][0]["code"] == code
