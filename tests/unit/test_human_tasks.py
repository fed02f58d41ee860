"""What a user task shows of itself: its priority, and the form of its own that somebody is to show."""

from typing import Any

import pytest

from tests.flows import line
from tests.unit.simulation import Simulation
from workers.flow.compiler.compile import compile_flow
from workers.semantics.changes import NewTask


def entered(given: dict[str, Any], variables: dict[str, Any]) -> Simulation:
    return Simulation(line({"id": "ask", "type": "userTask", **given}), variables).run()


def task(simulation: Simulation) -> NewTask:
    (found,) = simulation.instance.tasks.values()
    return found


@pytest.mark.parametrize(
    ("priority", "expected"),
    [(7, 7), (-1, -1), ("{p}", 5), ("= p * 2", 10), ("1{p}", 15), ("{none}", None), ("{text}", 12)],
)
def test_a_priority_is_a_number_or_a_template_that_gives_one(priority: Any, expected: int | None) -> None:
    simulation = entered({"priority": priority}, {"p": 5, "none": None, "text": "12"})
    assert task(simulation).priority == expected


@pytest.mark.parametrize("value", ["high", 1.5, True, 2**31, [1], ""], ids=repr)
def test_a_priority_that_is_no_whole_number_is_an_incident(value: Any) -> None:
    assert [*entered({"priority": "{p}"}, {"p": value}).incidents.values()] == ["WRONG_TYPE"]


@pytest.mark.parametrize("priority", [1.5, True, 2**31, None, []], ids=repr)
def test_a_priority_that_can_be_none_is_refused(priority: Any) -> None:
    definition = line({"id": "ask", "type": "userTask", "priority": priority})
    _, problems = compile_flow(definition)
    assert bool([each for each in problems if each.severity == "error"]) == (priority is not None)


def test_the_key_of_a_form_is_filled_in() -> None:
    simulation = entered({"formKey": "form-{kind}"}, {"kind": "refund"})
    assert task(simulation).form_key == "form-refund"
    assert task(entered({}, {})).form_key is None
