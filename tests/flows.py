"""Small flows for the tests, in few words."""

from itertools import pairwise
from typing import Any

Json = dict[str, Any]


def flow(*nodes: Json, flows: list[str | Json], **properties: Any) -> Json:
    """A definition; a flow is `"a->b"`, or an object where it needs more. Ids of flows are `a->b`."""
    sequence_flows = [_sequence_flow(item) for item in flows]
    return {
        "schemaVersion": 1,
        "name": "test",
        "nodes": list(nodes),
        "sequenceFlows": sequence_flows,
        **properties,
    }


def _sequence_flow(item: str | Json) -> Json:
    if not isinstance(item, str):
        return item
    path, _, condition = item.partition(" if ")
    source, target = path.split("->")
    made: Json = {"id": path, "sourceRef": source, "targetRef": target}
    return {**made, "conditionExpression": condition} if condition else made


def node(id: str, type: str, **properties: Any) -> Json:
    return {"id": id, "type": type, **properties}


def start(id: str = "start") -> Json:
    return node(id, "startEvent")


def end(id: str = "end") -> Json:
    return node(id, "endEvent")


def user(id: str, **properties: Any) -> Json:
    return node(id, "userTask", **properties)


def script(id: str, source: str, **properties: Any) -> Json:
    return node(id, "scriptTask", script=source, **properties)


def parallel(id: str) -> Json:
    return node(id, "parallelGateway")


def exclusive(id: str, default: str | None = None) -> Json:
    return node(id, "exclusiveGateway", **({"default": default} if default else {}))


def python(id: str, task: str, **properties: Any) -> Json:
    return node(id, "serviceTask", implementation="python", task=task, **properties)


def http(id: str, url: str, method: str = "POST", input: Json | None = None, **properties: Any) -> Json:
    request = {"method": method, "url": url, **(input or {})}
    return node(id, "serviceTask", implementation="http", input=request, **properties)


def message(id: str, name: str, **properties: Any) -> Json:
    return node(id, "intermediateCatchEvent", event={"type": "message", "messageRef": name}, **properties)


def timer(id: str, **event: Any) -> Json:
    return node(id, "intermediateCatchEvent", event={"type": "timer", **event})


def boundary(id: str, attached_to: str, error: str | None = None, **properties: Any) -> Json:
    event = {"type": "error", **({"errorRef": error} if error else {})}
    return node(
        id, "boundaryEvent", attachedToRef=attached_to, cancelActivity=True, event=event, **properties
    )


def sub_process(id: str, *nodes: Json, flows: list[str | Json], **properties: Any) -> Json:
    """A sub-process with nodes of its own; `start->a` and so on as in `flow`."""
    inside = flow(*nodes, flows=flows)
    return node(id, "subProcess", nodes=inside["nodes"], sequenceFlows=inside["sequenceFlows"], **properties)


def event(id: str, type: str, event_type: str, **properties: Any) -> Json:
    """A node with an event; what is no property of a node goes into the event."""
    of_node = {"attachedToRef", "cancelActivity", "isInterrupting", "input", "output", "name"}
    inside = {name: value for name, value in properties.items() if name not in of_node}
    outside = {name: value for name, value in properties.items() if name in of_node}
    return node(id, type, event={"type": event_type, **inside}, **outside)


def line(*nodes: Json, **properties: Any) -> Json:
    """The nodes one after the other, between a start and an end."""
    whole = [start(), *nodes, end()]
    return flow(*whole, flows=[f"{a['id']}->{b['id']}" for a, b in pairwise(whole)], **properties)
