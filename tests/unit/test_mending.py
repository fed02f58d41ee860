"""Incidents after an answer was taken: the answer is changed, or asked for again, whatever gave it."""

from collections.abc import Callable
from typing import Any

import pytest

from models.states import InstanceStatus, TokenState
from tests.flows import (
    end,
    event,
    flow,
    line,
    message,
    node,
    script,
    start,
    sub_process,
    timer,
    user,
)
from tests.unit.simulation import Simulation
from tests.world import Instance, World
from workers.semantics.situation import AnswerSet, Retried, Triggered, VariablesSet
from workers.semantics.stuck import NothingToAsk

DOUBLED = {"doubled": "= n * 2"}
WRONG: dict[str, Any] = {"n": "three"}
RIGHT: dict[str, Any] = {"n": 3}
MESSAGES = [{"id": "told", "name": "told"}]
SIGNALS = [{"id": "told"}]

Give = Callable[[Simulation, dict[str, Any]], None]


def _job(run: Simulation, data: dict[str, Any]) -> None:
    (token_id,) = run.instance.jobs
    run.happens(Triggered(token_id, run.tokens[token_id].node_id, data))


def _message(run: Simulation, data: dict[str, Any]) -> None:
    assert run.message("told", data=data)


#: A node that waits, and how it is given an answer.
WAITING: dict[str, tuple[dict[str, Any], Give]] = {
    "a user task": (user("ask", output=DOUBLED), lambda run, data: run.complete(run.instance, "ask", data)),
    "a form": (
        node("ask", "inputTask", form={"type": "object"}, output=DOUBLED),
        lambda run, data: run.complete(run.instance, "ask", data),
    ),
    "a job": (node("ask", "serviceTask", implementation="external", topic="t", output=DOUBLED), _job),
    "a message": (message("ask", "told", output=DOUBLED), _message),
    "a receive task": (
        node("ask", "receiveTask", messageRef="told", output=DOUBLED),
        _message,
    ),
    "a signal": (
        event("ask", "intermediateCatchEvent", "signal", signalRef="told", output=DOUBLED),
        lambda run, data: run.signal("told", data),
    ),
}  # fmt: skip


def _given_wrong(kind: str) -> tuple[Simulation, Give]:
    definition, give = WAITING[kind]
    run = Simulation(line(definition, messages=MESSAGES, signals=SIGNALS)).run()
    give(run, WRONG)
    run.run()
    assert (run.at("ask").state, run.at("ask").memory.answer) == (TokenState.INCIDENT, WRONG)
    return run, give


@pytest.mark.parametrize("kind", WAITING)
def test_a_changed_answer_goes_on(kind: str) -> None:
    run, _ = _given_wrong(kind)
    run.happens(AnswerSet(run.at("ask").id, RIGHT))
    run.happens(Retried())
    assert (run.run().status, run.variables["doubled"]) == (InstanceStatus.COMPLETED, 6)


@pytest.mark.parametrize("kind", WAITING)
def test_a_node_asks_again_and_says_in_the_history_what_was_put_aside(kind: str) -> None:
    run, give = _given_wrong(kind)
    before = run.at("ask")
    run.happens(Retried(anew=True))
    again = run.at("ask")
    assert (again.state, again.activation, again.attempts) == (TokenState.READY, before.activation + 1, 0)
    give(run.run(), RIGHT)
    assert (run.run().status, run.variables["doubled"]) == (InstanceStatus.COMPLETED, 6)
    visits = [(step.outcome, step.input) for step in run.steps if step.node_id == "ask"]
    assert visits[0] == ("repeated", WRONG)
    assert [outcome for outcome, _ in visits] == ["repeated", "completed"]


@pytest.mark.parametrize("kind", WAITING)
def test_a_retry_without_more_goes_on_with_the_kept_answer(kind: str) -> None:
    run, _ = _given_wrong(kind)
    run.happens(VariablesSet(RIGHT))
    run.happens(Retried())
    assert (run.run().at("ask").state, run.at("ask").memory.answer) == (TokenState.INCIDENT, WRONG)


def test_a_job_that_is_made_again_has_a_key_of_its_own() -> None:
    run, _ = _given_wrong("a job")
    keys = []
    for _ in range(2):
        run.happens(Retried(anew=True))
        given = run.run().at("ask").memory.input
        assert given is not None
        keys.append(given.key)
        _job(run, WRONG)
    assert len(set(keys)) == 2


