"""Rules of events: where one may stand, what it may be attached to, and which catch would shadow another."""

from collections.abc import Iterable, Iterator

from workers.flow.catalogue.boundary_event import BoundaryEvent
from workers.flow.catalogue.end_event import EndEvent
from workers.flow.catalogue.events.cancel import Cancel
from workers.flow.catalogue.events.compensation import CompensationCatch, CompensationThrow
from workers.flow.catalogue.events.conditional import Conditional
from workers.flow.catalogue.events.error import ErrorCatch
from workers.flow.catalogue.events.escalation import EscalationCatch
from workers.flow.catalogue.events.link import Link
from workers.flow.catalogue.events.message import MessageCatch
from workers.flow.catalogue.events.timer import CyclicTimer
from workers.flow.catalogue.intermediate_throw_event import IntermediateThrowEvent
from workers.flow.catalogue.start_event import StartEvent
from workers.flow.catalogue.sub_process import SubProcess, is_event_sub_process
from workers.flow.catalogue.transaction import Transaction
from workers.flow.compiler.structure import Level, Structure
from workers.flow.document.activity import Activity, is_handler
from workers.flow.document.element import NodeElement
from workers.flow.document.event import EventDefinition
from workers.flow.document.parts import Part
from workers.flow.problem import Place, a, quoted, suggestion

#: Events that always interrupt, with the code of the refusal of anything else.
_ALWAYS_INTERRUPT: dict[type[EventDefinition], str] = {
    ErrorCatch: "NON_INTERRUPTING_ERROR",
    CompensationCatch: "NON_INTERRUPTING_COMPENSATION",
    Cancel: "NON_INTERRUPTING_CANCEL",
}
Caught = tuple[str, str | None]
"""What only one event in the same place may catch: the kind of event, with its code or name."""


def check_events(level: Level, structure: Structure) -> None:
    """Report events that cannot happen where they stand, or that another event shadows."""
    _check_starts(level, structure)
    for part in level.nodes.values():
        node = part.value
        if isinstance(node, BoundaryEvent):
            _check_boundary(part, node, level, structure)
        elif isinstance(node, EndEvent) and isinstance(node.event, Cancel):
            _check_cancel(part, level, structure)
        if isinstance(throw := getattr(node, "event", None), CompensationThrow) and throw.activity_ref:
            _check_undone(part, throw.activity_ref, level, structure)
        if is_event_sub_process(node) or is_handler(node):
            _check_apart(part, node, level, structure)
        _check_twice(
            _caught(structure.boundaries[node.id], structure), "DUPLICATE_BOUNDARY", f" on {quoted(node.id)}"
        )
    inner = [structure.levels[id_] for id_ in level.event_sub_processes if id_ in structure.levels]
    starts = (part for each in inner for part in _starts(each))
    _check_twice(_caught(starts, structure), "DUPLICATE_EVENT_SUB_PROCESS", " in this scope")
    _check_links(level)


def _starts(level: Level) -> list[Part[StartEvent]]:
    parts = level.nodes.values()
    return [
        Part(part.place, part.value, part.damaged) for part in parts if isinstance(part.value, StartEvent)
    ]


def _check_starts(level: Level, structure: Structure) -> None:
    starts = _starts(level)
    if level.owner is None:
        plain = [part for part in starts if part.value.event is None]
        _check_only_one(plain, "A flow has one startEvent without an event")
        _check_twice(_messages(starts, structure), "DUPLICATE_START", "")
    else:
        _check_only_one(starts, "A sub-process has one startEvent")
    owner = structure.nodes.get(level.owner) if level.owner is not None else None
    if owner and is_event_sub_process(owner.value) and not starts and level.parts.nodes.whole:
        message = f"The event sub-process {quoted(owner.value.id)} needs a startEvent with an event."
        owner.place.error("EVENT_SUB_PROCESS_START", message)
    if owner or level.owner is None:
        for part in starts:
            _check_start(part, part.value, owner.value if owner else None)


def _check_only_one(parts: list[Part[StartEvent]], what: str) -> None:
    for part in parts[1:]:
        message = f"{what}, and {quoted(parts[0].value.id)} is it already."
        part.place.error("MULTIPLE_START_EVENTS", message)


