"""How the nodes of a definition are connected: levels, flows, boundary events and associations."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from workers.flow.catalogue.boundary_event import BoundaryEvent
from workers.flow.catalogue.events.compensation import CompensationCatch
from workers.flow.catalogue.events.link import Link
from workers.flow.catalogue.intermediate_catch_event import IntermediateCatchEvent
from workers.flow.catalogue.intermediate_throw_event import IntermediateThrowEvent
from workers.flow.catalogue.start_event import StartEvent
from workers.flow.catalogue.sub_process import is_event_sub_process
from workers.flow.document.activity import is_handler
from workers.flow.document.definition import Association, Error, Escalation, Message, SequenceFlow, Signal
from workers.flow.document.element import NodeElement
from workers.flow.document.parts import LevelParts, Part, Parts, Reading
from workers.flow.document.roots import Roots
from workers.flow.problem import Place, Problems, quoted, suggestion

P = TypeVar("P", NodeElement, SequenceFlow, Association, Message, Error, Signal, Escalation)


@dataclass(slots=True)
class Level:
    """What stands directly in the process, or in the sub-process `owner`, and where it begins."""

    parts: LevelParts
    nodes: dict[str, Part[NodeElement]]
    whole: bool  # whether every node and flow is known, so that "nothing leads here" can be said
    catching_links: dict[str, str] = field(default_factory=dict)  # by name
    starts: tuple[str, ...] = ()
    event_starts: tuple[str, ...] = ()
    event_sub_processes: tuple[str, ...] = ()

    @property
    def owner(self) -> str | None:
        return self.parts.owner


@dataclass(slots=True)
class Structure:
    """The parts of a definition by id, and what each node has around it in order of definition."""

    nodes: dict[str, Part[NodeElement]] = field(default_factory=dict)
    flows: dict[str, Part[SequenceFlow]] = field(default_factory=dict)
    roots: Roots = field(default_factory=Roots)
    levels: dict[str | None, Level] = field(default_factory=dict)
    level_of: dict[str, Level] = field(default_factory=dict)  # by node
    incoming: dict[str, list[Part[SequenceFlow]]] = field(default_factory=lambda: defaultdict(list))
    outgoing: dict[str, list[Part[SequenceFlow]]] = field(default_factory=lambda: defaultdict(list))
    boundaries: dict[str, list[Part[BoundaryEvent]]] = field(default_factory=lambda: defaultdict(list))
    handlers: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # by boundary event
    compensable: set[str] = field(default_factory=set)  # activities that are undone, or something in them
    led_to: set[str] = field(default_factory=set)  # what associations name as their target, rightly or not

    def around(self, node_id: str) -> Iterator[str]:
        """The sub-processes that a node stands in, from the inside out."""
        owner = self.level_of[node_id].owner
        while owner is not None and owner in self.level_of:
            yield owner
            owner = self.level_of[owner].owner

    def onward(self, node_id: str) -> list[str]:
        """The nodes that a token can reach from a node by one step, its boundary events among them."""
        flows = (part.value.target_ref for part in self.outgoing[node_id])
        return [*flows, *(part.value.id for part in self.boundaries[node_id])]

    def handler_of(self, activity_id: str) -> str | None:
        """The activity that undoes another one."""
        events = (part.value for part in self.boundaries[activity_id])
        undoing = (node.id for node in events if isinstance(node.event, CompensationCatch))
        return next((handler for id_ in undoing for handler in self.handlers[id_]), None)


def connect(reading: Reading, problems: Problems) -> Structure:
    """Connect the parts; duplicate ids and loose ends are reported."""
    connector = _Connector(reading, problems)
    connector.collect()
    for level in connector.structure.levels.values():
        connector.connect_flows(level)
        connector.attach(level)
        connector.link(level)
        connector.associate(level)
        connector.find_starts(level)
    return connector.structure


class _Connector:
    def __init__(self, reading: Reading, problems: Problems) -> None:
        self.reading = reading
        self.problems = problems
        self.structure = Structure()
        self.elements: dict[str, str] = {}  # the kinds of nodes, flows and associations by id
        nodes = [level.nodes for level in reading.levels]
        self.unread = frozenset().union(*(parts.unread for parts in nodes))
        self.complete = all(parts.complete for parts in nodes)

    def collect(self) -> None:
        found, reading = self.structure, self.reading
        for parts in reading.levels:
            owner = parts.owner
            if owner in found.levels or not (owner is None or owner in found.nodes or owner in self.unread):
                continue  # its sub-process, or one around it, has the id of another
            whole = parts.nodes.complete and parts.flows.whole
            level = Level(parts, self._by_id(parts.nodes, "node", self.elements), whole)
            found.levels[owner] = level
            found.nodes |= level.nodes
            found.level_of |= dict.fromkeys(level.nodes, level)
        found.roots = Roots(
            self._by_id(reading.messages, "message", {}),
            self._by_id(reading.errors, "error", {}),
            self._by_id(reading.signals, "signal", {}),
            self._by_id(reading.escalations, "escalation", {}),
        )

    def _by_id(self, parts: Parts[P], kind: str, taken: dict[str, str]) -> dict[str, Part[P]]:
        return {part.value.id: part for part in parts.read if self._is_new(part, kind, taken)}

    def _is_new(self, part: Part[Any], kind: str, taken: dict[str, str]) -> bool:
        id_ = part.value.id
        if id_ in taken:
            message = f"The id {quoted(id_)} is already that of another {taken[id_]}; ids must differ."
            part.place.at("id").error("DUPLICATE_ID", message)
            return False
        taken[id_] = kind
        return True

    def connect_flows(self, level: Level) -> None:
        found = self.structure
        for part in level.parts.flows.read:
            if not self._is_new(part, "sequence flow", self.elements):
                continue
            flow = part.value
            ends = (
                ("sourceRef", flow.source_ref, found.outgoing),
                ("targetRef", flow.target_ref, found.incoming),
            )
            found.flows[flow.id] = part
            for name, node_id, flows in ends:
                if self._stands_in(level, part.place.at(name), node_id, "FLOW_CROSSES_SCOPE"):
                    flows[node_id].append(part)
                else:
                    level.whole = False

    def attach(self, level: Level) -> None:
        for part in level.nodes.values():
            if isinstance(part.value, BoundaryEvent):
                host = part.value.attached_to_ref
                if self._stands_in(level, part.place.at("attachedToRef"), host, "INVALID_ATTACHMENT"):
                    self.structure.boundaries[host].append(Part(part.place, part.value, part.damaged))
                else:
                    level.whole = False
                if isinstance(part.value.event, CompensationCatch):
                    self.structure.compensable |= {host, *self.structure.around(part.value.id)}
            elif isinstance(part.value, StartEvent) and isinstance(part.value.event, CompensationCatch):
                self.structure.compensable.update(self.structure.around(part.value.id))

    def link(self, level: Level) -> None:
        """Make a flow of each throwing link event; the catching event of a name is the first."""
        throws: list[tuple[Part[NodeElement], str]] = []
        for part in level.nodes.values():
            node = part.value
            if isinstance(node, IntermediateThrowEvent) and isinstance(node.event, Link):
                throws.append((part, node.event.name))
            elif isinstance(node, IntermediateCatchEvent) and isinstance(node.event, Link):
                first = level.catching_links.setdefault(node.event.name, node.id)
                if first != node.id:
                    message = f"{quoted(first)} is already where the link {quoted(node.event.name)} arrives."
                    part.place.at("event", "name").error("DUPLICATE_LINK", message)
        for part, name in throws:
            target = level.catching_links.get(name)
            if target is None:
                if level.parts.nodes.whole:
                    hint = suggestion(name, level.catching_links)
                    message = f"No event of this scope catches the link {quoted(name)}; {hint}"
                    part.place.at("event", "name").error("LINK_WITHOUT_CATCH", message)
                continue
            source = part.value.id
            flow = SequenceFlow.model_construct(id=f"link:{source}", source_ref=source, target_ref=target)
            way = Part(part.place, flow, part.damaged)
            if self._is_new(way, "sequence flow", self.elements):
                self.structure.flows[flow.id] = way
                self.structure.outgoing[source].append(way)
                self.structure.incoming[target].append(way)

    def associate(self, level: Level) -> None:
        """Note which activity undoes which."""
        for part in level.parts.associations.read:
            source, target = part.value.source_ref, part.value.target_ref
            self.structure.led_to.add(target)
            known = [
                self._stands_in(level, part.place.at("sourceRef"), source, "INVALID_ASSOCIATION"),
                self._stands_in(level, part.place.at("targetRef"), target, "INVALID_ASSOCIATION"),
            ]
            if not self._is_new(part, "association", self.elements) or not all(known):
                continue
            event, handler = level.nodes.get(source), level.nodes.get(target)
            if not event or not handler:
                continue  # one that could not be read
            node = event.value
            compensates = isinstance(node, BoundaryEvent) and isinstance(node.event, CompensationCatch)
            if not (compensates and is_handler(handler.value)):
                message = (
                    "An association leads from a compensation boundaryEvent to an activity with"
                    f" `isForCompensation`, and {quoted(part.value.id)} does not."
                )
                part.place.error("INVALID_ASSOCIATION", message)
            else:
                self.structure.handlers[source].append(target)

    def _stands_in(self, level: Level, place: Place, id_: str, code: str) -> bool:
        """Whether an id names a node of the level, or one that could not be read."""
        if id_ in level.nodes or id_ in level.parts.nodes.unread:
            return True
        if id_ in self.structure.nodes:
            message = f"{quoted(id_)} stands in another process or sub-process than this."
            place.error(code, message)
            return False
        if id_ in self.unread or not self.complete:
            return True
        if not self.problems.full:
            hint = suggestion(id_, level.nodes)
            place.error("UNKNOWN_REFERENCE", f"{quoted(id_)} names no node of this flow; {hint}")
        return False

    def find_starts(self, level: Level) -> None:
        """Note where the level begins: at its start events, or else wherever nothing leads."""
        nodes = [part.value for part in level.nodes.values()]
        starts = [node for node in nodes if isinstance(node, StartEvent)]
        at_top = level.owner is None
        level.event_sub_processes = tuple(node.id for node in nodes if is_event_sub_process(node))
        level.event_starts = tuple(node.id for node in starts if at_top and node.event)
        if starts:
            level.starts = tuple(node.id for node in starts if not at_top or not node.event)
        else:
            level.starts = tuple(node.id for node in nodes if self._begins(node))

    def _begins(self, node: NodeElement) -> bool:
        caught = isinstance(node, IntermediateCatchEvent) and isinstance(node.event, Link)
        waits = isinstance(node, BoundaryEvent) or caught or is_handler(node) or is_event_sub_process(node)
        return not waits and not self.structure.incoming[node.id]
