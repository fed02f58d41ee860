"""What is told of gateways, loops and their leaves that would not run as drawn."""

import pytest

from tests.flows import Json, end, flow, line, message, node, parallel, start, timer, user
from tests.unit.refused import errors_of
from tests.unit.whole import (
    ROOTS,
    beside,
    catch,
    on,
    throw,
)


def behind(*nodes: Json, flows: list[str | Json] | None = None, **properties: object) -> Json:
    """The same with an event-based gateway behind the task."""
    return beside(node("g", "eventBasedGateway"), *nodes, flows=["a->g", *(flows or [])], **properties)


def looped(**loop: object) -> Json:
    return line(user("a", loop=loop))


WRONG: dict[str, tuple[Json, str, str | None, str]] = {
    "an event-based gateway before a task": (
        behind(user("b"), flows=["g->b"]),
        "EVENT_GATEWAY_TARGET",
        "g",
        "sequenceFlows[2]",
    ),
    "an event that can be reached otherwise": (
        behind(message("b", "paid"), flows=["g->b", "a->b"]),
        "EVENT_GATEWAY_TARGET",
        "g",
        "sequenceFlows[2]",
    ),
    "a receive task with a boundary behind it": (
        behind(
            node("b", "receiveTask", messageRef="paid"),
            on("c", "b", type="timer", duration="PT1S"),
            flows=["g->b"],
        ),
        "EVENT_GATEWAY_TARGET",
        "g",
        "sequenceFlows[2]",
    ),
    "a receive task that is repeated behind it": (
        behind(node("b", "receiveTask", messageRef="paid", loop={"cardinality": 2}), flows=["g->b"]),
        "EVENT_GATEWAY_TARGET",
        "g",
        "sequenceFlows[2]",
    ),
    "an event-based gateway before nothing": (behind(), "EVENT_GATEWAY_TARGET", "g", "nodes[2]"),
    "a condition before an event": (
        behind(message("b", "paid"), flows=["g->b if = x"]),
        "CONDITION_NOT_ALLOWED",
        "g",
        "sequenceFlows[2].conditionExpression",
    ),
    "a condition behind an event": (
        flow(start(), end(), flows=["start->end if = x"]),
        "CONDITION_NOT_ALLOWED",
        "start",
        "sequenceFlows[0].conditionExpression",
    ),
    "a gateway by itself": (flow(parallel("g"), flows=[]), "GATEWAY_WITHOUT_FLOWS", "g", "nodes[0]"),
    "a default with a condition at an inclusive gateway": (
        flow(
            start(),
            node("g", "inclusiveGateway", default="g->end"),
            end(),
            flows=["start->g", "g->end if = x"],
        ),
        "INVALID_DEFAULT",
        "g",
        "sequenceFlows[1].conditionExpression",
    ),
    "a loop without end": (looped(testBefore=False), "INVALID_LOOP", "a", "nodes[1].loop"),
    "a loop too often": (looped(maxIterations=1001), "INVALID_VALUE", "a", "nodes[1].loop.maxIterations"),
    "a loop over nothing": (looped(), "INVALID_LOOP", "a", "nodes[1].loop"),
    "a loop over two things": (
        looped(collection="{a}", cardinality=3),
        "INVALID_LOOP",
        "a",
        "nodes[1].loop",
    ),
    "a loop of both kinds": (
        looped(**{"while": "= x", "collection": "{a}"}),
        "UNKNOWN_PROPERTY",
        "a",
        "nodes[1].loop.collection",
    ),
    "a misspelt collection": (
        looped(colection="{a}", cardinality=2),
        "UNKNOWN_PROPERTY",
        "a",
        "nodes[1].loop.colection",
    ),
    "a collection that is a text": (looped(collection="a"), "INVALID_LOOP", "a", "nodes[1].loop.collection"),
    "a cardinality below zero": (looped(cardinality=-1), "INVALID_VALUE", "a", "nodes[1].loop.cardinality"),
    "an element of a number": (
        looped(cardinality=3, elementVariable="x"),
        "INVALID_LOOP",
        "a",
        "nodes[1].loop",
    ),
    "an output without an element": (
        looped(cardinality=3, outputCollection="x"),
        "INVALID_LOOP",
        "a",
        "nodes[1].loop",
    ),
    "an element that is no name": (
        looped(collection="{a}", elementVariable="an item"),
        "INVALID_NAME",
        "a",
        "nodes[1].loop.elementVariable",
    ),
    "an output of the system": (
        looped(collection="{a}", outputCollection="secrets", outputElement=1),
        "RESERVED_NAME",
        "a",
        "nodes[1].loop.outputCollection",
    ),
    "a while that is no expression": (
        looped(**{"while": "x"}),
        "INVALID_EXPRESSION",
        "a",
        "nodes[1].loop.while",
    ),
    "a completion that is no expression": (
        looped(cardinality=3, completionCondition="= ("),
        "INVALID_EXPRESSION",
        "a",
        "nodes[1].loop.completionCondition",
    ),
    "a loop that is a list": (line(user("a", loop=[])), "INVALID_VALUE", "a", "nodes[1].loop"),
    "a loop on an event": (
        line(timer("t", duration="PT1S") | {"loop": {}}),
        "NOT_SUPPORTED",
        "t",
        "nodes[1].loop",
    ),
    "a condition that is no expression": (
        line(catch("c", type="conditional", condition="x")),
        "INVALID_EXPRESSION",
        "c",
        "nodes[1].event.condition",
    ),
    "a message that is kept for a month": (
        line(throw("t", type="message", messageRef="paid", timeToLive="P1M"), **ROOTS),
        "INVALID_DURATION",
        "t",
        "nodes[1].event.timeToLive",
    ),
    "a secret in a message": (
        line(node("s", "sendTask", messageRef="paid", data={"a": "{secrets.KEY}"}), **ROOTS),
        "SECRET_NOT_ALLOWED",
        "s",
        "nodes[1].data.a",
    ),
    "an event that is a text": (
        line(node("c", "intermediateCatchEvent", event="timer")),
        "INVALID_VALUE",
        "c",
        "nodes[1].event",
    ),
    "throws of an external task": (
        line(node("e", "serviceTask", implementation="external", topic="x", throws=[])),
        "NOT_SUPPORTED",
        "e",
        "nodes[1].throws",
    ),
}


@pytest.mark.parametrize(("document", "code", "node_id", "path"), WRONG.values(), ids=WRONG)
def test_what_would_not_run_as_drawn_is_one_error_at_its_place(
    document: Json, code: str, node_id: str | None, path: str
) -> None:
    assert errors_of(document) == [(code, node_id, path)]
