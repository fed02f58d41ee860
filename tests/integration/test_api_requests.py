"""What a caller can get wrong: the order of checks, bad input, and the shape of every problem."""

import io
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from structlog.testing import capture_logs

from app import create_app
from app.services import make_services
from models.settings import load_settings
from tests.integration.api import Api, serving
from tests.stores import SQLITE_AND_FAKEREDIS, StoreFactory, Stores

EXEC = "/process/exec"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def api(store_factory: StoreFactory) -> Iterator[Api]:
    with store_factory.open(SQLITE_AND_FAKEREDIS) as stores, serving(stores, max_body_bytes=2000) as api:
        yield api


def errors_of(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {error["field"]: error["message"] for error in answer.json["errors"]}


# -- the order of checks


def test_checks_come_in_the_order_of_the_contract(api: Api) -> None:
    lacking = api.new_key([])
    too_large = b"{" * 3000
    steps: list[tuple[int, dict[str, Any]]] = [
        (401, {"key": "apk_x_y", "data": too_large, "content_type": "text/plain"}),
        (403, {"key": lacking, "data": too_large, "content_type": "text/plain"}),
        (413, {"data": too_large, "content_type": "text/plain"}),
        (415, {"data": b"{", "content_type": "text/plain"}),
        (400, {"data": b"{", "content_type": "application/json"}),
        (422, {"json": {"processId": UNKNOWN, "wrong": 1}}),
        (404, {"json": {"processId": UNKNOWN}}),
    ]
    statuses = [api.call("POST", EXEC, **request).status_code for _, request in steps]
    assert statuses == [status for status, _ in steps]


def test_too_large_is_said_before_the_body_is_read(api: Api) -> None:
    class Unread(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise AssertionError("the body was read")

    answer = api.call(
        "POST",
        EXEC,
        content_type="application/json",
        environ_overrides={"wsgi.input": Unread(), "CONTENT_LENGTH": "10485760"},
    )
    assert (answer.status_code, answer.json["code"]) == (413, "BODY_TOO_LARGE")


def test_a_body_of_unknown_length_is_read_to_the_limit_only(api: Api) -> None:
    stream = io.BytesIO(b" " * 1_000_000)
    answer = api.call(
        "POST",
        EXEC,
        content_type="application/json",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input": stream, "wsgi.input_terminated": True},
    )
    assert answer.status_code == 413
    assert stream.tell() < 100_000


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 404),
        ("application/json; charset=utf-8", 404),
        ("Application/JSON; charset=UTF-8", 404),
        ("application/vnd.example+json", 404),
        ("application/json; charset=latin-1", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data", 415),
        ("text/json", 415),
        ("application/xml", 415),
        ("", 415),
    ],
)
def test_a_body_is_json_in_utf_8(api: Api, content_type: str, status: int) -> None:
    body = json.dumps({"processId": UNKNOWN}).encode()
    answer = api.call("POST", EXEC, data=body, headers={"Content-Type": content_type})
    assert answer.status_code == status


def test_bpmn_xml_is_refused_in_clear_words(api: Api) -> None:
    answer = api.call("POST", "/flows", data=b"<definitions/>", content_type="application/xml")
    assert answer.status_code == 415
    assert "JSON" in answer.json["detail"]


