"""Random graphs without structure: gateways of all kinds wired at random, always a flow that compiles."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.flows import Json, flow

#: The variables that conditions ask; scripts turn them over.
SWITCHES = ("b0", "b1", "b2")

_TYPES = (
    "exclusiveGateway",
    "parallelGateway",
    "inclusiveGateway",
    "inclusiveGateway",
    "task",
    "userTask",
    "userTask",
    "scriptTask",
    "eventBasedGateway",
    "link",
)
_CHOOSING = ("exclusiveGateway", "inclusiveGateway", "task", "userTask", "scriptTask")


@dataclass(frozen=True)
class Wiring:
    """What is drawn: the types of nodes, for each a way to it, further ways, and numbers for the rest."""

    types: tuple[str, ...]
    parents: tuple[int, ...]
    further: tuple[tuple[int, int], ...]
    numbers: tuple[int, ...]
    boundaries: tuple[tuple[int, bool], ...]
    inside: bool
    on: tuple[bool, ...]


@st.composite
def wirings(draw: st.DrawFn, most: int = 8) -> Wiring:
    size = draw(st.integers(2, most))
    places = st.integers(0, size)
    ways = draw(st.lists(st.tuples(places, places), max_size=size + 3))
    return Wiring(
        types=tuple(draw(st.lists(st.sampled_from(_TYPES), min_size=size, max_size=size))),
        parents=tuple(draw(st.lists(st.integers(0, 99), min_size=size, max_size=size))),
        further=tuple(ways),
        numbers=tuple(draw(st.lists(st.integers(0, 99), min_size=8, max_size=8))),
        boundaries=tuple(draw(st.lists(st.tuples(places, st.booleans()), max_size=2))),
        inside=draw(st.booleans()),
        on=tuple(draw(st.lists(st.booleans(), min_size=len(SWITCHES), max_size=len(SWITCHES)))),
    )


def drawn(wiring: Wiring) -> tuple[Json, dict[str, Any]]:
    """The definition, and the data to start it with."""
    return _Graph(wiring).made()


class _Graph:
    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring
        self.nodes: dict[str, Json] = {}
        self.ways: list[tuple[str, str]] = []
        self._number = 0

    def made(self) -> tuple[Json, dict[str, Any]]:
        self._node("start", "startEvent")
        leaving = ["start"]
        entries: list[str] = []
        for number, (type, parent) in enumerate(zip(self.wiring.types, self.wiring.parents, strict=True)):
            entry, exits = self._place(f"n{number}", type)
            self.ways.append((leaving[parent % len(leaving)], entry))
            entries.append(entry)
            leaving += exits
        for source, target in self.wiring.further:
            way = (leaving[source % len(leaving)], entries[target % len(entries)])
            if way not in self.ways and way[0] != "start":
                self.ways.append(way)
        nodes, flows = list(self.nodes.values()), self._flows()
        data = dict(zip(SWITCHES, self.wiring.on, strict=True))
        if self.wiring.inside:
            loop = {"collection": [1, 2], "sequential": False}
            inner = {"id": "sub", "type": "subProcess", "nodes": nodes, "sequenceFlows": flows, "loop": loop}
            return flow(inner, flows=[], messages=[{"id": "m"}]), data
        return {**flow(*nodes, flows=[], messages=[{"id": "m"}]), "sequenceFlows": flows}, data

    def _node(self, id: str, type: str, **properties: Any) -> str:
        self.nodes[id] = {"id": id, "type": type, **properties}
        return id

    def _place(self, id: str, type: str) -> tuple[str, list[str]]:
        """Where ways may lead to, and where they may leave."""
        if type == "eventBasedGateway":
            self._node(id, type)
            message = {"type": "message", "messageRef": "m"}
            caught = [
                self._node(f"{id}-m", "intermediateCatchEvent", event=message),
                self._node(f"{id}-t", "intermediateCatchEvent", event={"type": "timer", "duration": "PT1H"}),
            ]
            self.ways += [(id, each) for each in caught]
            return id, caught
        if type == "link":
            self._node(id, "intermediateThrowEvent", event={"type": "link", "name": id})
            caught = [self._node(f"{id}-c", "intermediateCatchEvent", event={"type": "link", "name": id})]
            return id, caught
        if type == "scriptTask":
            name = SWITCHES[self._next() % len(SWITCHES)]
            return self._node(id, type, script=f'={{"{name}": $not({name})}}'), [id]
        self._node(id, type)
        exits = [id]
        for number, (place, interrupts) in enumerate(self.wiring.boundaries):
            if type == "userTask" and f"n{place}" == id:
                event = {"type": "timer", "duration": "PT1H"}
                exits.append(
                    self._node(
                        f"{id}-b{number}", "boundaryEvent", attachedToRef=id, cancelActivity=interrupts,
                        event=event,
                    )
                )  # fmt: skip
        return id, exits

    def _flows(self) -> list[Json]:
        return [each for id in self.nodes for each in self._leaving(id)]

    def _leaving(self, id: str) -> list[Json]:
        """The flows of a node, with conditions where it chooses."""
        node = self.nodes[id]
        targets = [target for source, target in self.ways if source == id]
        made: list[Json] = [
            {"id": f"{id}->{target}", "sourceRef": id, "targetRef": target} for target in targets
        ]
        exclusive = node["type"] == "exclusiveGateway"
        if node["type"] not in _CHOOSING or len(made) < 2:
            return made
        for number, each in enumerate(made):
            if exclusive or (node["type"] == "inclusiveGateway" and self._next() % 4) or not self._next() % 4:
                switch = SWITCHES[self._next() % len(SWITCHES)]
                each["conditionExpression"] = f"= {switch}" if self._next() % 2 else f"= $not({switch})"
            if number == len(made) - 1 and exclusive:
                each.pop("conditionExpression")
                node["default"] = each["id"]
        return made

    def _next(self) -> int:
        self._number += 1
        return self.wiring.numbers[self._number % len(self.wiring.numbers)] + self._number
