"""What is told of boundary events, compensation and links that would not run as drawn."""

import pytest

from tests.flows import Json, end, exclusive, flow, http, line, node, start, user
from tests.unit.refused import errors_of
from tests.unit.whole import (
    REFUSED,
    begin,
    beside,
    by_event,
    catch,
    finish,
    inner,
    on,
    throw,
)
from workers.flow.compiler.compile import compile_flow

HANDLER = node("undo", "task", isForCompensation=True)
UNDONE = on("undone", "a", type="compensation")
UNDOES: Json = {"id": "x", "sourceRef": "undone", "targetRef": "undo"}

WRONG: dict[str, tuple[Json, str, str | None, str]] = {
    "a boundary in another scope": (
        beside(inner("s", user("b"), on("c", "a", type="error"), flows=[]), flows=["a->s"]),
        "INVALID_ATTACHMENT",
        "c",
        "nodes[2].nodes[1].attachedToRef",
    ),
    "a boundary on an event sub-process": (
        beside(
            by_event("s", begin("b", type="signal", signalRef="alarm")),
            on("c", "s", type="timer", duration="PT1S"),
        ),
        "INVALID_ATTACHMENT",
        "c",
        "nodes[3].attachedToRef",
    ),
    "a cancel on a sub-process": (
        beside(inner("s", flows=[]), on("c", "s", type="cancel"), flows=["a->s"]),
        "INVALID_ATTACHMENT",
        "c",
        "nodes[3].attachedToRef",
    ),
    "a cancel that does not interrupt": (
        beside(inner("s", flows=[], type="transaction"), on("c", "s", False, type="cancel"), flows=["a->s"]),
        "NON_INTERRUPTING_CANCEL",
        "c",
        "nodes[3].cancelActivity",
    ),
    "a compensation that does not interrupt": (
        beside(on("undone", "a", False, type="compensation"), HANDLER, associations=[UNDOES]),
        "NON_INTERRUPTING_COMPENSATION",
        "undone",
        "nodes[2].cancelActivity",
    ),
    "two boundaries for one escalation": (
        beside(
            on("c", "a", type="escalation", escalationRef="late"),
            on("d", "a", False, type="escalation", escalationRef="late"),
        ),
        "DUPLICATE_BOUNDARY",
        "d",
        "nodes[3].event",
    ),
    "a boundary that interrupts again and again": (
        beside(on("c", "a", type="timer", cycle="R/PT1H")),
        "INVALID_TIMER",
        "c",
        "nodes[2].event.cycle",
    ),
    "a cancel end outside of a transaction": (
        line(inner("s", user("b"), finish("c", type="cancel"), flows=["b->c"])),
        "CANCEL_OUTSIDE_TRANSACTION",
        "c",
        "nodes[1].nodes[1].event",
    ),
    "a compensation without a handler": (beside(UNDONE), "COMPENSATION_HANDLER", "undone", "nodes[2]"),
    "a compensation with two handlers": (
        beside(
            UNDONE,
            HANDLER,
            {**HANDLER, "id": "too"},
            associations=[UNDOES, {"id": "y", "sourceRef": "undone", "targetRef": "too"}],
        ),
        "COMPENSATION_HANDLER",
        "undone",
        "nodes[2]",
    ),
    "a handler that nothing leads to": (beside(HANDLER), "UNREACHABLE_NODE", "undo", "nodes[2]"),
    "a handler with a flow": (
        beside(UNDONE, HANDLER, associations=[UNDOES], flows=["undo->a"]),
        "HANDLER_WITH_FLOW",
        "undo",
        "sequenceFlows[1]",
    ),
    "a handler with a boundary": (
        beside(UNDONE, HANDLER, on("c", "undo", type="timer", duration="PT1S"), associations=[UNDOES]),
        "INVALID_ATTACHMENT",
        "c",
        "nodes[4].attachedToRef",
    ),
    "a flow that leaves a compensation": (
        beside(UNDONE, HANDLER, associations=[UNDOES], flows=["undone->a"]),
        "COMPENSATION_WITH_OUTGOING",
        "undone",
        "sequenceFlows[1]",
    ),
    "an association of something else": (
        beside(associations=[{"id": "x", "sourceRef": "start", "targetRef": "a"}]),
        "INVALID_ASSOCIATION",
        "x",
        "associations[0]",
    ),
    "an association with nothing": (
        beside(UNDONE, associations=[{**UNDOES, "targetRef": "a-task"}]),
        "UNKNOWN_REFERENCE",
        "x",
        "associations[0].targetRef",
    ),
    "an association across a border": (
        beside(UNDONE, inner("s", HANDLER, user("b"), flows=[]), flows=["a->s"], associations=[UNDOES]),
        "INVALID_ASSOCIATION",
        "x",
        "associations[0].targetRef",
    ),
    "what is undone is unknown": (
        line(throw("t", type="compensation", activityRef="x")),
        "UNKNOWN_REFERENCE",
        "t",
        "nodes[1].event.activityRef",
    ),
    "what is undone stands elsewhere": (
        beside(
            UNDONE,
            HANDLER,
            inner("s", finish("t", type="compensation", activityRef="a"), flows=[]),
            flows=["a->s"],
            associations=[UNDOES],
        ),
        "UNKNOWN_REFERENCE",
        "t",
        "nodes[4].nodes[0].event.activityRef",
    ),
    "what is undone cannot be": (
        beside(throw("t", type="compensation", activityRef="a"), flows=["a->t"]),
        "NOT_COMPENSABLE",
        "t",
        "nodes[2].event.activityRef",
    ),
    "a link to nowhere": (
        beside(throw("t", type="link", name="x"), flows=["a->t"]),
        "LINK_WITHOUT_CATCH",
        "t",
        "nodes[2].event.name",
    ),
    "a link to another scope": (
        beside(
            throw("t", type="link", name="x"),
            inner("s", user("b"), catch("c", type="link", name="x"), flows=[]),
            flows=["a->t", "a->s"],
        ),
        "LINK_WITHOUT_CATCH",
        "t",
        "nodes[2].event.name",
    ),
    "a link to two places": (
        beside(
            throw("t", type="link", name="x"),
            catch("c", type="link", name="x"),
            catch("d", type="link", name="x"),
            flows=["a->t"],
        ),
        "DUPLICATE_LINK",
        "d",
        "nodes[4].event.name",
    ),
    "a flow that leaves a link": (
        beside(
            throw("t", type="link", name="x"),
            catch("c", type="link", name="x"),
            flows=["a->t", "t->a"],
        ),
        "LINK_WITH_OUTGOING",
        "t",
        "sequenceFlows[2]",
    ),
    "a flow that leads to a link": (
        beside(
            throw("t", type="link", name="x"),
            catch("c", type="link", name="x"),
            flows=["a->t", "a->c"],
        ),
        "LINK_WITH_INCOMING",
        "c",
        "sequenceFlows[2]",
    ),
    "a flow of the name of a link": (
        beside(
            throw("t", type="link", name="x"),
            catch("c", type="link", name="x"),
            end(),
            flows=[{"id": "link:t", "sourceRef": "a", "targetRef": "end"}, "a->t"],
        ),
        "DUPLICATE_ID",
        "t",
        "nodes[2].id",
    ),
}


