"""Conditional events that wait for a variable which is not there yet, wherever one may stand."""

from collections.abc import Iterator

import pytest

from models.states import TokenState
from tests.flows import (
    Json,
    end,
    event,
    exclusive,
    flow,
    line,
    message,
    node,
    parallel,
    script,
    start,
    sub_process,
    user,
)
from tests.unit.bpmn import CAMUNDA, imported
from tests.unit.simulation import Simulation
from workers.flow.bpmn.feel.translate import translate_feel
from workers.flow.bpmn.juel.translate import translate_juel
from workers.flow.graph import Node
from workers.semantics import conditions, raising
from workers.semantics.happen import listeners
from workers.semantics.moves import Moves
from workers.semantics.situation import Retried, VariablesSet

#: Each is true where `ready` is true and `order.total` is above 5, and was written in this language.
CONDITIONS = {
    "JSONata": "= ready and order.total > 5",
    "JSONata that looks for it": '= $lookup($, "ready") and $lookup($, "order").total > 5',
    "JUEL": translate_juel("${ready == true && order.total > 5}"),
    "JUEL that is false without": translate_juel("${order.total > 5 and ready}"),
    "FEEL": translate_feel("ready and order.total > 5", condition=True),
    "FEEL of one variable more": translate_feel("not(late) and ready and order.total > 5", condition=True),
}


def catch(condition: str) -> Json:
    return line(event("wait", "intermediateCatchEvent", "conditional", condition=condition))


def boundary(condition: str, *, interrupts: bool) -> Json:
    at_task = event(
        "wait", "boundaryEvent", "conditional",
        condition=condition, attachedToRef="work", cancelActivity=interrupts,
    )  # fmt: skip
    return flow(
        start(), user("work"), at_task, user("after"), end(),
        flows=["start->work", "work->end", "wait->after", "after->end"],
    )  # fmt: skip


def sub_start(condition: str, *, interrupts: bool, inside: bool) -> Json:
    begins = event("wait", "startEvent", "conditional", condition=condition, isInterrupting=interrupts)
    beside = sub_process("beside", begins, user("after"), flows=["wait->after"], triggeredByEvent=True)
    if inside:
        return line(sub_process("sub", start("s"), user("work"), beside, flows=["s->work"]))
    return flow(start(), user("work"), beside, end(), flows=["start->work", "work->end"])


def gateway(condition: str) -> Json:
    return flow(
        start(), node("first", "eventBasedGateway"), message("said", "m"), end(),
        event("wait", "intermediateCatchEvent", "conditional", condition=condition),
        flows=["start->first", "first->wait", "first->said", "wait->end", "said->end"],
        messages=[{"id": "m"}],
    )  # fmt: skip


