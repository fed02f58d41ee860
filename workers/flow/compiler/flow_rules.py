"""Rules of sequence flows and gateways: paths that no token can take, or not as drawn."""

from workers.flow.catalogue.boundary_event import BoundaryEvent
from workers.flow.catalogue.end_event import EndEvent
from workers.flow.catalogue.event_based_gateway import EventBasedGateway
from workers.flow.catalogue.events.compensation import CompensationCatch
from workers.flow.catalogue.events.link import Link
from workers.flow.catalogue.exclusive_gateway import ExclusiveGateway
from workers.flow.catalogue.inclusive_gateway import InclusiveGateway
from workers.flow.catalogue.intermediate_catch_event import IntermediateCatchEvent
from workers.flow.catalogue.intermediate_throw_event import IntermediateThrowEvent
from workers.flow.catalogue.parallel_gateway import ParallelGateway
from workers.flow.catalogue.receive_task import ReceiveTask
from workers.flow.catalogue.start_event import StartEvent
from workers.flow.catalogue.sub_process import is_event_sub_process
from workers.flow.compiler.structure import Level, Structure
from workers.flow.document.activity import Activity, is_handler
from workers.flow.document.element import NodeElement
from workers.flow.document.parts import Part
from workers.flow.problem import a, choice, quoted

GATEWAYS = (ExclusiveGateway, InclusiveGateway, ParallelGateway, EventBasedGateway)
CHOOSING = (Activity, ExclusiveGateway, InclusiveGateway)


def check_flows(level: Level, structure: Structure) -> None:
    """Report misplaced flows, wrong defaults and conditions, broken gateways and lost nodes."""
    for part in level.nodes.values():
        _check_surroundings(part, structure)
        _check_default(part, level, structure)
        _check_conditions(part, structure)
        if isinstance(part.value, EventBasedGateway):
            _check_events_behind(part, level, structure)
        elif isinstance(part.value, GATEWAYS) and level.whole:
            _check_gateway(part, structure)
    if level.whole:
        _check_begin(level)
        _check_reach(level, structure)


def _check_surroundings(part: Part[NodeElement], structure: Structure) -> None:
    node = part.value
    into, out_of = _forbidden(node)
    ways = (
        (into, structure.incoming, "leads to"),
        (out_of, structure.outgoing, "leaves"),
    )
    for code, flows, verb in ways:
        for flow in flows[node.id] if code else ():
            if code and not flow.value.id.startswith("link:"):
                what = f"The sequence flow {quoted(flow.value.id)} {verb} the {node.type} {quoted(node.id)}"
                flow.place.of(node.id).error(code, f"{what}, which can have none.")


def _forbidden(node: NodeElement) -> tuple[str | None, str | None]:
    """The codes for a flow that may not lead to a node, and for one that may not leave it, or None."""
    if is_event_sub_process(node):
        return "EVENT_SUB_PROCESS_WITH_FLOW", "EVENT_SUB_PROCESS_WITH_FLOW"
    if is_handler(node):
        return "HANDLER_WITH_FLOW", "HANDLER_WITH_FLOW"
    match node:
        case StartEvent():
            return "START_WITH_INCOMING", None
        case EndEvent():
            return None, "END_WITH_OUTGOING"
        case BoundaryEvent():
            undoes = isinstance(node.event, CompensationCatch)
            return "BOUNDARY_WITH_INCOMING", "COMPENSATION_WITH_OUTGOING" if undoes else None
        case IntermediateCatchEvent(event=Link()):
            return "LINK_WITH_INCOMING", None
        case IntermediateThrowEvent(event=Link()):
            return None, "LINK_WITH_OUTGOING"
    return None, None


def _check_default(part: Part[NodeElement], level: Level, structure: Structure) -> None:
    node, flows = part.value, level.parts.flows
    default = getattr(node, "default", None)
    if default is None or default in flows.unread or not flows.complete:
        return
    leaving = {flow.value.id: flow for flow in structure.outgoing[node.id]}
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


def _check_conditions(part: Part[NodeElement], structure: Structure) -> None:
    node = part.value
    leaving = structure.outgoing[node.id]
    if not isinstance(node, CHOOSING):
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


def _check_gateway(part: Part[NodeElement], structure: Structure) -> None:
    node = part.value
    if not structure.incoming[node.id] and not structure.outgoing[node.id]:
        part.place.error("GATEWAY_WITHOUT_FLOWS", f"No sequence flow leads to or leaves {quoted(node.id)}.")


def _check_events_behind(part: Part[NodeElement], level: Level, structure: Structure) -> None:
    node = part.value
    leaving = structure.outgoing[node.id]
    if not leaving and level.whole:
        message = f"{quoted(node.id)} waits for the first of several events: a sequence flow leads to each."
        part.place.error("EVENT_GATEWAY_TARGET", message)
    for flow in leaving:
        target = level.nodes.get(flow.value.target_ref)
        why = _unfit(target.value, structure) if target else None
        if why:
            message = (
                f"The eventBasedGateway {quoted(node.id)} leads to {quoted(flow.value.target_ref)}, {why}."
            )
            flow.place.of(node.id).error("EVENT_GATEWAY_TARGET", message)


def _unfit(target: NodeElement, structure: Structure) -> str | None:
    """Why a node cannot stand behind an event-based gateway."""
    if len(structure.incoming[target.id]) > 1:
        return "which other sequence flows lead to as well"
    match target:
        case IntermediateCatchEvent(event=Link()):
            return "which is a link: no event can happen there"
        case IntermediateCatchEvent():
            return None
        case ReceiveTask() if structure.boundaries[target.id]:
            return "a receiveTask that has boundary events"
        case ReceiveTask() if target.loop:
            return "a receiveTask that is repeated"
        case ReceiveTask():
            return None
    return f"{a(target.type)}: it takes an intermediateCatchEvent or a receiveTask"


def _check_begin(level: Level) -> None:
    if level.starts or level.event_starts or level.parts.nodes.unread:
        return
    place = level.parts.place
    if any(not _stands_apart(part.value) for part in level.nodes.values()):
        place.error("NO_START", "Each node has an incoming sequence flow: add a startEvent to begin at.")
    elif level.nodes:
        place.warn("NOTHING_BEGINS", "There is no node to begin at, so this is over as soon as it begins.")
    elif level.owner is None:
        place.error("NO_NODES", "A flow is made of at least one node.")


def _check_reach(level: Level, structure: Structure) -> None:
    """Report the nodes that no token can reach. A node that could not be read counts as reached."""
    if not (level.starts or level.event_starts):
        return
    begins = [*level.starts, *level.event_starts]
    # What nothing leads to and nothing can is told of as what it is.
    apart = [id_ for id_, part in level.nodes.items() if _stands_apart(part.value)]
    left = [*begins, *apart, *level.parts.nodes.unread]
    reached = set(left)
    while left:
        onward = structure.onward(left.pop())
        left.extend(each for each in onward if each not in reached)
        reached.update(onward)
    for id_, part in level.nodes.items():
        if id_ not in reached:
            part.place.error("UNREACHABLE_NODE", f"No path from the start leads to {quoted(id_)}.")


def _stands_apart(node: NodeElement) -> bool:
    """Whether no sequence flow ever leads to a node."""
    link = isinstance(node, IntermediateCatchEvent) and isinstance(node.event, Link)
    return link or isinstance(node, StartEvent) or is_handler(node) or is_event_sub_process(node)
