"""Events that are told apart by a code: errors and escalations."""

from collections.abc import Callable

from workers.flow.bpmn.events import EventElement
from workers.flow.bpmn.source import Json, Reading, titled
from workers.flow.bpmn.xml import Element
from workers.flow.problem import quoted


def read_coded(event: EventElement, kind: str, code: Callable[[Reading, Element], str | None]) -> Json:
    """Read an error or an escalation: one that is caught without a code is caught whatever its code is."""
    name = f"{kind}Ref"
    reference = event.referred(name)
    if reference is None:
        if not event.catching:
            message = f"The {titled(event.node)} throws no {kind}: it needs `{name}`."
            event.place.error("MISSING_REFERENCE", message)
        return {}
    target = event.reading.source.target(event.definition, reference)
    if target is not None and target.local == kind and code(event.reading, target) is None:
        if not event.catching:
            message = f"The {kind} {quoted(reference)} has no code, so nothing could tell it from others."
            event.place.error("MISSING_PROPERTY", message)
        return {}
    return {name: event.known(kind, reference)}