@pytest.mark.parametrize(("document", "code", "node_id", "path"), WRONG.values(), ids=WRONG)
def test_what_would_not_run_as_drawn_is_one_error_at_its_place(
    document: Json, code: str, node_id: str | None, path: str
) -> None:
    assert errors_of(document) == [(code, node_id, path)]


RUNS: dict[str, Json] = {
    "two event sub-processes for one message": beside(
        by_event("s", begin("b", False, type="message", messageRef="paid")),
        by_event("t", begin("c", type="message", messageRef="paid")),
        errors=[],
    ),
    "a gateway that tokens end at": flow(start(), exclusive("g"), flows=["start->g"]),
    "a start and a boundary event that lead nowhere": flow(
        start(), user("a"), on("b", "a", type="timer", duration="PT1H"), flows=["start->a"]
    ),
    "an error that a sub-process catches itself": flow(
        start(),
        http("h", "https://crm.example", throws=[{"when": "= true", "errorRef": "refused"}]),
        by_event("s", begin("b", type="error", errorRef="refused")),
        by_event("t", begin("c", type="error")),
        flows=["start->h"],
        errors=[REFUSED],
    ),
    "compensation of what was done in a sub-process": beside(
        inner(
            "s",
            user("b"),
            on("d", "b", type="compensation"),
            HANDLER,
            flows=[],
            associations=[{"id": "x", "sourceRef": "d", "targetRef": "undo"}],
        ),
        throw("t", type="compensation", activityRef="s"),
        flows=["a->s", "s->t"],
        errors=[],
    ),
}


@pytest.mark.parametrize("document", RUNS.values(), ids=RUNS)
def test_what_the_standard_allows_is_allowed(document: Json) -> None:
    assert compile_flow(document)[1] == []


HARDLY_MEANT: dict[str, tuple[Json, str, str]] = {
    "a gateway that leads only to itself": (
        flow(start(), exclusive("g"), flows=["start->g", "g->g"]),
        "LEADS_TO_ITSELF",
        "g",
    ),
    "a link that nothing throws": (
        flow(start(), catch("c", type="link", name="x"), end(), flows=["start->end"]),
        "LINK_WITHOUT_THROW",
        "c",
    ),
    "an error that nothing in the scope throws": (
        beside(by_event("s", begin("b", type="error", errorRef="refused")), errors=[REFUSED]),
        "ERROR_NEVER_THROWN",
        "b",
    ),
}


@pytest.mark.parametrize(("document", "code", "node_id"), HARDLY_MEANT.values(), ids=HARDLY_MEANT)
def test_what_is_hardly_meant_is_a_warning(document: Json, code: str, node_id: str) -> None:
    graph, problems = compile_flow(document)
    assert graph is not None
    assert (code, node_id, "warning") in [(each.code, each.node_id, each.severity) for each in problems]