def test_boundary_events_wait_again_with_the_task() -> None:
    run = Simulation(
        flow(
            start(), user("ask", output=DOUBLED), end(),
            node("late", "boundaryEvent", attachedToRef="ask", cancelActivity=True,
                 event={"type": "timer", "duration": "PT1H"}), end("gone"),
            flows=["start->ask", "ask->end", "late->gone"],
        )
    ).run()  # fmt: skip
    run.complete(run.instance, "ask", WRONG)
    assert (run.at("ask").state, run.instance.timers) == (TokenState.INCIDENT, [])
    run.pass_time(60)
    run.happens(Retried(anew=True))
    (armed,) = run.run().instance.timers
    assert (armed.due_at - run.now).total_seconds() == 3600
    run.pass_time(3600)
    assert (run.run().status, run.visited["gone"]) == (InstanceStatus.COMPLETED, 1)


def test_only_the_named_tokens_are_retried() -> None:
    both = flow(
        start(), user("a", output=DOUBLED), user("b", output=DOUBLED), end(),
        flows=["start->a", "start->b", "a->end", "b->end"],
    )  # fmt: skip
    run = Simulation(both).run()
    run.complete(run.instance, "a", WRONG)
    run.complete(run.instance, "b", WRONG)
    run.happens(Retried(frozenset({run.at("a").id}), anew=True))
    assert (run.run().at("b").state, [task.node_id for task in run.instance.tasks.values()]) == (
        TokenState.INCIDENT,
        ["a"],
    )
    assert run.incidents.keys() == {run.at("b").id}


def test_an_event_behind_a_gateway_waits_alone_when_it_is_asked_again() -> None:
    chosen = flow(
        start(), node("which", "eventBasedGateway"), message("ask", "told", output=DOUBLED),
        timer("late", duration="PT1H"), end(),
        flows=["start->which", "which->ask", "which->late", "ask->end", "late->end"], messages=MESSAGES,
    )  # fmt: skip
    run = Simulation(chosen).run()
    run.message("told", data=WRONG)
    assert run.run().at("ask").state == TokenState.INCIDENT
    run.happens(Retried(anew=True))
    run.run().message("told", data=RIGHT)
    assert (run.run().status, run.variables["doubled"]) == (InstanceStatus.COMPLETED, 6)


def test_a_call_is_begun_anew_with_its_input_worked_out_again() -> None:
    world, caller = _called()
    world.happen(caller, VariablesSet({"given": 3}))
    world.happen(caller, Retried(anew=True))
    world.go()
    assert (caller.status, caller.variables[caller.facts.id]["doubled"]) == (InstanceStatus.COMPLETED, 6)
    assert len(world.instances) == 3


def test_what_a_called_instance_ended_with_can_be_changed() -> None:
    world, caller = _called()
    world.happen(caller, AnswerSet(caller.at("call").id, {"variables": RIGHT}))
    world.happen(caller, Retried())
    world.go()
    assert (caller.status, caller.variables[caller.facts.id]["doubled"]) == (InstanceStatus.COMPLETED, 6)


def _called() -> tuple[World, Instance]:
    world = World()
    world.deploy("called", line(script("set", "={'n': given}")))
    call = node("call", "callActivity", processId="called", input={"given": "= given"}, output=DOUBLED)
    world.deploy("caller", line(call), {"call": "called"})
    caller = world.start("caller", {"given": "three"})
    world.go()
    assert caller.at("call").memory.answer == {"variables": {"given": "three", "n": "three"}}
    return world, caller


@pytest.mark.parametrize("anew", [False, True], ids=["from the answer", "from the task"])
def test_a_sub_process_whose_output_failed(anew: bool) -> None:
    inner = sub_process(
        "sub", start("s"), user("ask"), end("e"), flows=["s->ask", "ask->e"],
        input={"n": None}, output=DOUBLED,
    )  # fmt: skip
    run = Simulation(line(inner)).run()
    run.complete(run.instance, "ask", WRONG)
    assert run.run().at("sub").state == TokenState.INCIDENT
    (scope_id,) = run.instance.scopes
    if anew:
        run.happens(Retried(anew=True))
        run.run().complete(run.instance, "ask", RIGHT)
    else:
        run.happens(VariablesSet(RIGHT, scope_id))
        run.happens(Retried())
    assert (run.run().status, run.variables) == (InstanceStatus.COMPLETED, {"doubled": 6})


