"""An incident says what its token says, whoever makes it."""

from collections import Counter
from dataclasses import fields

from models.incident_code import IncidentCode
from models.states import InstanceStatus, TokenState
from tests.flows import line, user
from tests.unit.simulation import Simulation
from workers.semantics.blindly import cancel_blindly, stop_blindly
from workers.semantics.changes import Changes
from workers.semantics.situation import Retried
from workers.semantics.stuck import Stuck

STUCK = Stuck(IncidentCode.VERSION_NOT_RUNNABLE, "this release cannot run it")


def _stop(run: Simulation, node_id: str) -> Changes:
    """Makes the token at a node an incident, without asking the graph."""
    changes = stop_blindly(run.looks(), run.at(node_id), STUCK)
    run.instance.apply(changes)
    return changes


def test_a_token_that_was_being_run_has_one_more_attempt_and_its_incident_says_so() -> None:
    run = Simulation(line(user("ask")))
    (incident,) = _stop(run, "start").incidents
    assert (incident.code, incident.attempts) == ("VERSION_NOT_RUNNABLE", 1)
    assert (run.at("start").state, run.at("start").attempts) == (TokenState.INCIDENT, 1)


def test_a_token_that_waits_has_no_more_attempts_than_before_and_waits_on_after_a_retry() -> None:
    run = Simulation(line(user("ask"))).run()
    (incident,) = _stop(run, "ask").incidents
    assert (incident.attempts, run.at("ask").attempts) == (0, 0)
    run.happens(Retried())
    assert (run.at("ask").state, run.incidents) == (TokenState.WAITING, {})
    run.complete(run.instance, "ask", {})
    assert run.run().status == InstanceStatus.COMPLETED
    assert [step.attempts for step in run.steps if step.node_id == "ask"] == [1]


def test_no_two_fields_of_the_changes_are_one_list() -> None:
    run = Simulation(line(user("ask")))
    for made in (stop_blindly(run.looks(), run.at("start"), STUCK), cancel_blindly(run.looks())):
        lists = Counter(
            id(value) for each in fields(made) if isinstance(value := getattr(made, each.name), list)
        )
        assert set(lists.values()) == {1}
