"""The commands that have to do with schedules and time zones."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import cli
from models.db import Database
from tests.flows import end, event, flow
from tests.stores import Stores

Run = Callable[..., Result]


@pytest.fixture
def run(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    with closing(Database(stores.settings())) as database:
        monkeypatch.setattr("app.commands.command.open_database", lambda: database)
        yield lambda *words: CliRunner().invoke(cli, words)


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_the_zone_of_an_organization_is_utc_until_it_is_set(run: Run) -> None:
    org = answer(run("orgs", "create", "Orders", "--json"))["organizationId"]
    listed = {"organizationId": org, "name": "Orders", "timeZone": "UTC"}
    assert answer(run("orgs", "list", "--json")) == {"items": [listed]}
    set_to = answer(run("orgs", "set-time-zone", org, "Europe/Berlin", "--json"))
    assert set_to == {"organizationId": org, "timeZone": "Europe/Berlin"}
    wrong = run("orgs", "set-time-zone", org, "Europe/Berln")
    assert wrong.exit_code == 1
    assert "timeZone: 'Europe/Berln' is no time zone; did you mean Europe/Berlin?" in wrong.output
    assert "?." not in wrong.output
    unknown = run("orgs", "set-time-zone", "org_none", "Europe/Berlin")
    assert (unknown.exit_code, "There is no such organization" in unknown.output) == (1, True)
    assert answer(run("orgs", "list", "--json")) == {"items": [{**listed, "timeZone": "Europe/Berlin"}]}


@pytest.mark.parametrize(
    ("named", "warned"),
    [
        ([], ["SCHEDULE_IN_PRODUCTION_ONLY"]),
        (["--environment", "DEVELOPMENT"], []),
        (["--environment", "DEVELOPMENT", "--environment", "PRODUCTION"], []),
    ],
)
def test_publish_warns_of_a_schedule_unless_the_environments_are_named(
    run: Run, tmp_path: Path, named: list[str], warned: list[str]
) -> None:
    org = answer(run("orgs", "create", "Orders", "--json"))["organizationId"]
    file = tmp_path / "nightly.json"
    nightly = flow(event("begin", "startEvent", "timer", cycle="@daily"), end(), flows=["begin->end"])
    file.write_text(json.dumps(nightly))
    published = answer(run("flows", "publish", str(file), "--org", org, *named, "--json"))
    assert [each["code"] for each in published["problems"]] == warned