def test_what_a_sub_process_did_before_it_was_begun_anew_can_be_compensated_still() -> None:
    undone = node("undo", "scriptTask", script="= {'undone': undone + 1}", isForCompensation=True)
    inner = sub_process(
        "sub", start("s"), script("book", "= {}"), user("ask"), end("e"), undone,
        node("b", "boundaryEvent", attachedToRef="book", event={"type": "compensation"}),
        flows=["s->book", "book->ask", "ask->e"], output=DOUBLED,
    )  # fmt: skip
    inner["associations"] = [{"id": "a", "sourceRef": "b", "targetRef": "undo"}]
    throw = event("back", "intermediateThrowEvent", "compensation")
    run = Simulation(line(inner, throw), {"undone": 0}).run()
    run.complete(run.instance, "ask", WRONG)
    assert run.run().at("sub").state == TokenState.INCIDENT
    run.happens(Retried(anew=True))
    run.run().complete(run.instance, "ask", RIGHT)
    assert (run.run().status, run.variables["undone"]) == (InstanceStatus.COMPLETED, 2)


@pytest.mark.parametrize("sequential", [False, True], ids=["parallel", "sequential"])
@pytest.mark.parametrize("anew", [False, True], ids=["from the answer", "from the task"])
def test_a_loop_whose_output_element_failed(*, anew: bool, sequential: bool) -> None:
    loop = {
        "collection": "= people", "elementVariable": "person", "sequential": sequential,
        "outputCollection": "votes", "outputElement": "= n * 2",
    }  # fmt: skip
    run = Simulation(
        line(user("ask", loop=loop, input={"n": None, "who": "{person}"})), {"people": ["a", "b"]}
    ).run()
    _answer(run, 1, WRONG)
    (host,) = [token for token in run.tokens.values() if token.state == TokenState.INCIDENT]
    (over,) = [scope for scope in run.instance.scopes.values() if scope.number == 0]
    assert run.instance.variables[over.id] == {"person": "a", "loopCounter": 1, "n": "three", "who": "a"}
    if anew:
        run.happens(VariablesSet({"person": "A"}, over.id))
        run.happens(Retried(frozenset({host.id}), anew=True))
        assert _names(run.run(), 1) == {"n": None, "who": "A"}
        _answer(run, 1, RIGHT)
    else:
        run.happens(VariablesSet(RIGHT, over.id))
        run.happens(Retried())
    _answer(run.run(), 2, {"n": 4})
    assert (run.run().status, run.variables["votes"]) == (InstanceStatus.COMPLETED, [6, 8])


def test_a_body_of_a_standard_loop_is_asked_again() -> None:
    run = Simulation(line(user("ask", loop={"while": "= n + 0 < 3", "maxIterations": 9})), {"n": 0}).run()
    run.complete(run.instance, "ask", WRONG)
    assert TokenState.INCIDENT in {token.state for token in run.run().tokens.values()}
    run.happens(Retried(anew=True))
    run.run().complete(run.instance, "ask", RIGHT)
    assert (run.run().status, run.visited["ask"]) == (InstanceStatus.COMPLETED, 3)


