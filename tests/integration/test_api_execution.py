"""The calls of the user's page and their answers; and that tenants see nothing of each other."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from models.permission import SYSTEM_ADMIN
from tests.flows import line, message, user
from tests.integration.api import Api, serving, without_names
from tests.stores import SQLITE_AND_FAKEREDIS, StoreFactory

FLOW = line(user("approve"), message("wait", "settled"), messages=[{"id": "settled"}])
UNKNOWN = "00000000-0000-4000-8000-000000000000"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def api(store_factory: StoreFactory) -> Iterator[Api]:
    with store_factory.open(SQLITE_AND_FAKEREDIS) as stores, serving(stores) as api:
        yield api


def test_a_start_answers_what_the_users_page_says(api: Api) -> None:
    process_id = api.publish(FLOW)
    body = {"processId": process_id, "correlationKey": "order-9981", "data": {"amount": 149.99}}
    answer = api.call("POST", "/process/exec", json=body)
    assert answer.status_code == 200
    assert list(answer.json) == ["processInstanceId", "processId", "status", "startTime"]
    assert answer.json["processInstanceId"].startswith("inst_")
    assert answer.json["processId"] == process_id
    assert answer.json["status"] == "started"
    assert TIME.fullmatch(answer.json["startTime"])
    shown = api.call("GET", f"/process/instances/{answer.json['processInstanceId']}").json
    assert shown["environment"] == "PRODUCTION"
    assert shown["versionNumber"] == "1"
    assert shown["correlationKey"] == "order-9981"
    assert shown["variables"] == {"amount": 149.99}
    assert shown["startTime"] == answer.json["startTime"]


def test_environment_and_version_choose_what_runs(api: Api) -> None:
    process_id = api.publish(FLOW)
    api.call("POST", f"/flows/{process_id}/publish", json={"environments": ["DEVELOPMENT"]})

    def version(query: str) -> tuple[str, str]:
        started = api.call("POST", f"/process/exec?{query}", json={"processId": process_id}).json
        shown = api.call("GET", f"/process/instances/{started['processInstanceId']}").json
        return shown["environment"], shown["versionNumber"]

    assert version("") == ("PRODUCTION", "1")
    assert version("environment=DEVELOPMENT") == ("DEVELOPMENT", "2")
    assert version("versionNumber=2") == ("PRODUCTION", "2")
    assert version("environment=DEVELOPMENT&versionNumber=1") == ("DEVELOPMENT", "1")


@pytest.mark.parametrize("version", ["3", "0", "01", "x", "99999999999999999999", "-1"])
def test_an_unknown_version_is_a_404(api: Api, version: str) -> None:
    process_id = api.publish(FLOW)
    answer = api.call("POST", f"/process/exec?versionNumber={version}", json={"processId": process_id})
    assert (answer.status_code, answer.json["code"]) == (404, "VERSION_NOT_FOUND")


def test_a_flow_that_was_never_published_has_no_active_version(api: Api) -> None:
    process_id = api.call("POST", "/flows", json={"name": "Draft"}).json["processId"]
    answer = api.call("POST", "/process/exec", json={"processId": process_id})
    assert (answer.status_code, answer.json["code"]) == (409, "NO_ACTIVE_VERSION")


def test_a_system_start_belongs_to_the_organization_that_owns_the_flow(api: Api) -> None:
    process_id = api.publish(FLOW)
    _, foreign = api.organization("Second")
    admin = api.sign_in(SYSTEM_ADMIN, organization_id=None)["accessToken"]
    for answer in (
        api.call("POST", "/process/start", key=api.system_key, json={"processId": process_id}),
        api.with_token(admin, "POST", "/process/start", json={"processId": process_id}),
    ):
        path = f"/process/instances/{answer.json['processInstanceId']}"
        assert api.call("GET", path).status_code == 200
        assert api.call("GET", path, key=foreign).status_code == 404


def test_one_idempotency_key_starts_one_instance(api: Api) -> None:
    process_id = api.publish(FLOW)
    body = {"processId": process_id, "data": {"amount": 1}}
    header = {"Idempotency-Key": "order 1"}
    first = api.call("POST", "/process/exec", json=body, headers=header)
    again = api.call("POST", "/process/exec?environment=PRODUCTION", json=body, headers=header)
    assert first.data == again.data
    for path, other in (
        ("/process/exec", {**body, "data": {"amount": 2}}),
        ("/process/exec?environment=DEVELOPMENT", body),
    ):
        refused = api.call("POST", path, json=other, headers=header)
        assert (refused.status_code, refused.json["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert len(api.call("GET", "/process/instances").json["items"]) == 1


def test_a_repeated_start_gets_its_answer_whatever_has_become_of_the_flow(api: Api) -> None:
    process_id = api.publish(FLOW)
    body = {"processId": process_id, "data": {"amount": 1}}
    header = {"Idempotency-Key": "order 1"}
    first = api.call("POST", "/process/exec", json=body, headers=header)
    api.call("DELETE", f"/flows/{process_id}/environments/PRODUCTION")
    gone = api.call("POST", "/process/exec", json=body, headers={"Idempotency-Key": "order 2"})
    assert (gone.status_code, gone.json["code"]) == (409, "NO_ACTIVE_VERSION")
    assert api.call("POST", "/process/exec", json=body, headers=header).data == first.data
    schema = {"type": "object", "required": ["currency"]}
    api.call("PUT", f"/flows/{process_id}/draft", json={**FLOW, "inputSchema": schema})
    api.call("POST", f"/flows/{process_id}/publish")
    assert api.call("POST", "/process/exec", json=body).status_code == 422
    assert api.call("POST", "/process/exec", json=body, headers=header).data == first.data


def test_a_task_is_resumed_once(api: Api) -> None:
    instance_id = api.start(api.publish(FLOW))
    answer = {"processInstanceId": instance_id, "nodeId": "approve", "action": "COMPLETE", "data": {"a": 1}}
    early = api.call("POST", "/process/task", json=answer)
    assert (early.status_code, early.json["code"]) == (409, "TASK_NOT_WAITING")
    api.work()
    resumed = api.call("POST", "/process/task", json=answer)
    assert resumed.json == {"processInstanceId": instance_id, "status": "resumed"}
    late = api.call("POST", "/process/task", json=answer)
    assert (late.status_code, late.json["code"]) == (409, "TASK_NOT_WAITING")


def test_a_system_key_resumes_in_every_organization(api: Api) -> None:
    instance_id = api.start(api.publish(FLOW))
    api.work()
    answer = {"processInstanceId": instance_id, "nodeId": "approve", "action": "CANCEL"}
    cancelled = api.call("POST", "/process/task", key=api.system_key, json=answer)
    assert cancelled.json == {"processInstanceId": instance_id, "status": "cancelled"}


def test_a_message_is_kept_then_known_and_answers_with_its_id(api: Api) -> None:
    body = {"name": "settled", "correlationKey": "order-1", "messageId": "m-1"}
    assert api.call("POST", "/process/message", json=body).json == {"messageId": "m-1", "status": "buffered"}
    assert api.call("POST", "/process/message", json=body).json["status"] == "duplicate"
    fleeting = api.call("POST", "/process/message", json={"name": "settled", "timeToLive": "PT0S"})
    assert fleeting.json["status"] == "discarded"


def test_a_message_names_the_instance_that_goes_on(api: Api) -> None:
    instance_id = api.start(api.publish(FLOW), correlationKey="order-1")
    api.work()
    answer = {"processInstanceId": instance_id, "nodeId": "approve", "action": "COMPLETE"}
    api.call("POST", "/process/task", json=answer)
    api.work()
    published = api.call("POST", "/process/message", json={"name": "settled", "correlationKey": "order-1"})
    assert published.json["status"] == "correlated"
    assert published.json["processInstanceId"] == instance_id


def test_an_operator_sets_variables_retries_and_cancels(api: Api) -> None:
    instance_id = api.start(api.publish(FLOW))
    path = f"/process/instances/{instance_id}"
    changed = api.call("PATCH", f"{path}/variables", json={"variables": {"amount": None, "note": "x"}})
    assert changed.json == {"processInstanceId": instance_id, "status": "updated"}
    assert api.call("GET", path).json["variables"] == {"amount": None, "note": "x"}
    reserved = api.call("PATCH", f"{path}/variables", json={"variables": {"secrets": 1}})
    assert reserved.json["errors"][0]["field"] == "variables.secrets"
    nothing = api.call("POST", f"{path}/retry")
    assert (nothing.status_code, nothing.json["code"]) == (409, "NO_INCIDENT")
    cancelled = api.call("POST", f"{path}/cancel", json={})
    assert cancelled.json == {"processInstanceId": instance_id, "status": "cancelled"}
    assert api.call("GET", path).json["status"] == "CANCELLED"
    assert api.call("POST", f"{path}/cancel").status_code == 409


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/process/exec", {"processId": "FLOW"}),
        ("POST", "/process/exec?versionNumber=1", {"processId": "FLOW"}),
        (
            "POST",
            "/process/task",
            {"processInstanceId": "INSTANCE", "nodeId": "approve", "action": "COMPLETE"},
        ),
        ("POST", "/process/task", {"processInstanceId": "INSTANCE", "nodeId": "approve", "action": "CANCEL"}),
        ("GET", "/process/instances/INSTANCE", None),
        ("GET", "/process/instances/INSTANCE/history", None),
        ("POST", "/process/instances/INSTANCE/cancel", None),
        ("POST", "/process/instances/INSTANCE/retry", None),
        ("PATCH", "/process/instances/INSTANCE/variables", {"variables": {"a": 1}}),
        ("GET", "/flows/FLOW", None),
        ("GET", "/flows/FLOW/draft", None),
        ("PUT", "/flows/FLOW/draft", {"nodes": []}),
        ("POST", "/flows/FLOW/publish", {}),
        ("GET", "/flows/FLOW/versions", None),
        ("GET", "/flows/FLOW/versions/1", None),
        ("PUT", "/flows/FLOW/environments/PRODUCTION", {"versionNumber": "1"}),
        ("DELETE", "/secrets/CRM", None),
    ],
    ids=str,
)
def test_what_is_another_organizations_answers_as_if_it_did_not_exist(
    api: Api, method: str, path: str, body: Any
) -> None:
    process_id = api.publish(FLOW)
    instance_id = api.start(process_id)
    api.work()
    api.call("PUT", "/secrets/CRM", json={"value": "x"})
    _, foreign = api.organization("Second")

    def problem(flow: str, instance: str, secret: str) -> dict[str, Any]:
        names = {"FLOW": flow, "INSTANCE": instance, "CRM": secret}

        def named(text: str) -> str:
            return re.sub("|".join(names), lambda match: names[match[0]], text)

        sent = body and {
            name: named(value) if isinstance(value, str) else value for name, value in body.items()
        }
        answer = api.call(method, named(path), key=foreign, json=sent)
        assert answer.status_code == 404
        return without_names(answer)

    theirs = problem(process_id, instance_id, "CRM")
    assert theirs == problem(UNKNOWN, "inst_unknown", "UNKNOWN")
    assert api.call("GET", f"/process/instances/{instance_id}").json["status"] == "WAITING"
    assert api.call("GET", "/secrets").json["items"]