def _check_start(part: Part[NodeElement], node: StartEvent, owner: NodeElement | None) -> None:
    event, at_event = node.event, part.place.at("event")
    by_event = owner is not None and is_event_sub_process(owner)
    if not by_event and not node.is_interrupting:
        message = "Only the startEvent of an event sub-process interrupts anything, or not."
        part.place.at("isInterrupting").error("INVALID_VALUE", message)
    if owner is None and isinstance(event, Conditional):
        message = "A process is not started by a condition; supported is `message`, `timer` or `signal`."
        at_event.at("type").error("NOT_SUPPORTED", message)
    elif owner is None and isinstance(event, ErrorCatch | EscalationCatch | CompensationCatch):
        message = f"{a(event.type).capitalize()} event starts an event sub-process, and no process."
        at_event.at("type").error("START_EVENT_NOT_ALLOWED", message)
    elif by_event and event is None:
        if not part.damaged:
            message = "An event sub-process is started by an event: this startEvent needs one."
            part.place.error("START_WITHOUT_EVENT", message)
    elif owner is not None and not by_event and event is not None:
        message = (
            f"{quoted(owner.id)} starts when a token arrives: its startEvent has no event;"
            " only that of a sub-process with `triggeredByEvent` has one."
        )
        at_event.error("START_WITH_EVENT", message)
    elif event is not None and by_event:
        _check_interrupts(part, event, "isInterrupting", node.is_interrupting)


def _check_interrupts(part: Part[NodeElement], event: EventDefinition, name: str, interrupting: bool) -> None:
    code = _ALWAYS_INTERRUPT.get(type(event))
    if code and not interrupting:
        message = f"{a(event.type).capitalize()} event always interrupts: `{name}` must be true, or absent."
        part.place.at(name).error(code, message)
    if isinstance(event, CyclicTimer) and event.cycle is not None and interrupting:
        message = (
            f"An event that interrupts happens once, and a cycle again and again: set `{name}` to false."
        )
        part.place.at("event", "cycle").error("INVALID_TIMER", message)


def _check_boundary(part: Part[NodeElement], node: BoundaryEvent, level: Level, structure: Structure) -> None:
    _check_interrupts(part, node.event, "cancelActivity", node.cancel_activity)
    host = level.nodes.get(node.attached_to_ref)
    why = _not_attachable(host.value, node) if host else None
    if why:
        message = f"A boundaryEvent is attached to an activity; {quoted(node.attached_to_ref)} is {why}."
        part.place.at("attachedToRef").error("INVALID_ATTACHMENT", message)
    if isinstance(node.event, CompensationCatch):
        _check_undone_once(part, node, structure)
    if isinstance(node.event, CompensationCatch) and level.parts.associations.whole:
        handlers = len(structure.handlers[node.id])
        if handlers != 1 and not _badly_associated(node.id, level, structure):
            message = f"An association leads from it to the one activity that undoes; there are {handlers}."
            part.place.error("COMPENSATION_HANDLER", f"{quoted(node.id)} catches compensation. {message}")


def _check_undone_once(part: Part[NodeElement], node: BoundaryEvent, structure: Structure) -> None:
    """Check that a sub-process with a handler outside has none inside, because only one of them would run."""
    inside = structure.levels.get(node.attached_to_ref)
    for each in inside.event_sub_processes if inside else ():
        if _starts_with(each, CompensationCatch, structure):
            message = (
                f"{quoted(node.attached_to_ref)} is undone by {quoted(each)} inside it already: keep that,"
                f" or the boundaryEvent {quoted(node.id)}, as only one of them would run."
            )
            part.place.refuse("DUPLICATE_COMPENSATION", message)


def _not_attachable(host: NodeElement, node: BoundaryEvent) -> str | None:
    """Why an event may not be attached to a node; None if it may."""
    if not isinstance(host, Activity):
        return a(host.type)
    if is_event_sub_process(host):
        return "an event sub-process, which nothing is attached to"
    if is_handler(host):
        return "for compensation, and nothing is attached to that"
    if isinstance(node.event, Cancel) and not isinstance(host, Transaction):
        return f"{a(host.type)}, and only a transaction is cancelled"
    return None


def _badly_associated(event_id: str, level: Level, structure: Structure) -> bool:
    """Whether an association of the event was refused for itself."""
    made = sum(part.value.source_ref == event_id for part in level.parts.associations.read)
    return made != len(structure.handlers[event_id])


def _check_cancel(part: Part[NodeElement], level: Level, structure: Structure) -> None:
    owner = structure.nodes.get(level.owner) if level.owner is not None else None
    if level.owner is None or (owner and not isinstance(owner.value, Transaction)):
        message = "A cancel endEvent stands directly in the transaction that it cancels."
        part.place.at("event").error("CANCEL_OUTSIDE_TRANSACTION", message)