WATCHED: dict[str, dict[str, Any]] = {
    "a loop": user(
        "ask", loop={"cardinality": "= 2", "outputCollection": "all", "outputElement": "= n * 2"}
    ),
    "a sub-process": sub_process(
        "ask", start("s"), user("one"), end("e"), flows=["s->one", "one->e"], output={"all": "= n"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", WATCHED)
def test_what_was_answered_is_not_asked_again_where_the_incident_is_another(kind: str) -> None:
    """A condition at its boundary fails; what is inside goes on meanwhile, and ends well."""
    watched = flow(
        start(), WATCHED[kind], end(),
        event("late", "boundaryEvent", "conditional", attachedToRef="ask", condition="= limit + 1"),
        end("gone"), flows=["start->ask", "ask->end", "late->gone"],
    )  # fmt: skip
    run = Simulation(watched, {"limit": 0}).run()
    assert list(run.incidents.values()) == ["CONDITION_NOT_BOOLEAN"]
    for task in list(run.instance.tasks.values()):
        run.happens(Triggered(task.token_id, task.node_id, {"n": 3}))
    run.run().happens(Retried(anew=True))
    assert (run.run().instance.tasks, [step.outcome for step in run.steps].count("repeated")) == ({}, 0)


def test_a_body_whose_input_cannot_be_worked_out_again_leaves_the_loop_an_incident() -> None:
    loop = {"cardinality": "= 1", "outputCollection": "all", "outputElement": "= n * 2"}
    asking = user("ask", loop=loop, input={"n": None, "more": "= some + 1"})
    run = Simulation(line(asking), {"some": 1}).run()
    _answer(run, 1, WRONG)
    before = dict(run.incidents)
    run.happens(VariablesSet({"some": "x"}))
    run.happens(Retried(anew=True))
    assert (run.run().incidents, run.instance.tasks) == (before, {})
    run.happens(VariablesSet({"some": 2}))
    run.happens(Retried(anew=True))
    _answer(run.run(), 1, RIGHT)
    assert (run.run().status, run.variables["all"]) == (InstanceStatus.COMPLETED, [6])


#: Flows whose node `ask` is reached with what happened once, and what lets that happen.
ONCE: dict[str, tuple[dict[str, Any], Callable[[Simulation], object]]] = {
    "a boundary event": (
        flow(
            start(), user("work"), end(),
            node("ask", "boundaryEvent", attachedToRef="work", output=DOUBLED,
                 event={"type": "message", "messageRef": "told"}),
            flows=["start->work", "work->end", "ask->end"], messages=MESSAGES,
        ),
        lambda run: run.message("told", data=WRONG),
    ),
    "the start of an event sub-process": (
        flow(
            start(), user("work"), end(),
            sub_process(
                "sub",
                node("ask", "startEvent", output=DOUBLED, event={"type": "signal", "signalRef": "told"}),
                end("e"), flows=["ask->e"], triggeredByEvent=True,
            ),
            flows=["start->work", "work->end"], signals=SIGNALS,
        ),
        lambda run: run.signal("told", WRONG),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", ONCE)
def test_what_happened_once_is_not_asked_for_again_but_can_be_changed(kind: str) -> None:
    definition, happens = ONCE[kind]
    run = Simulation(definition).run()
    happens(run)
    assert run.run().at("ask").state == TokenState.INCIDENT
    with pytest.raises(NothingToAsk):
        run.happens(Retried(anew=True))
    run.happens(AnswerSet(run.at("ask").id, RIGHT))
    run.happens(Retried())
    assert (run.run().status, run.variables["doubled"]) == (InstanceStatus.COMPLETED, 6)


def test_an_event_sub_process_that_is_over_does_not_begin_again() -> None:
    inner = sub_process(
        "sub", node("s", "startEvent", event={"type": "signal", "signalRef": "told"}), end("e"),
        flows=["s->e"], triggeredByEvent=True, output={"doubled": "= n * 2"},
    )  # fmt: skip
    run = Simulation(
        flow(start(), user("work"), end(), inner, flows=["start->work", "work->end"], signals=SIGNALS)
    ).run()
    run.signal("told", WRONG)
    assert run.run().at("sub").state == TokenState.INCIDENT
    with pytest.raises(NothingToAsk):
        run.happens(Retried(anew=True))
    run.happens(VariablesSet(RIGHT))
    run.happens(Retried())
    assert (run.run().status, run.variables["doubled"]) == (InstanceStatus.COMPLETED, 6)


def _answer(run: Simulation, counter: int, data: dict[str, Any]) -> None:
    """Answers the task of one body."""
    run.happens(Triggered(_body(run, counter), "ask", data))
    run.run()


def _names(run: Simulation, counter: int) -> Any:
    return run.instance.tasks[_body(run, counter)].input


def _body(run: Simulation, counter: int) -> str:
    scopes = run.instance.scopes
    (token_id,) = [
        token_id
        for token_id in run.instance.tasks
        if scopes[run.tokens[token_id].scope_id].number == counter - 1
    ]
    return token_id