PLACES = {
    "an intermediate catch": catch,
    "a boundary that interrupts": lambda condition: boundary(condition, interrupts=True),
    "a boundary that does not": lambda condition: boundary(condition, interrupts=False),
    "a start that interrupts": lambda condition: sub_start(condition, interrupts=True, inside=False),
    "a start that does not": lambda condition: sub_start(condition, interrupts=False, inside=False),
    "a start within a sub-process": lambda condition: sub_start(condition, interrupts=True, inside=True),
    "one behind an event-based gateway": gateway,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("language", CONDITIONS)
def test_a_condition_whose_variable_is_not_there_is_looked_at_again_when_it_comes(
    place: str, language: str
) -> None:
    run = Simulation(PLACES[place](CONDITIONS[language])).run()
    for variables in ({}, {"ready": True}, {"late": False}, {"order": {"total": 4}}):
        run.set_variables(run.instance, **variables)
        run.run()
        assert (run.incidents, run.visited["wait"]) == ({}, 0), variables
    run.set_variables(run.instance, order={"total": 6})
    run.run()
    assert (run.incidents, run.visited["wait"]) == ({}, 1)


def test_a_file_of_camunda_7_waits_for_a_variable_that_an_operator_sets() -> None:
    process = imported(
        '<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="wait"/>'
        '<intermediateCatchEvent id="wait"><conditionalEventDefinition>'
        '<condition xsi:type="tFormalExpression">${ready == true}</condition>'
        "</conditionalEventDefinition></intermediateCatchEvent>",
        namespaces=CAMUNDA,
    )
    assert process.problems == []
    run = Simulation(process.definition).run()
    assert (run.incidents, run.at("wait").state) == ({}, TokenState.WAITING)
    run.set_variables(run.instance, ready=True)
    assert run.run().status == "COMPLETED"


def test_the_variable_may_come_by_what_a_node_gives() -> None:
    waits = event("wait", "intermediateCatchEvent", "conditional", condition=CONDITIONS["JUEL"])
    run = Simulation(flow(
        start(), waits, script("one", '= {"ready": true}'), message("two", "m"), end(),
        flows=["start->wait", "start->one", "one->two", "two->end", "wait->end"], messages=[{"id": "m"}],
    )).run()  # fmt: skip
    assert (run.incidents, sorted(token.node_id for token in run.tokens.values())) == ({}, ["two", "wait"])
    run.message("m", data={"order": {"total": 6}})
    assert (run.run().status, run.visited["wait"]) == ("COMPLETED", 1)


def test_the_variable_may_be_a_local_one_of_a_scope() -> None:
    waits = event("wait", "intermediateCatchEvent", "conditional", condition=translate_juel("${n > 1}"))
    body = sub_process(
        "each", start("s"), waits, script("set", "= {'n': n + 1}"), flows=["s->wait", "s->set"],
        loop={"collection": "= [1, 5]", "elementVariable": "n"},
    )  # fmt: skip
    run = Simulation(line(body)).run()
    assert (run.status, run.visited["wait"], "n" in run.variables) == ("COMPLETED", 2, False)


def test_one_that_does_not_interrupt_happens_each_time_it_becomes_true() -> None:
    run = Simulation(boundary(translate_juel("${n > 1}"), interrupts=False)).run()
    for n, times in ((2, 1), (3, 1), (0, 1), (2, 2)):
        run.set_variables(run.instance, n=n)
        assert (run.run().visited["wait"], run.incidents) == (times, {}), n


def test_one_that_was_wrong_and_is_mended_happens() -> None:
    run = Simulation(boundary("= $number(n) > 1", interrupts=False), {"n": "many"}).run()
    assert list(run.incidents.values()) == ["EXPRESSION_FAILED"]
    run.set_variables(run.instance, n="2")
    assert run.run().visited["wait"] == 1


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("= $number(text) > 1", "EXPRESSION_FAILED"),
        ("= $number(text) > 1 and ready", "EXPRESSION_FAILED"),
        ("= $assert(false, 'never') and text = 'x'", "EXPRESSION_FAILED"),
        (translate_juel("${text > 5 && ready}"), "EXPRESSION_FAILED"),
        (translate_juel("${text}"), "CONDITION_NOT_BOOLEAN"),
        ("= nothing", "CONDITION_NOT_BOOLEAN"),
        ("= text", "CONDITION_NOT_BOOLEAN"),
    ],
)
def test_whatever_else_is_wrong_with_a_condition_is_an_incident_that_a_retry_looks_at_again(
    condition: str, code: str
) -> None:
    run = Simulation(catch(condition), {"text": "many", "nothing": None}).run()
    assert list(run.incidents.values()) == [code]
    run.happens(Retried())
    assert list(run.incidents.values()) == [code]
    assert run.at("wait").state != TokenState.WAITING


def test_the_condition_of_a_sequence_flow_that_is_undefined_stays_an_incident() -> None:
    for condition in ("= ready", CONDITIONS["JUEL"], CONDITIONS["FEEL"]):
        run = Simulation(flow(
            start(), exclusive("way", default="way->end"), user("a"), end(),
            flows=["start->way", f"way->a if {condition}", "way->end", "a->end"],
        )).run()  # fmt: skip
        assert len(run.incidents) == 1, condition


MANY = 20


def many(wait: Json) -> Json:
    """`MANY` bodies that wait, beside a user task before a throwing signal event."""
    inner = sub_process(
        "each", start("s"), wait, end("e"), flows=["s->wait", "wait->e"], loop={"cardinality": MANY}
    )
    return flow(
        start(), parallel("both"), inner, user("ask"),
        event("throw", "intermediateThrowEvent", "signal", signalRef="told"), end(),
        flows=["start->both", "both->each", "each->end", "both->ask", "ask->throw", "throw->end"],
        signals=[{"id": "told"}],
    )  # fmt: skip


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The holders that were looked at for what they wait for."""
    seen: list[str] = []

    def counted(moves: Moves, kind: type) -> Iterator[tuple[str, Node]]:
        for holder_id, waits in listeners(moves, kind):
            seen.append(holder_id)
            yield holder_id, waits

    for module in (conditions, raising):
        monkeypatch.setattr(module, "listeners", counted)
    return seen


@pytest.mark.parametrize("go", [False, True])
def test_a_variable_that_many_wait_for_is_looked_for_once_at_each(looked_at: list[str], go: bool) -> None:
    run = Simulation(many(event("wait", "intermediateCatchEvent", "conditional", condition="= go"))).run()
    del looked_at[:]
    run.happens(VariablesSet({"go": go}))
    assert len(looked_at) == MANY
    assert run.run().visited["wait"] == (MANY if go else 0)


def test_a_signal_that_many_wait_for_is_handed_out_in_one_look(looked_at: list[str]) -> None:
    run = Simulation(many(event("wait", "intermediateCatchEvent", "signal", signalRef="told"))).run()
    run.complete(run.instance, "ask", {})
    assert run.run().visited["wait"] == MANY
    assert len(looked_at) == MANY