def _check_undone(part: Part[NodeElement], activity: str, level: Level, structure: Structure) -> None:
    """Check that an `activityRef` names an activity that the event can reach, and that can be compensated."""
    place = part.place.at("event", "activityRef")
    known = [level]
    while level.owner is not None and level.owner in structure.level_of:
        owner = structure.nodes[level.owner].value
        if not is_event_sub_process(owner) and not is_handler(owner):
            break
        level = structure.level_of[level.owner]
        known.append(level)
    if any(activity in each.parts.nodes.unread or not each.parts.nodes.complete for each in known):
        return
    if not any(activity in each.nodes for each in known):
        where = "stands in another scope" if activity in structure.nodes else "names no node of this flow"
        hint = suggestion(activity, [id_ for each in known for id_ in each.nodes])
        place.error("UNKNOWN_REFERENCE", f"{quoted(activity)} {where}; {hint}")
    elif activity not in structure.compensable:
        message = f"Nothing undoes {quoted(activity)}: it has no compensation boundaryEvent."
        place.error("NOT_COMPENSABLE", message)


def _check_apart(part: Part[NodeElement], node: NodeElement, level: Level, structure: Structure) -> None:
    """Check a part that no token reaches by a flow: an event sub-process, or a compensation handler."""
    if isinstance(node, SubProcess) and node.triggered_by_event:
        undoes = _starts_with(node.id, CompensationCatch, structure)
        # One that undoes the sub-process around it is for compensation, whether it says so or not.
        flagged = node.is_for_compensation and not undoes
        for name, wrong in (("loop", node.loop), ("isForCompensation", flagged)):
            if wrong:
                message = f"`{name}` is not supported on an event sub-process: its event starts it."
                part.place.at(name).error("NOT_SUPPORTED", message)
        if level.owner is None and undoes:
            message = "A process is never compensated itself: this works in a sub-process."
            part.place.error("START_EVENT_NOT_ALLOWED", message)
    elif level.parts.associations.whole and node.id not in structure.led_to:
        message = f"No association leads to {quoted(node.id)}, which is there for compensation."
        part.place.error("UNREACHABLE_NODE", message)


def _starts_with(sub_process: str, event: type[EventDefinition], structure: Structure) -> bool:
    level = structure.levels.get(sub_process)
    return level is not None and any(isinstance(part.value.event, event) for part in _starts(level))


def _caught(
    parts: Iterable[Part[BoundaryEvent] | Part[StartEvent]], structure: Structure
) -> Iterator[tuple[Place, str, Caught]]:
    """What events catch that nothing else may catch in the same place, with their places and ids."""
    for part in parts:
        event = part.value.event
        code: str | None = None
        match event:
            case ErrorCatch():
                code = structure.roots.error_code(event.error_ref)
                known = event.error_ref is None or code is not None
            case EscalationCatch():
                code = structure.roots.escalation_code(event.escalation_ref)
                known = event.escalation_ref is None or code is not None
            case _:
                known = isinstance(event, CompensationCatch | Cancel)
        if known and event and not part.damaged:
            yield part.place, part.value.id, (event.type, code)


def _messages(parts: Iterable[Part[StartEvent]], structure: Structure) -> Iterator[tuple[Place, str, Caught]]:
    """The names of the messages that start a process."""
    for part in parts:
        event = part.value.event
        message = structure.roots.messages.get(event.message_ref) if isinstance(event, MessageCatch) else None
        if message:
            yield part.place, part.value.id, ("message", message.value.name or message.value.id)


def _check_twice(found: Iterator[tuple[Place, str, Caught]], problem: str, where: str) -> None:
    first: dict[Caught, str] = {}
    for place, id_, caught in found:
        if caught in first:
            kind, code = caught
            what = f"every {kind}" if code is None else f"the {kind} {quoted(code)}"
            message = f"{quoted(first[caught])}{where} already catches {what}."
            place.at("event").error(problem, message)
        first.setdefault(caught, id_)


def _check_links(level: Level) -> None:
    thrown = {
        node.event.name
        for part in level.nodes.values()
        if isinstance(node := part.value, IntermediateThrowEvent) and isinstance(node.event, Link)
    }
    for name, id_ in level.catching_links.items():
        if name not in thrown and level.parts.nodes.whole:
            message = (
                f"Nothing leads to {quoted(id_)}: no event of this scope throws the link {quoted(name)}."
            )
            level.nodes[id_].place.at("event", "name").warn("LINK_WITHOUT_THROW", message)