def test_a_compressed_body_is_refused(api: Api) -> None:
    answer = api.call("POST", EXEC, json={}, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 415


# -- JSON


@pytest.mark.parametrize(
    "body", [b"", b"{", b"{'a': 1}", b'{"a": NaN}', b"\xff", b'{"processId": "x"} x', b"undefined"], ids=str
)
def test_what_is_not_json_is_a_400(api: Api, body: bytes) -> None:
    answer = api.call("POST", EXEC, data=body, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (400, "MALFORMED_JSON")


@pytest.mark.parametrize("body", [b"[]", b'"text"', b'"{}"', b"7", b"null", b"true"], ids=str)
def test_a_body_that_is_no_object_is_a_422(api: Api, body: bytes) -> None:
    answer = api.call("POST", EXEC, data=body, content_type="application/json")
    assert errors_of(answer) == {"body": "must be an object"}


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ('"a\\u0000b"', "data.items[1].price"),
        ('"\\ud800"', "data.items[1].price"),
        ("1e400", "data.items[1].price"),
        ("123456789012345678901234567890", "data.items[1].price"),
        ("[" * 70 + "]" * 70, "data.items[1].price"),
    ],
)
def test_what_no_store_can_keep_is_a_422_that_names_the_place(api: Api, value: str, field: str) -> None:
    body = f'{{"processId": "{UNKNOWN}", "data": {{"items": [1, {{"price": {value}}}]}}}}'
    answer = api.call("POST", EXEC, data=body, content_type="application/json")
    (named,) = errors_of(answer)
    assert named.startswith(field)


def test_a_lone_surrogate_in_a_key_is_a_422_and_the_answer_is_json(api: Api) -> None:
    body = b'{"processId": "x", "data": {"\\udfff": "a\\u0000"}}'
    answer = api.call("POST", EXEC, data=body, content_type="application/json")
    assert errors_of(answer)


# -- fields


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({}, "processId", "is required"),
        ({"processId": 7}, "processId", "must be a string"),
        ({"processId": ""}, "processId", "must not be empty"),
        ({"processId": None}, "processId", "null"),
        ({"processId": "x" * 256}, "processId", "at most 255"),
        ({"processId": "x", "correlationKey": 7}, "correlationKey", "must be a string"),
        ({"processId": "x", "correlationKey": ""}, "correlationKey", "must not be empty"),
        ({"processId": "x", "correlationKey": None}, "correlationKey", "null"),
        ({"processId": "x", "correlationKey": "k" * 256}, "correlationKey", "at most 255"),
        ({"processId": "x", "data": []}, "data", "must be an object"),
        ({"processId": "x", "data": "text"}, "data", "must be an object"),
        ({"processId": "x", "data": None}, "data", "null"),
        ({"processId": "x", "data": {"secrets": 1}}, "data.secrets", "system"),
        ({"processId": "x", "data": {"correlationKey": 1}}, "data.correlationKey", "system"),
        ({"processId": "x", "data": {"processInstanceId": 1}}, "data.processInstanceId", "system"),
        ({"processId": "x", "dta": {}}, "dta", "`data`"),
        ({"processId": "x", "ProcessID": "x"}, "ProcessID", "`processId`"),
        ({"processId": "x", "process_id": "x"}, "process_id", "`processId`"),
    ],
    ids=str,
)
def test_a_wrong_field_of_a_start_is_named(api: Api, body: Any, field: str, words: str) -> None:
    assert words in errors_of(api.call("POST", EXEC, json=body))[field]


@pytest.mark.parametrize(
    ("path", "body", "field", "words"),
    [
        ("/process/task", {"action": "COMPLETE"}, "nodeId", "is required"),
        ("/process/task", {"action": "complete"}, "action", "'COMPLETE' or 'CANCEL'"),
        ("/process/task", {"action": "APPROVE"}, "action", "'COMPLETE' or 'CANCEL'"),
        ("/process/task", {"action": "COMPLETE", "data": [1]}, "data", "must be an object"),
        ("/process/message", {"name": 1}, "name", "must be a string"),
        ("/process/message", {"name": "a", "timeToLive": "1h"}, "timeToLive", "PT1H"),
        ("/process/message", {"name": "a", "timeToLive": "-PT1S"}, "timeToLive", "PT1H"),
        ("/process/message", {"name": "a", "timeToLive": "P9999999D"}, "timeToLive", "PT1H"),
        ("/process/message", {"name": "a", "timeToLive": 3600}, "timeToLive", "PT1H"),
        ("/process/message", {"name": "a", "messageId": ""}, "messageId", "must not be empty"),
        ("/process/instances/x/cancel", {"reason": "x"}, "reason", "is unknown"),
        ("/flows", {"name": ""}, "name", "must not be empty"),
        ("/flows", {"name": "a", "definition": []}, "definition", "must be an object"),
        ("/flows/x/publish", {"environments": ["production"]}, "environments[0]", "'PRODUCTION'"),
        ("/flows/x/publish", {"environments": "PRODUCTION"}, "environments", "must be a list"),
    ],
    ids=str,
)
def test_a_wrong_field_of_any_body_is_named(api: Api, path: str, body: Any, field: str, words: str) -> None:
    assert words in errors_of(api.call("POST", path, json=body))[field]


