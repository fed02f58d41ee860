"""The flows that are measured, and what their instances start with."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Load:
    """A flow, and the data of each of its instances."""

    definition: Json
    data: Json = field(default_factory=dict)


def plain(nodes: int) -> Load:
    """That many nodes in a row, start and end among them: what moving alone costs."""
    return Load(_flow(*_line(*(_node(f"n{number}", "task") for number in range(nodes - 2)))))


def decisions() -> Load:
    """Ten nodes that read and write 1 kB of variables: four scripts, four gateways that choose by them."""
    steps = []
    for number in range(4):
        script = f"= {{'sum': $sum(items.(price * count)), 'step': {number}}}"
        steps += [
            _node(f"work{number}", "scriptTask", script=script, resultVariable=f"total{number}"),
            _node(f"choice{number}", "exclusiveGateway", default=f"small{number}"),
        ]
    nodes, flows = _line(*steps)
    for number in range(4):
        (chosen,) = (flow for flow in flows if flow["sourceRef"] == f"choice{number}")
        flows.append({**chosen, "id": f"small{number}"})
        chosen["conditionExpression"] = f"= total{number}.sum > 100 and customer.country = 'PT'"
    items = [{"sku": f"article-{number:04}", "price": 9.5 + number, "count": 2} for number in range(16)]
    customer = {"id": "C-1017", "name": "Ada Example", "city": "Porto", "country": "PT"}
    return Load(_flow(nodes, flows), {"customer": customer, "items": items})


def fork(branches: int) -> Load:
    """A fork into branches of one node each, and their join."""
    middle = [_node(f"n{number}", "task") for number in range(branches)]
    fork, join = _node("fork", "parallelGateway"), _node("join", "parallelGateway")
    start, end = _node("start", "startEvent"), _node("end", "endEvent")
    flows = [
        _sequence(start, fork),
        *(_sequence(fork, node) for node in middle),
        *(_sequence(node, join) for node in middle),
        _sequence(join, end),
    ]
    return Load(_flow([start, fork, *middle, join, end], flows))


def calling(url: str) -> Load:
    """One call of an address."""
    request = {"method": "POST", "url": url}
    return Load(_flow(*_line(_node("call", "serviceTask", implementation="http", input=request))))


def _line(*nodes: Json) -> tuple[list[Json], list[Json]]:
    whole = [_node("start", "startEvent"), *nodes, _node("end", "endEvent")]
    return whole, [_sequence(source, target) for source, target in pairwise(whole)]


def _flow(nodes: list[Json], flows: list[Json]) -> Json:
    return {"schemaVersion": 1, "name": "benchmark", "nodes": nodes, "sequenceFlows": flows}


def _node(id: str, type: str, **properties: Any) -> Json:
    return {"id": id, "type": type, **properties}


def _sequence(source: Json, target: Json) -> Json:
    return {"id": f"{source['id']}-{target['id']}", "sourceRef": source["id"], "targetRef": target["id"]}
