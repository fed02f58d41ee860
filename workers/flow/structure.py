"""How the nodes of a definition hang together, and what is wrong with that."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from workers.flow.document import (
    Activity,
    BoundaryEvent,
    EndEvent,
    Error,
    ExclusiveGateway,
    IntermediateCatchEvent,
    Message,
    MessageEvent,
    NodeElement,
    SequenceFlow,
    ServiceElement,
    StartEvent,
)
from workers.flow.problem import Place, Problems, a, choice, quoted, suggestion
from workers.flow.reading import Part, Parts, Reading

ACTIVITIES = (Activity, ServiceElement)

P = TypeVar("P", NodeElement, SequenceFlow, Message, Error)


@dataclass(slots=True)
class Structure:
    """The parts of a definition by id, and what each node has around it in order of definition."""

    nodes: dict[str, Part[NodeElement]] = field(default_factory=dict)
    flows: dict[str, Part[SequenceFlow]] = field(default_factory=dict)
    messages: dict[str, Part[Message]] = field(default_factory=dict)
    errors: dict[str, Part[Error]] = field(default_factory=dict)
    incoming: dict[str, list[Part[SequenceFlow]]] = field(default_factory=lambda: defaultdict(list))
    outgoing: dict[str, list[Part[SequenceFlow]]] = field(default_factory=lambda: defaultdict(list))
    boundaries: dict[str, list[Part[BoundaryEvent]]] = field(default_factory=lambda: defaultdict(list))
    starts: tuple[str, ...] = ()

    def error_code(self, error_ref: str | None) -> str | None:
        """The code that an `errorRef` means; None where there is none, or no such error."""
        part = self.errors.get(error_ref) if error_ref is not None else None
        return part.value.error_code if part else None


def check_structure(reading: Reading, problems: Problems) -> Structure:
    """Connect the parts, and report duplicate ids, loose ends, misplaced flows and lost nodes."""
    checker = _Checker(reading, problems)
    checker.connect()
    for part in checker.structure.nodes.values():
        checker.check_references(part)
        checker.check_surroundings(part)
        checker.check_default(part)
        checker.check_conditions(part)
    for host, parts in checker.structure.boundaries.items():
        checker.check_boundaries(host, parts)
    checker.find_starts()
    if checker.whole:
        checker.check_reach()
    return checker.structure


class _Checker:
    def __init__(self, reading: Reading, problems: Problems) -> None:
        self.reading = reading
        self.problems = problems
        self.structure = Structure()
        # Whether every flow and every node is known, so that "nothing leads here" can be said.
        self.whole = reading.nodes.complete and reading.flows.complete and not reading.flows.unread

    def connect(self) -> None:
        found, reading = self.structure, self.reading
        elements: dict[str, str] = {}
        found.nodes = self._by_id(reading.nodes, "node", elements)
        found.flows = self._by_id(reading.flows, "sequence flow", elements)
        found.messages = self._by_id(reading.messages, "message", {})
        found.errors = self._by_id(reading.errors, "error", {})
        for part in found.flows.values():
            flow = part.value
            ends = (
                ("sourceRef", flow.source_ref, found.outgoing),
                ("targetRef", flow.target_ref, found.incoming),
            )
            for name, node_id, flows in ends:
                if self._refers(part.place.at(name), node_id, "node"):
                    flows[node_id].append(part)
                else:
                    self.whole = False

    def _by_id(self, parts: Parts[P], kind: str, taken: dict[str, str]) -> dict[str, Part[P]]:
        found: dict[str, Part[P]] = {}
        for part in parts.read:
            id_ = part.value.id
            if id_ in taken:
                message = f"The id {quoted(id_)} is already that of another {taken[id_]}; ids must differ."
                part.place.at("id").error("DUPLICATE_ID", message)
            else:
                taken[id_] = kind
                found[id_] = part
        return found

    def _refers(self, place: Place, id_: str, kind: Literal["node", "message", "error"]) -> bool:
        """Whether an id names something; what could not be read is not held against it."""
        known: Collection[str]
        parts: Parts[Any]
        if kind == "node":
            known, parts = self.structure.nodes, self.reading.nodes
        elif kind == "message":
            known, parts = self.structure.messages, self.reading.messages
        else:
            known, parts = self.structure.errors, self.reading.errors
        if id_ in known or id_ in parts.unread or not parts.complete:
            return True
        if not self.problems.full:
            hint = suggestion(id_, known)
            place.error("UNKNOWN_REFERENCE", f"{quoted(id_)} names no {kind} of this flow; {hint}")
        return False

    def check_references(self, part: Part[NodeElement]) -> None:
        node, place = part.value, part.place
        if isinstance(node, BoundaryEvent):
            host = node.attached_to_ref
            if self._refers(place.at("attachedToRef"), host, "node"):
                self.structure.boundaries[host].append(Part(place, node, part.damaged))
            else:
                self.whole = False
        if isinstance(node, IntermediateCatchEvent) and isinstance(node.event, MessageEvent):
            self._refers(place.at("event", "messageRef"), node.event.message_ref, "message")
        if isinstance(node, BoundaryEvent | EndEvent) and node.event and node.event.error_ref is not None:
            self._refers(place.at("event", "errorRef"), node.event.error_ref, "error")
        if isinstance(node, ServiceElement):
            for index, throw in enumerate(node.throws):
                self._refers(place.at("throws", index, "errorRef"), throw.error_ref, "error")

    def check_surroundings(self, part: Part[NodeElement]) -> None:
        node = part.value
        into, out_of = self.structure.incoming[node.id], self.structure.outgoing[node.id]
        if isinstance(node, StartEvent):
            self._misplaced(into, "START_WITH_INCOMING", "leads to", node)
        if isinstance(node, BoundaryEvent):
            self._misplaced(into, "BOUNDARY_WITH_INCOMING", "leads to", node)
        if isinstance(node, EndEvent):
            self._misplaced(out_of, "END_WITH_OUTGOING", "leaves", node)

    def _misplaced(
        self, flows: Iterable[Part[SequenceFlow]], code: str, verb: str, node: NodeElement
    ) -> None:
        for flow in flows:
            what = f"The sequence flow {quoted(flow.value.id)} {verb} the {node.type} {quoted(node.id)}"
            flow.place.of(node.id).error(code, f"{what}, which can have none.")

    def check_default(self, part: Part[NodeElement]) -> None:
        node = part.value
        default = getattr(node, "default", None)
        if default is None or default in self.reading.flows.unread or not self.reading.flows.complete:
            return
        leaving = {flow.value.id: flow for flow in self.structure.outgoing[node.id]}
        flow = leaving.get(default)
        if flow is None:
            hint = f"there is {choice(leaving)}." if leaving else "there is none."
            message = f"`default` {quoted(default)} is no sequence flow that leaves this node; {hint}"
            part.place.at("default").error("INVALID_DEFAULT", message)
        elif flow.value.condition_expression is not None:
            message = (
                f"The default flow {quoted(default)} is taken when no condition is true, and has a condition."
            )
            flow.place.at("conditionExpression").of(node.id).error("INVALID_DEFAULT", message)

    def check_conditions(self, part: Part[NodeElement]) -> None:
        node = part.value
        leaving = self.structure.outgoing[node.id]
        if not isinstance(node, (*ACTIVITIES, ExclusiveGateway)):
            for flow in leaving:
                if flow.value.condition_expression is not None:
                    message = (
                        f"The sequence flow {quoted(flow.value.id)} has a condition, but {a(node.type)} takes"
                        " every flow that leaves it; choose with an exclusiveGateway."
                    )
                    flow.place.at("conditionExpression").of(node.id).error("CONDITION_NOT_ALLOWED", message)
        elif isinstance(node, ExclusiveGateway) and len(leaving) > 1 and not part.damaged:
            for flow in leaving:
                bare = flow.value.condition_expression is None and not flow.damaged
                if bare and flow.value.id != node.default:
                    message = (
                        f"The sequence flow {quoted(flow.value.id)} leaves an exclusiveGateway with several:"
                        " it needs a `conditionExpression`, or to be the gateway's `default`."
                    )
                    flow.place.of(node.id).error("CONDITION_MISSING", message)

    def check_boundaries(self, host_id: str, parts: list[Part[BoundaryEvent]]) -> None:
        host = self.structure.nodes.get(host_id)
        caught: dict[str | None, str] = {}
        for part in parts:
            node = part.value
            if host is not None and not isinstance(host.value, ACTIVITIES):
                message = (
                    f"A boundaryEvent is attached to an activity; {quoted(host_id)} is {a(host.value.type)}."
                )
                part.place.at("attachedToRef").error("INVALID_ATTACHMENT", message)
            if not node.cancel_activity:
                message = "An error always interrupts its activity: `cancelActivity` must be true, or absent."
                part.place.at("cancelActivity").error("NON_INTERRUPTING_ERROR", message)
            ref = node.event.error_ref
            code = self.structure.error_code(ref)
            if part.damaged or (ref is not None and code is None):
                continue
            if code in caught:
                what = "every error" if code is None else f"the error {quoted(code)}"
                message = f"{quoted(caught[code])} on {quoted(host_id)} already catches {what}."
                part.place.at("event").error("DUPLICATE_BOUNDARY", message)
            caught.setdefault(code, node.id)

    def find_starts(self) -> None:
        nodes = self.structure.nodes
        events = [part for part in nodes.values() if isinstance(part.value, StartEvent)]
        for part in events[1:]:
            message = f"A flow has one startEvent, and {quoted(events[0].value.id)} is it already."
            part.place.error("MULTIPLE_START_EVENTS", message)
        free = (
            id_
            for id_, part in nodes.items()
            if not isinstance(part.value, BoundaryEvent) and not self.structure.incoming[id_]
        )
        self.structure.starts = (events[0].value.id,) if events else tuple(free)
        if self.structure.starts or not self.whole or self.reading.nodes.unread:
            return
        place = Place(self.problems, "nodes")
        if nodes:
            place.error("NO_START", "Each node has an incoming sequence flow: add a startEvent to begin at.")
        else:
            place.error("NO_NODES", "A flow is made of at least one node.")

    def check_reach(self) -> None:
        """Report the nodes that no token can reach; what could not be read counts as reached."""
        structure = self.structure
        left = [*structure.starts, *self.reading.nodes.unread]
        reached = set(left)
        while left:
            here = left.pop()
            onward = [flow.value.target_ref for flow in structure.outgoing[here]]
            onward += [part.value.id for part in structure.boundaries[here]]
            left.extend(each for each in onward if each not in reached)
            reached.update(onward)
        if not reached:
            return
        for id_, part in structure.nodes.items():
            if id_ not in reached and not isinstance(part.value, StartEvent):
                message = f"No path from the start leads to {quoted(id_)}."
                part.place.error("UNREACHABLE_NODE", message)
