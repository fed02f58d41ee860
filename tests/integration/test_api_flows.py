"""Authoring over HTTP: drafts, versions, environments; and secrets."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from app.authoring.compiler import Compiler
from app.authoring.publishing import publish_document
from models.errors import BadRequest, Unprocessable
from models.secret import Secret, Vault
from models.tables import Flow
from tests.flows import line, user
from tests.integration.api import Api, serving
from tests.stores import Stores

FLOW = line(user("approve"))
BROKEN = {**FLOW, "nodes": [{"id": "approve", "type": "userTsk"}]}


@pytest.fixture
def api(stores: Stores) -> Iterator[Api]:
    with serving(stores) as api:
        yield api


def create(api: Api, definition: dict[str, Any] | None = None) -> str:
    body = {"name": "Complaint"} if definition is None else {"name": "Complaint", "definition": definition}
    created = api.call("POST", "/flows", json=body)
    assert created.status_code == 201
    process_id: str = created.json["processId"]
    return process_id


def test_a_draft_is_kept_with_its_problems_and_read_back_as_it_was(api: Api) -> None:
    process_id = create(api)
    assert api.call("GET", f"/flows/{process_id}/draft").json["code"] == "DRAFT_NOT_FOUND"
    saved = api.call("PUT", f"/flows/{process_id}/draft", json=BROKEN)
    assert saved.status_code == 200
    assert any(
        problem["severity"] == "error" and problem["nodeId"] == "approve" and "userTask" in problem["message"]
        for problem in saved.json["problems"]
    )
    assert api.call("GET", f"/flows/{process_id}/draft").json == BROKEN
    assert api.call("PUT", f"/flows/{process_id}/draft", json=FLOW).json == {"problems": []}


def test_a_draft_with_problems_is_not_published(api: Api) -> None:
    process_id = create(api, BROKEN)
    refused = api.call("POST", f"/flows/{process_id}/publish")
    assert (refused.status_code, refused.json["code"]) == (422, "FLOW_HAS_PROBLEMS")
    assert refused.json["problems"][0].keys() == {"nodeId", "code", "message", "severity", "path"}
    assert api.call("GET", f"/flows/{process_id}/versions").json["items"] == []


def test_a_flow_without_draft_is_not_published(api: Api) -> None:
    refused = api.call("POST", f"/flows/{create(api)}/publish")
    assert (refused.status_code, refused.json["code"]) == (409, "NO_DRAFT")


def test_each_publish_is_the_next_version_and_active_where_asked(api: Api) -> None:
    process_id = create(api, FLOW)
    path = f"/flows/{process_id}"
    first = api.call("POST", f"{path}/publish")
    assert (first.status_code, first.json) == (201, {"versionNumber": "1"})
    changed = {**FLOW, "name": "Changed"}
    api.call("PUT", f"{path}/draft", json=changed)
    body = {"environments": ["DEVELOPMENT"], "note": "on trial"}
    assert api.call("POST", f"{path}/publish", json=body).json == {"versionNumber": "2"}
    assert api.call("POST", f"{path}/publish", json={"environments": []}).json == {"versionNumber": "3"}

    assert api.call("GET", path).json["activeVersions"] == {"DEVELOPMENT": "2", "PRODUCTION": "1"}
    versions = api.call("GET", f"{path}/versions").json["items"]
    assert [(item["versionNumber"], item["note"], item["activeIn"]) for item in versions] == [
        ("3", None, []),
        ("2", "on trial", ["DEVELOPMENT"]),
        ("1", None, ["PRODUCTION"]),
    ]
    assert api.call("GET", f"{path}/versions/1").json["definition"] == FLOW
    assert api.call("GET", f"{path}/versions/2").json["definition"] == changed
    assert api.call("GET", f"{path}/versions/4").status_code == 404


def test_what_is_published_with_warnings_says_so(api: Api) -> None:
    schema = {"type": "object", "properties": {"customer": {}}, "additionalProperties": False}
    process_id = create(api, line(user("ask", name="Call {custommer}"), inputSchema=schema))
    published = api.call("POST", f"/flows/{process_id}/publish").json
    assert published["versionNumber"] == "1"
    (warning,) = published["problems"]
    assert (warning["nodeId"], warning["severity"], warning["path"]) == ("ask", "warning", "nodes[1].name")
    assert "custommer" in warning["message"]


def test_an_environment_is_promoted_and_rolled_back(api: Api) -> None:
    path = f"/flows/{create(api, FLOW)}"
    for _ in range(2):
        api.call("POST", f"{path}/publish")
    back = api.call("PUT", f"{path}/environments/PRODUCTION", json={"versionNumber": "1"})
    assert (back.status_code, back.json) == (200, {"versionNumber": "1"})
    assert api.call("GET", path).json["activeVersions"] == {"DEVELOPMENT": "2", "PRODUCTION": "1"}
    unknown = api.call("PUT", f"{path}/environments/PRODUCTION", json={"versionNumber": "7"})
    assert (unknown.status_code, unknown.json["code"]) == (404, "VERSION_NOT_FOUND")
    lower = api.call("PUT", f"{path}/environments/production", json={"versionNumber": "1"})
    assert lower.json["errors"][0]["field"] == "environment"


def test_publishing_at_once_gives_every_version_its_own_number(api: Api) -> None:
    process_id = create(api, FLOW)

    def publish(_: int) -> tuple[int, str]:
        answer = api.app.test_client().post(f"/flows/{process_id}/publish", headers={"X-API-Key": api.key})
        return answer.status_code, (answer.json or {})["versionNumber"]

    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(publish, range(8)))
    assert answers == {(201, str(number)): 1 for number in range(1, 9)}


def test_flows_are_listed_the_newest_first(api: Api) -> None:
    ids = [create(api) for _ in range(3)]
    first = api.call("GET", "/flows?limit=2").json
    rest = api.call("GET", f"/flows?after={first['nextCursor']}").json
    assert [item["processId"] for item in first["items"] + rest["items"]] == ids[::-1]


def test_a_file_is_published_as_a_new_flow_or_as_the_next_version(api: Api) -> None:
    complaint = Path(__file__).parents[2] / "examples" / "complaint.json"
    common: dict[str, Any] = {"organization_id": api.organization_id, "default_name": "complaint"}
    compiler = Compiler(("default",))
    content = complaint.read_bytes()
    (first,) = publish_document(api.database, compiler, content=content, **common)
    process_id = first.process_id
    name = api.call("GET", f"/flows/{process_id}").json["name"]
    assert (first.version_number, first.warnings, name) == ("1", [], "Customer complaint")
    (second,) = publish_document(
        api.database, compiler, content=content, process_id=process_id, environments=["PRODUCTION"], **common
    )
    assert (second.process_id, second.version_number) == (process_id, "2")
    with pytest.raises(BadRequest):
        publish_document(api.database, compiler, content=b"{", **common)
    with pytest.raises(Unprocessable):
        publish_document(api.database, compiler, content=b"{}", **common)
    with api.database.reading() as session:
        assert session.exec(select(Flow.id)).all() == [process_id]


def test_a_secret_goes_in_encrypted_and_never_comes_out(api: Api) -> None:
    assert api.call("PUT", "/secrets/CRM", json={"value": "hunter2-é"}).json == {"name": "CRM"}
    assert api.call("PUT", "/secrets/CRM", json={"value": "hunter3-é"}).status_code == 200
    listed = api.call("GET", "/secrets")
    assert [item["name"] for item in listed.json["items"]] == ["CRM"]
    assert "hunter" not in listed.text
    with api.database.reading() as session:
        stored = session.exec(select(Secret.encrypted_value)).one()
    assert "hunter" not in stored
    assert Vault(api.settings.encryption_keys).decrypt(stored) == "hunter3-é"
    assert api.call("DELETE", "/secrets/CRM").status_code == 204
    assert api.call("DELETE", "/secrets/CRM").status_code == 404


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [("1st", "x", "name"), ("a.b", "x", "name"), ("CRM", "", "value"), ("CRM", "x" * 70_000, "value")],
    ids=["digit", "dot", "empty", "long"],
)
def test_a_secret_has_a_name_for_placeholders_and_a_value(
    api: Api, name: str, value: str, field: str
) -> None:
    refused = api.call("PUT", f"/secrets/{name}", json={"value": value})
    assert [error["field"] for error in refused.json["errors"]] == [field]
