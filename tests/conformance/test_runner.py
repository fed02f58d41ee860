"""The runner on small cases of our own: they pass on every system, and it can tell when one does not."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.__main__ import main
from tests.conformance.case import Case, find_suites, read_case
from tests.conformance.drive import FAILED, PASSED, REFUSED, run
from tests.conformance.interchange import exchange
from tests.conformance.pure import PurePlan
from tests.conformance.stored import WholeProduct, product_on
from tests.conformance.system import System
from tests.stores import Stores

OWN = Path(__file__).parent / "own"
CASES = json.loads((OWN / "index.json").read_text())["cases"]
PURE: dict[str, Callable[[], System]] = {"pure": PurePlan}


def own(name: str = "reminder") -> Case:
    return read_case(OWN, name)


def edited(edit: Callable[[dict[str, Any]], None], name: str = "reminder") -> Case:
    """A case whose last expectation was changed."""
    case = own(name)
    steps = json.loads(json.dumps(case.steps))
    edit(steps[-1]["expect"])
    return replace(case, steps=tuple(steps))


@pytest.mark.parametrize("name", CASES)
def test_a_case_passes_on_the_pure_plan(name: str) -> None:
    outcome = run(own(name), PURE)
    assert (outcome.status, outcome.why) == (PASSED, [])


def test_the_cases_pass_on_the_whole_product(stores: Stores) -> None:
    with product_on(stores) as product:
        for name in CASES:
            outcome = run(own(name), {"product": partial(WholeProduct, product)})
            assert (name, outcome.status, outcome.why) == (name, PASSED, [])


def test_what_differs_is_named_by_system_step_key_and_node() -> None:
    outcome = run(edited(lambda expect: expect["entered"].update(Remind=3, End=0)), PURE)
    assert outcome.status == FAILED
    assert outcome.why == [
        "pure: step 7: entered End: expected 0, got 1",
        "pure: step 7: entered Remind: expected 3, got 2",
    ]


@pytest.mark.parametrize(
    ("key", "id"), [("active", "Answer"), ("started", "Reminder"), ("ended", "Reminder"), ("exited", "Late")]
)
def test_an_id_that_is_not_listed_has_none(key: str, id: str) -> None:
    expected = {"active": {"Answer": 1}} if key == "active" else {key: {}}
    outcome = run(edited(lambda expect: expect.update(expected)), PURE)
    assert outcome.status == FAILED
    assert any(f" {key} {id}: expected " in each for each in outcome.why)


def test_how_often_a_join_fires_is_compared_and_what_came_to_it_is_not() -> None:
    unread = edited(lambda expect: expect["entered"].update(Join=7), "inclusive-join")
    assert run(unread, PURE).status == PASSED
    outcome = run(edited(lambda expect: expect["fired"].update(Join=3), "inclusive-join"), PURE)
    assert outcome.why == ["pure: step 8: fired Join: expected 3, got 2"]


def test_open_ids_and_missing_keys_claim_nothing() -> None:
    def loosen(expect: dict[str, Any]) -> None:
        del expect["exited"], expect["started"]
        expect["entered"]["Remind"], expect["open"] = 9, ["Remind"]

    assert run(edited(loosen), PURE).status == PASSED


def test_an_incident_that_is_not_there_is_missed() -> None:
    outcome = run(edited(lambda expect: expect.update(incident=["Remind"])), PURE)
    assert outcome.why == ["pure: step 7: incident Remind: expected 1, got 0"]


def test_a_trigger_that_nobody_waits_for_fails() -> None:
    case = own()
    late = {"trigger": "Late", "kind": "timer", "name": "Late"}
    outcome = run(replace(case, steps=(*case.steps, late)), PURE)
    assert outcome.why == ["pure: NobodyWaits: nobody waits for Late"]


def test_a_refusal_is_right_only_where_the_suite_allows_it_for_the_element() -> None:
    bpmn = own().bpmn.replace(b'<task id="Remind" />', b'<complexGateway id="Remind" />')
    for allowed, status in (((), FAILED), (("Answer: odd",), FAILED), (("Remind: odd",), REFUSED)):
        outcome = run(replace(own(), bpmn=bpmn, may_refuse=allowed), PURE)
        assert outcome.status == status
        assert outcome.why[0].startswith("Remind: NOT_SUPPORTED")


def test_what_sends_to_a_pool_without_a_process_does_nothing() -> None:
    sends = b'<sendTask id="Remind" implementation="##WebService" messageRef="M" />'
    bpmn = own().bpmn.replace(b'<task id="Remind" />', sends)
    assert run(replace(own(), bpmn=bpmn), PURE).why == []


@pytest.mark.parametrize(("remind", "status"), [(2, 0), (3, 1)])
def test_the_exit_status_and_the_page_tell_what_came_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], remind: int, status: int
) -> None:
    folder, page = tmp_path / "suites" / "mine", tmp_path / "page.md"
    folder.mkdir(parents=True)
    given = json.loads((OWN / "reminder.json").read_text())
    given["steps"][-1]["expect"]["entered"]["Remind"] = remind
    (folder / "reminder.json").write_text(json.dumps(given))
    (folder / "reminder.bpmn").write_bytes(own().bpmn)
    (folder / "index.json").write_text('{"cases": ["reminder"]}')
    arguments = [str(tmp_path / "suites"), "--on", "pure plan", "--markdown", str(page)]
    assert main(arguments) == status
    told = f"mine: 1 cases on 1 systems: {1 - status} passed, {status} failed, 0 refused"
    assert told in capsys.readouterr().out
    assert told in page.read_text()
    assert "make conformance SUITES=folder ARGS=" in page.read_text()
    assert str(tmp_path) not in page.read_text()


def test_a_folder_without_a_suite_is_an_error(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 2


def test_a_model_that_is_not_served_as_it_came_fails() -> None:
    (suite,) = find_suites(OWN)
    bpmn = own().bpmn
    processes = {"Reminder": "false"}
    model = {"name": "m", "bpmn": "reminder.bpmn", "processes": processes, "shapes": 0, "edges": 0}
    assert exchange(suite, model, {"copy": lambda data: [data]}).why == []
    without = bpmn.replace(b' name="Answer the question"', b"")
    (why,) = exchange(suite, model, {"store": lambda data: [without]}).why
    assert why.startswith("served by store: /definitions[Definitions]/process[Reminder]/task[Answer]@name: ")
    assert exchange(suite, {**model, "shapes": 2}, {}).why == ["written: BPMNShape: expected 2, got 0"]