@pytest.mark.parametrize(
    ("path", "field", "words"),
    [
        ("/process/instances?environment=production", "environment", "'DEVELOPMENT' or 'PRODUCTION'"),
        ("/process/instances?status=running", "status", "'RUNNING'"),
        ("/process/instances?limit=0", "limit", "1 or more"),
        ("/process/instances?limit=501", "limit", "500 or less"),
        ("/process/instances?limit=1.0", "limit", "whole number"),
        ("/process/instances?limit=", "limit", "whole number"),
        ("/process/instances?startedFrom=yesterday", "startedFrom", "2026-02-20T10:00:00Z"),
        ("/process/instances?startedFrom=2026-01-01T00:00:00", "startedFrom", "offset"),
        ("/process/instances?startedFrom=1700000000", "startedFrom", "offset"),
        ("/process/instances?startedFrom=0001-01-01T00:00:00%2B14:00", "startedFrom", "offset"),
        ("/process/instances?statu=RUNNING", "statu", "`status`"),
        ("/process/instances?status=RUNNING&status=WAITING", "status", "more than once"),
        ("/process/instances?correlationKey=a%00b", "correlationKey", "NUL"),
        ("/process/instances?after=x&before=x", "before", "after"),
        ("/process/tasks?asignee=x", "asignee", "`assignee`"),
        ("/health/live?verbose=1", "verbose", "is unknown"),
    ],
)
def test_a_wrong_query_parameter_is_named(api: Api, path: str, field: str, words: str) -> None:
    assert words in errors_of(api.call("GET", path))[field]


def test_a_wrong_environment_of_a_start_is_named_beside_the_fields(api: Api) -> None:
    answer = api.call("POST", f"{EXEC}?environment=production&version=1", json={"data": 1})
    assert errors_of(answer).keys() == {"environment", "version", "processId", "data"}


@pytest.mark.parametrize("key", ["", "é", "a" * 256, "a\tb"], ids=["empty", "umlaut", "long", "tab"])
def test_an_idempotency_key_is_printable_ascii(api: Api, key: str) -> None:
    answer = api.call("POST", EXEC, json={"processId": UNKNOWN}, headers={"Idempotency-Key": key})
    assert errors_of(answer).keys() == {"Idempotency-Key"}


def test_a_thousand_wrong_fields_are_answered_in_short(api: Api) -> None:
    answer = api.call("POST", EXEC, json={f"f{number}": 1 for number in range(150)})
    assert len(errors_of(answer)) == 51  # fifty that are unknown, and the one that is missing


def test_nul_in_a_path_is_an_id_that_does_not_exist(stores: Stores) -> None:
    with serving(stores) as api:
        for path in ("/process/instances/a%00b", "/flows/a%00b", "/flows/a%00b/versions/1%00"):
            assert api.call("GET", path).status_code == 404


# -- problems


def test_a_problem_has_its_fields_in_order_and_the_request_id(api: Api) -> None:
    answer = api.call("POST", EXEC, json={"processId": UNKNOWN}, headers={"X-Request-ID": "my-request.1"})
    assert answer.mimetype == "application/problem+json"
    assert list(answer.json.items()) == [
        ("type", "/problems/flow-not-found"),
        ("title", "Not found"),
        ("status", 404),
        ("detail", "There is no flow with this processId."),
        ("instance", "/process/exec"),
        ("code", "FLOW_NOT_FOUND"),
        ("requestId", "my-request.1"),
    ]
    assert answer.headers["X-Request-ID"] == "my-request.1"


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, "é", "a;b"])
def test_an_odd_request_id_is_replaced(api: Api, sent: str) -> None:
    answer = api.call("GET", "/health/live", headers={"X-Request-ID": sent})
    made = answer.headers["X-Request-ID"]
    assert made
    assert made != sent


