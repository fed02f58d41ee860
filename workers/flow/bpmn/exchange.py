"""Message flows between the pools of one file: both ends get the same message."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from workers.flow.bpmn.pool_message import pool_message
from workers.flow.bpmn.source import Source, titled
from workers.flow.bpmn.vocabulary import EVENTS, FLOW_NODES, MODEL
from workers.flow.bpmn.xml import Element
from workers.flow.problem import Severity, quoted


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a message flow, at one of its ends."""

    node: Element
    code: str
    message: str
    severity: Severity


@dataclass(slots=True)
class Exchange:
    """What the message flows of a file mean for the nodes at their ends."""

    messages: dict[str, str] = field(default_factory=dict)
    """Message id by the XML id of a node that names none itself."""
    made: dict[str, str] = field(default_factory=dict)
    """The names of messages that only message flows give, by id."""
    findings: list[Finding] = field(default_factory=list)


def read_exchange(source: Source) -> Exchange:
    """Find the message of each node at the end of a message flow.

    Nodes that message flows tie together, directly or through others, share a message: the one that any of
    them or of the flows names, or else one that has the id of the first flow and a name that no other file
    has. A message flow with a pool at one end says nothing new, unless it names a message itself.
    """
    exchange = Exchange()
    flows = [
        flow
        for collaboration in source.root.children(MODEL, "collaboration")
        for flow in collaboration.children(MODEL, "messageFlow")
    ]
    groups = _Groups()
    for flow in flows:
        ends = [
            _end(source, exchange, flow, "sourceRef", _sends),
            _end(source, exchange, flow, "targetRef", _receives),
        ]
        nodes = [end for end in ends if end is not None]
        if len(nodes) == 2 or (nodes and flow.get("messageRef")):
            groups.join(flow, nodes)
    for nodes, group_flows in groups.parts():
        _settle(source, exchange, nodes, group_flows)
    return exchange


def _end(
    source: Source, exchange: Exchange, flow: Element, name: str, fits: Callable[[Source, Element], bool]
) -> Element | None:
    """The node at an end of a message flow, if it can send or receive; a pool is none."""
    node = source.target(flow, flow.get(name))
    if node is None or node.local not in FLOW_NODES:
        return None
    if fits(source, node):
        return node
    verb = "sends" if name == "sourceRef" else "receives"
    message = (
        f"The message flow {quoted(flow.get('id') or '')} is not used: the {titled(node)} {verb} nothing."
    )
    exchange.findings.append(Finding(node, "MESSAGE_FLOW_IGNORED", message, "warning"))
    return None


def _sends(source: Source, node: Element) -> bool:
    catching = node.local in {"startEvent", "intermediateCatchEvent", "boundaryEvent"}
    return node.local == "sendTask" or (not catching and _definition(source, node) is not None)


def _receives(source: Source, node: Element) -> bool:
    throwing = node.local in {"endEvent", "intermediateThrowEvent"}
    return node.local == "receiveTask" or (not throwing and _definition(source, node) is not None)


def _definition(source: Source, node: Element) -> Element | None:
    """The message event definition of an event."""
    if node.local not in EVENTS:
        return None
    found = [*node.children(MODEL, "messageEventDefinition")]
    for reference in node.children(MODEL, "eventDefinitionRef"):
        target = source.target(reference, reference.text)
        if target is not None and target.local == "messageEventDefinition":
            found.append(target)
    return found[0] if found else None


def _settle(source: Source, exchange: Exchange, nodes: list[Element], flows: list[Element]) -> None:
    holders = [(node, _definition(source, node) or node) for node in nodes]
    named = [source.target(holder, holder.get("messageRef")) for _, holder in holders]
    named += [source.target(flow, flow.get("messageRef")) for flow in flows]
    messages = [message for message in named if message is not None and message.local == "message"]
    names = {message.get("name") or source.id_of(message) or "" for message in messages}
    if len(names) > 1:
        words = ", ".join(quoted(name) for name in sorted(names))
        message = f"A message flow joins nodes whose messages have different names: {words}."
        for node in nodes:
            exchange.findings.append(Finding(node, "MESSAGE_MISMATCH", message, "error"))
        return
    known = (source.id_of(messages[0]) or "") if messages else _made(source, exchange, flows[0])
    for node, holder in holders:
        if not holder.get("messageRef"):
            exchange.messages[node.get("id") or ""] = known


def _made(source: Source, exchange: Exchange, flow: Element) -> str:
    """The id of the message that a message flow gives, which has no name of its own."""
    id_ = flow.get("id") or ""
    if not id_ or id_ in exchange.made:
        id_ = f"{flow.get('sourceRef')}-{flow.get('targetRef')}"
    processes = [source.id_of(process) or "" for process in source.root.children(MODEL, "process")]
    exchange.made[id_] = pool_message(processes, id_)
    return id_


class _Groups:
    """Nodes and the flows that tie them together."""

    def __init__(self) -> None:
        self._first: dict[Element, Element] = {}
        self._flows: list[tuple[Element, Element]] = []

    def join(self, flow: Element, nodes: list[Element]) -> None:
        firsts = [self._find(node) for node in nodes]
        self._first[firsts[-1]] = firsts[0]
        self._flows.append((flow, nodes[0]))

    def parts(self) -> list[tuple[list[Element], list[Element]]]:
        nodes: dict[Element, list[Element]] = defaultdict(list)
        flows: dict[Element, list[Element]] = defaultdict(list)
        for node in list(self._first):
            nodes[self._find(node)].append(node)
        for flow, node in self._flows:
            flows[self._find(node)].append(flow)
        return [(nodes[first], flows[first]) for first in nodes]

    def _find(self, node: Element) -> Element:
        """The node that stands for all that are tied to this one."""
        path = [node]
        while (above := self._first.setdefault(path[-1], path[-1])) is not path[-1]:
            path.append(above)
        for each in path:
            self._first[each] = path[-1]
        return path[-1]
