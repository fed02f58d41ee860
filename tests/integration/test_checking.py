"""`procession flows check`: what an upgrade would refuse of what is active."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlmodel import select

from app.cli import cli
from models.flow import FlowVersion
from tests.flows import event, flow, line, node, user
from tests.integration.api import Api, serving
from tests.stores import Stores


@pytest.fixture
def api(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    with serving(stores) as api:
        monkeypatch.setattr("app.commands.command.open_database", lambda: api.database)
        yield api


def check(*options: str) -> Result:
    return CliRunner().invoke(cli, ["flows", "check", *options])


def spoil(api: Api, process_id: str, **changes: Any) -> None:
    """Stores what no release lets pass now, as an earlier one might have."""
    with api.database.writing() as session:
        for version in session.exec(select(FlowVersion).where(FlowVersion.flow_id == process_id)):
            version.definition = {**version.definition, **changes}


def test_active_versions_that_can_be_published_again_are_no_finding(api: Api) -> None:
    api.publish(line(user("ask")))
    for options in ((), ("--json",), ("--org", api.organization_id)):
        assert check(*options).exit_code == 0
    assert json.loads(check("--json").stdout) == {"items": []}


def test_an_organization_that_is_not_there_is_no_clean_answer(api: Api) -> None:
    unknown = check("--org", "org_none")
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert "There is no such organization." in unknown.output


def test_an_active_version_that_would_be_refused_is_found_with_its_problems(api: Api) -> None:
    api.publish(line(user("ask")))
    process_id = api.publish(line(user("ask")))
    spoil(api, process_id, nonsense=True)
    found = check("--json")
    assert found.exit_code == 1
    (item,) = json.loads(found.stdout)["items"]
    (problem,) = item.pop("problems")
    assert item == {
        "code": "WOULD_BE_REFUSED",
        "organizationId": api.organization_id,
        "processId": process_id,
        "name": "Approval",
        "versionNumber": "1",
        "environments": ["DEVELOPMENT", "PRODUCTION"],
    }
    assert problem["code"] == "UNKNOWN_PROPERTY"
    told = check()
    assert told.exit_code == 1
    assert process_id in told.stdout
    assert problem["message"] in told.stdout


def test_what_is_not_active_or_is_another_organizations_is_not_looked_at(api: Api) -> None:
    process_id = api.publish(line(user("ask")))
    spoil(api, process_id, nonsense=True)
    other, _ = api.organization("Second")
    assert check("--org", other).exit_code == 0
    assert check("--org", api.organization_id).exit_code == 1
    for environment in ("DEVELOPMENT", "PRODUCTION"):
        api.call("DELETE", f"/flows/{process_id}/environments/{environment}")
    assert check().exit_code == 0


def test_a_version_whose_called_flow_is_gone_would_be_refused(api: Api) -> None:
    called = api.publish(line(user("ask")))
    api.publish(line(node("call", "callActivity", processId=called)))
    api.call("DELETE", f"/flows/{called}/environments/PRODUCTION")
    (item,) = json.loads(check("--json").stdout)["items"]
    assert [(each["nodeId"], each["code"]) for each in item["problems"]] == [("call", "NO_ACTIVE_VERSION")]


def test_a_timer_that_starts_a_flow_in_both_environments_is_found(api: Api) -> None:
    once = flow(
        event("s", "startEvent", "timer", cycle="R/PT1H"),
        user("ask"),
        flows=["s->ask"],
    )
    process_id = api.publish(once)
    assert check().exit_code == 0
    both = {"environments": ["DEVELOPMENT", "PRODUCTION"]}
    assert api.call("POST", f"/flows/{process_id}/publish", json=both).status_code == 201
    (item,) = json.loads(check("--json").stdout)["items"]
    assert item["code"] == "ARMED_IN_BOTH"
    assert [(each["nodeId"], each["severity"]) for each in item["problems"]] == [("s", "warning")]
    newer = {"environments": ["DEVELOPMENT"]}
    assert api.call("POST", f"/flows/{process_id}/publish", json=newer).status_code == 201
    items = json.loads(check("--json").stdout)["items"]
    assert [(each["versionNumber"], each["code"]) for each in items] == [
        ("3", "ARMED_IN_BOTH"), ("2", "ARMED_IN_BOTH"),
    ]  # fmt: skip