def test_what_the_framework_refuses_is_a_problem_too(api: Api) -> None:
    nowhere = api.call("GET", "/nowhere", key=None)
    assert (nowhere.status_code, nowhere.json["code"]) == (404, "NOT_FOUND")
    wrong_method = api.call("DELETE", EXEC)
    assert (wrong_method.status_code, wrong_method.json["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert wrong_method.headers["Allow"] == "POST"
    assert api.call("OPTIONS", EXEC).status_code == 405


def test_an_unexpected_error_is_logged_and_tells_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the inner workings")

    monkeypatch.setattr(api.engine, "start", fail)
    with capture_logs() as lines:
        answer = api.call("POST", EXEC, json={"processId": UNKNOWN})
    assert (answer.status_code, answer.json["code"]) == (500, "INTERNAL_ERROR")
    assert "inner" not in answer.text
    assert str(lines[0]["exc_info"]) == "the inner workings"


def test_a_database_that_is_away_is_a_503() -> None:
    keys = {"secret_key": "s" * 32, "key_peppers": "p" * 32, "encryption_keys": "e" * 32}
    settings = load_settings(
        database_url="postgresql://nobody@127.0.0.1:1/nothing", redis_url="fakeredis://", **keys
    )
    services = make_services(settings)
    with closing(services.database):
        client = create_app(services).test_client()
        for path in ("/flows", "/health/ready"):
            answer = client.get(path, headers={"X-API-Key": "apk_a_b"})
            assert (answer.status_code, (answer.json or {})["code"]) == (503, "DATABASE_UNAVAILABLE")
            assert answer.headers["Retry-After"] == "2"
        assert client.get("/health/live").status_code == 200


def test_a_request_is_one_log_line_without_what_is_secret(api: Api) -> None:
    with capture_logs() as lines:
        api.call("POST", f"{EXEC}?versionNumber=private", json={"processId": UNKNOWN})
    (line,) = lines
    assert {name: line[name] for name in ("method", "path", "status", "caller")} == {
        "method": "POST",
        "path": EXEC,
        "status": 404,
        "caller": f"key:{api.key.split('_')[1]}",
    }
    assert api.key.split("_", 2)[2] not in str(lines)
    assert "private" not in str(lines)


def test_answers_are_neither_sniffed_nor_stored(api: Api) -> None:
    for answer in (api.call("GET", "/flows"), api.call("GET", "/nowhere")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


# -- description


def test_ready_reports_redis_and_does_not_need_it(api: Api) -> None:
    answer = api.call("GET", "/health/ready", key=None)
    assert (answer.status_code, answer.json) == (200, {"status": "ready", "redis": "down"})


def test_every_route_of_the_api_is_described_with_its_problems(api: Api) -> None:
    document = api.call("GET", "/openapi.json", key=None).json
    served = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in api.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD"}
        if not rule.endpoint.startswith("docs.")
    }
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert described == served
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            problems = {
                status: answer for status, answer in operation["responses"].items() if int(status) >= 400
            }
            assert {"422", "500", "503"} <= problems.keys(), (path, method)
            assert all("application/problem+json" in answer["content"] for answer in problems.values())
            assert operation["summary"]
    assert document["components"]["securitySchemes"].keys() == {"apiKey", "bearer"}


def test_the_documentation_is_served_from_here_alone(api: Api) -> None:
    page = api.call("GET", "/docs", key=None)
    assert "https://" not in page.text
    assert "http://" not in page.text
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "docs.js"):
        assert f"/docs/{name}" in page.text
        assert api.call("GET", f"/docs/{name}", key=None).status_code == 200
