"""What is told about a definition that names what there is not, or hangs together wrongly."""

import pytest

from tests.flows import (
    Json,
    boundary,
    end,
    exclusive,
    flow,
    http,
    line,
    message,
    node,
    parallel,
    script,
    start,
    timer,
    user,
)
from tests.unit.refused import errors_of

URL = "https://crm.example/orders"
REFUSED: Json = {"id": "refused", "errorCode": "REFUSED"}
THROWS: list[Json] = [{"when": "= response.status = 409", "errorRef": "refused"}]

WRONG: dict[str, tuple[Json, str, str | None, str]] = {
    "no nodes": (flow(flows=[]), "NO_NODES", None, "nodes"),
    "nodes missing": ({"schemaVersion": 1}, "MISSING_PROPERTY", None, "nodes"),
    "a later version": ({**line(), "schemaVersion": 2}, "INVALID_VALUE", None, "schemaVersion"),
    "true is no version": ({**line(), "schemaVersion": True}, "INVALID_VALUE", None, "schemaVersion"),
    "a misspelt property": (
        line(user("a", candidateGroup=["x"])),
        "UNKNOWN_PROPERTY",
        "a",
        "nodes[1].candidateGroup",
    ),
    "a misspelt type": (line(node("a", "usertask")), "UNKNOWN_TYPE", "a", "nodes[1].type"),
    "a type that is not supported": (
        line(node("a", "complexGateway")),
        "NOT_SUPPORTED",
        "a",
        "nodes[1].type",
    ),
    "no type": (line({"id": "a"}), "MISSING_PROPERTY", "a", "nodes[1].type"),
    "no implementation": (line(node("a", "serviceTask")), "MISSING_PROPERTY", "a", "nodes[1].implementation"),
    "an implementation that is not there": (
        line(node("a", "serviceTask", implementation="soap")),
        "UNKNOWN_TYPE",
        "a",
        "nodes[1].implementation",
    ),
    "an event that only ends": (
        line(node("a", "intermediateCatchEvent", event={"type": "terminate"})),
        "NOT_SUPPORTED",
        "a",
        "nodes[1].event.type",
    ),
    "a cycle": (
        line(timer("t", duration="PT1S", cycle="R3/PT1S")),
        "NOT_SUPPORTED",
        "t",
        "nodes[1].event.cycle",
    ),
    "input on a gateway": (
        line(node("g", "parallelGateway", input={})),
        "NOT_SUPPORTED",
        "g",
        "nodes[1].input",
    ),
    "retry on a script": (
        line(script("s", "= 1", resultVariable="a", retry={})),
        "NOT_SUPPORTED",
        "s",
        "nodes[1].retry",
    ),
    "a wrong type of value": (line(user("a", name=5)), "INVALID_VALUE", "a", "nodes[1].name"),
    "a node that is text": (
        {**line(), "nodes": [start(), end(), "x"]},
        "INVALID_VALUE",
        None,
        "nodes[2]",
    ),
    "an id with a line break": (flow(user("a\nb"), flows=[]), "INVALID_ID", "a\nb", "nodes[0].id"),
    "a long id": (flow(user("a" * 256), flows=[]), "INVALID_ID", None, "nodes[0].id"),
    "two nodes of one id": (
        flow(start(), end(), end(), flows=["start->end"]),
        "DUPLICATE_ID",
        "end",
        "nodes[2].id",
    ),
    "a flow to nowhere": (
        flow(start(), end(), flows=["start->end", "start->endd"]),
        "UNKNOWN_REFERENCE",
        "start->endd",
        "sequenceFlows[1].targetRef",
    ),
    "a flow from nowhere": (
        flow(start(), end(), flows=["start->end", "begin->end"]),
        "UNKNOWN_REFERENCE",
        "begin->end",
        "sequenceFlows[1].sourceRef",
    ),
    "attached to nothing": (
        flow(start(), boundary("b", "a"), end(), flows=["start->end", "b->end"]),
        "UNKNOWN_REFERENCE",
        "b",
        "nodes[1].attachedToRef",
    ),
    "an unknown message": (line(message("m", "paid")), "UNKNOWN_REFERENCE", "m", "nodes[1].event.messageRef"),
    "an unknown error": (
        line(http("h", URL, throws=THROWS)),
        "UNKNOWN_REFERENCE",
        "h",
        "nodes[1].throws[0].errorRef",
    ),
    "an end with an unknown error": (
        flow(start(), node("e", "endEvent", event={"type": "error", "errorRef": "x"}), flows=["start->e"]),
        "UNKNOWN_REFERENCE",
        "e",
        "nodes[1].event.errorRef",
    ),
    "a default that leaves another node": (
        flow(start(), exclusive("g", "start->g"), end(), flows=["start->g", "g->end"]),
        "INVALID_DEFAULT",
        "g",
        "nodes[1].default",
    ),
    "a default with a condition": (
        flow(start(), exclusive("g", "g->end"), end(), flows=["start->g", "g->end if = a"]),
        "INVALID_DEFAULT",
        "g",
        "sequenceFlows[1].conditionExpression",
    ),
    "a condition after a parallel gateway": (
        flow(start(), parallel("p"), end(), flows=["start->p", "p->end if = a"]),
        "CONDITION_NOT_ALLOWED",
        "p",
        "sequenceFlows[1].conditionExpression",
    ),
    "a choice without condition": (
        flow(start(), exclusive("g"), end("x"), end("y"), flows=["start->g", "g->x if = a", "g->y"]),
        "CONDITION_MISSING",
        "g",
        "sequenceFlows[2]",
    ),
    "a boundary without attachment": (
        line({"id": "b", "type": "boundaryEvent", "event": {"type": "error"}}),
        "MISSING_PROPERTY",
        "b",
        "nodes[1].attachedToRef",
    ),
    "a boundary with an incoming flow": (
        flow(start(), user("a"), boundary("b", "a"), flows=["start->a", "a->b"]),
        "BOUNDARY_WITH_INCOMING",
        "b",
        "sequenceFlows[1]",
    ),
    "a boundary on a gateway": (
        flow(start(), parallel("p"), boundary("b", "p"), flows=["start->p"]),
        "INVALID_ATTACHMENT",
        "b",
        "nodes[2].attachedToRef",
    ),
    "two boundaries for one code": (
        flow(
            start(),
            http("h", URL, throws=THROWS),
            boundary("b", "h", "refused"),
            boundary("c", "h", "again"),
            flows=["start->h"],
            errors=[REFUSED, {**REFUSED, "id": "again"}],
        ),
        "DUPLICATE_BOUNDARY",
        "c",
        "nodes[3].event",
    ),
    "two boundaries for everything": (
        flow(start(), user("a"), boundary("b", "a"), boundary("c", "a"), flows=["start->a"]),
        "DUPLICATE_BOUNDARY",
        "c",
        "nodes[3].event",
    ),
    "an error that does not interrupt": (
        flow(start(), user("a"), {**boundary("b", "a"), "cancelActivity": False}, flows=["start->a"]),
        "NON_INTERRUPTING_ERROR",
        "b",
        "nodes[2].cancelActivity",
    ),
    "a start with an incoming flow": (
        flow(start(), user("a"), flows=["start->a", "a->start"]),
        "START_WITH_INCOMING",
        "start",
        "sequenceFlows[1]",
    ),
    "an end with an outgoing flow": (
        flow(start(), end(), user("a"), flows=["start->end", "end->a"]),
        "END_WITH_OUTGOING",
        "end",
        "sequenceFlows[1]",
    ),
    "two starts": (
        flow(start(), start("other"), end(), flows=["start->end", "other->end"]),
        "MULTIPLE_START_EVENTS",
        "other",
        "nodes[1]",
    ),
    "no beginning": (flow(user("a"), user("b"), flows=["a->b", "b->a"]), "NO_START", None, "nodes"),
    "a lost node": (
        flow(start(), end(), user("a"), flows=["start->end"]),
        "UNREACHABLE_NODE",
        "a",
        "nodes[2]",
    ),
}


@pytest.mark.parametrize(("document", "code", "node_id", "path"), WRONG.values(), ids=WRONG)
def test_each_mistake_is_one_error_at_its_place(
    document: Json, code: str, node_id: str | None, path: str
) -> None:
    assert errors_of(document) == [(code, node_id, path)]
