"""What is told of references, sub-processes and starts that would not run as drawn."""

import pytest

from tests.flows import Json, flow, line, node, start, user
from tests.unit.refused import errors_of
from tests.unit.whole import (
    ALARM,
    PAID,
    ROOTS,
    begin,
    beside,
    by_event,
    catch,
    inner,
    throw,
)
from workers.flow.compiler.compile import compile_flow

DEEP: Json = user("deepest")
for _level in range(21):
    DEEP = inner(f"level-{20 - _level}", DEEP, flows=[])

WRONG: dict[str, tuple[Json, str, str | None, str]] = {
    "an unknown signal": (
        line(catch("c", type="signal", signalRef="x")),
        "UNKNOWN_REFERENCE",
        "c",
        "nodes[1].event.signalRef",
    ),
    "an unknown escalation": (
        line(throw("t", type="escalation", escalationRef="x")),
        "UNKNOWN_REFERENCE",
        "t",
        "nodes[1].event.escalationRef",
    ),
    "an unknown message at a task": (
        line(node("r", "receiveTask", messageRef="x")),
        "UNKNOWN_REFERENCE",
        "r",
        "nodes[1].messageRef",
    ),
    "an error without a code": (
        line(errors=[{"id": "e"}]),
        "MISSING_PROPERTY",
        "e",
        "errors[0].errorCode",
    ),
    "an escalation without a code": (
        line(escalations=[{"id": "e"}]),
        "MISSING_PROPERTY",
        "e",
        "escalations[0].escalationCode",
    ),
    "a call without a flow": (line(node("c", "callActivity")), "MISSING_PROPERTY", "c", "nodes[1].processId"),
    "a call of a flow that is not written out": (
        line(node("c", "callActivity", processId="{flow}")),
        "INVALID_VALUE",
        "c",
        "nodes[1].processId",
    ),
    "a version that is no number": (
        line(node("c", "callActivity", processId="x", versionNumber="latest")),
        "INVALID_VALUE",
        "c",
        "nodes[1].versionNumber",
    ),
    "two signals of one id": (line(signals=[ALARM, ALARM]), "DUPLICATE_ID", "alarm", "signals[1].id"),
    "one id in two levels": (
        line(inner("s", user("start"), flows=[])),
        "DUPLICATE_ID",
        "start",
        "nodes[1].nodes[0].id",
    ),
    "a sub-process without nodes": (
        line(node("s", "subProcess")),
        "MISSING_PROPERTY",
        "s",
        "nodes[1].nodes",
    ),
    "a misspelt property deep inside": (
        line(inner("s", inner("t", user("u", asignee="x"), flows=[]), flows=[])),
        "UNKNOWN_PROPERTY",
        "u",
        "nodes[1].nodes[0].nodes[0].asignee",
    ),
    "sub-processes without end": (
        flow(DEEP, flows=[]),
        "TOO_DEEP",
        "level-20",
        "nodes[0]" + ".nodes[0]" * 20,
    ),
    "a flow into a sub-process": (
        beside(inner("s", user("b"), flows=[]), flows=["a->s", "a->b"]),
        "FLOW_CROSSES_SCOPE",
        "a->b",
        "sequenceFlows[2].targetRef",
    ),
    "a flow out of a sub-process": (
        beside(inner("s", user("b"), flows=["b->a"]), flows=["a->s"]),
        "FLOW_CROSSES_SCOPE",
        "b->a",
        "nodes[2].sequenceFlows[0].targetRef",
    ),
    "a lost node in a sub-process": (
        line(inner("s", start("b"), user("c"), flows=[])),
        "UNREACHABLE_NODE",
        "c",
        "nodes[1].nodes[1]",
    ),
    "a circle in a sub-process": (
        line(inner("s", user("b"), user("c"), flows=["b->c", "c->b"])),
        "NO_START",
        "s",
        "nodes[1].nodes",
    ),
    "a transaction that is started by an event": (
        line(inner("s", flows=[], type="transaction", triggeredByEvent=True)),
        "NOT_SUPPORTED",
        "s",
        "nodes[1].triggeredByEvent",
    ),
    "a start by an error": (
        flow(begin("s", type="error"), flows=[]),
        "START_EVENT_NOT_ALLOWED",
        "s",
        "nodes[0].event.type",
    ),
    "a start by a condition": (
        flow(begin("s", type="conditional", condition="= x"), flows=[]),
        "NOT_SUPPORTED",
        "s",
        "nodes[0].event.type",
    ),
    "a start that does not interrupt": (
        flow(begin("s", False, type="signal", signalRef="alarm"), flows=[], signals=[ALARM]),
        "INVALID_VALUE",
        "s",
        "nodes[0].isInterrupting",
    ),
    "two starts by one message": (
        flow(
            begin("s", type="message", messageRef="paid"),
            begin("t", type="message", messageRef="too"),
            flows=[],
            messages=[PAID, {"id": "too", "name": "paid"}],
        ),
        "DUPLICATE_START",
        "t",
        "nodes[1].event",
    ),
    "a start at a time that is not written out": (
        flow(begin("s", type="timer", date="{when}"), flows=[]),
        "INVALID_TIMER",
        "s",
        "nodes[0].event.date",
    ),
    "a start without a time": (
        flow(begin("s", type="timer"), flows=[]),
        "INVALID_TIMER",
        "s",
        "nodes[0].event",
    ),
    "a start with two times": (
        flow(begin("s", type="timer", duration="PT1S", cycle="R/PT1S"), flows=[]),
        "INVALID_TIMER",
        "s",
        "nodes[0].event",
    ),
    "a cycle that is none": (
        flow(begin("s", type="timer", cycle="every day"), flows=[]),
        "INVALID_CYCLE",
        "s",
        "nodes[0].event.cycle",
    ),
    "a sub-process that is started by an event": (
        line(inner("s", begin("b", type="signal", signalRef="alarm"), flows=[]), **ROOTS),
        "START_WITH_EVENT",
        "b",
        "nodes[1].nodes[0].event",
    ),
    "a sub-process with two starts": (
        line(inner("s", start("b"), start("c"), flows=[])),
        "MULTIPLE_START_EVENTS",
        "c",
        "nodes[1].nodes[1]",
    ),
    "an event sub-process without a start": (
        beside(inner("s", user("b"), flows=[], triggeredByEvent=True)),
        "EVENT_SUB_PROCESS_START",
        "s",
        "nodes[2]",
    ),
    "an event sub-process without an event": (
        beside(by_event("s", start("b"))),
        "START_WITHOUT_EVENT",
        "b",
        "nodes[2].nodes[0]",
    ),
    "a flow to an event sub-process": (
        beside(by_event("s", begin("b", type="signal", signalRef="alarm")), flows=["a->s"]),
        "EVENT_SUB_PROCESS_WITH_FLOW",
        "s",
        "sequenceFlows[1]",
    ),
    "an event sub-process that is repeated": (
        beside({**by_event("s", begin("b", type="signal", signalRef="alarm")), "loop": {"cardinality": 2}}),
        "NOT_SUPPORTED",
        "s",
        "nodes[2].loop",
    ),
    "two event sub-processes for one escalation": (
        beside(
            throw("t", type="escalation", escalationRef="late"),
            by_event("s", begin("b", type="escalation", escalationRef="late")),
            by_event("u", begin("c", False, type="escalation", escalationRef="late")),
            flows=["a->t"],
        ),
        "DUPLICATE_EVENT_SUB_PROCESS",
        "c",
        "nodes[4].nodes[0].event",
    ),
    "an event sub-process that catches an error and goes on beside": (
        beside(by_event("s", begin("b", False, type="error"))),
        "NON_INTERRUPTING_ERROR",
        "b",
        "nodes[2].nodes[0].isInterrupting",
    ),
    "an event sub-process that undoes the process": (
        beside(by_event("s", begin("b", type="compensation"))),
        "START_EVENT_NOT_ALLOWED",
        "s",
        "nodes[2]",
    ),
    "an event sub-process that interrupts again and again": (
        beside(by_event("s", begin("b", type="timer", cycle="R/PT1H"))),
        "INVALID_TIMER",
        "b",
        "nodes[2].nodes[0].event.cycle",
    ),
}


@pytest.mark.parametrize(("document", "code", "node_id", "path"), WRONG.values(), ids=WRONG)
def test_what_would_not_run_as_drawn_is_one_error_at_its_place(
    document: Json, code: str, node_id: str | None, path: str
) -> None:
    assert errors_of(document) == [(code, node_id, path)]


def test_the_limits_hold_for_all_levels_together() -> None:
    half = [user(f"a{number}") for number in range(2_500)]
    other = [user(f"b{number}") for number in range(2_500)]
    _, problems = compile_flow(flow(*half, inner("s", *other, flows=[]), flows=[]))
    assert [(each.code, each.path) for each in problems] == [("TOO_LARGE", "nodes")]
