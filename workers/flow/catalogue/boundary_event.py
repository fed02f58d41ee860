"""boundaryEvent: an event at an activity."""

from typing import Annotated, Literal

from pydantic import Field

from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.source import Json, titled
from workers.flow.bpmn.writing import Elements, Writing
from workers.flow.catalogue.bpmn import BpmnNode
from workers.flow.catalogue.events import event_details, event_names
from workers.flow.catalogue.events.cancel import Cancel
from workers.flow.catalogue.events.compensation import CompensationCatch
from workers.flow.catalogue.events.conditional import Conditional
from workers.flow.catalogue.events.error import ErrorCatch
from workers.flow.catalogue.events.escalation import EscalationCatch
from workers.flow.catalogue.events.message import MessageCatch
from workers.flow.catalogue.events.signal import SignalEvent
from workers.flow.catalogue.events.timer import CyclicTimer
from workers.flow.catalogue.node_type import NodeType
from workers.flow.document.event import Event
from workers.flow.document.names import Names
from workers.flow.document.roots import Roots


class BoundaryEvent(Event):
    """Waits while an activity runs: interrupting, it ends the activity; otherwise it adds a token."""

    type: Literal["boundaryEvent"]
    attached_to_ref: str
    """The id of the activity, in the same process or sub-process."""
    cancel_activity: bool = True
    """Whether the event ends the activity. Error, compensation and cancel leave no choice."""
    event: Annotated[
        ErrorCatch
        | CyclicTimer
        | MessageCatch
        | SignalEvent
        | EscalationCatch
        | Conditional
        | CompensationCatch
        | Cancel,
        Field(discriminator="type"),
    ]
    """What is waited for."""


def _caught(node: BoundaryEvent, roots: Roots) -> Names:
    """The names in a message's data; those in what an error or an escalation brings cannot be known."""
    return event_names(node, roots) if isinstance(node.event, MessageCatch) else None


def _read(extensions: Extensions, node: Json) -> Json:
    found = extensions.reference("attachedToRef")
    if not found:
        message = f"The {titled(extensions.element)} is attached to nothing (`attachedToRef`)."
        extensions.place.error("MISSING_REFERENCE", message)
    return found if _undoes(node) else found | extensions.flag("cancelActivity", default=True)


def _write(writing: Writing) -> Elements:
    writing.reference("attachedToRef", "nodes")
    if not _undoes(writing.rest):
        writing.flag("cancelActivity", value=False)
    return []


def _undoes(node: Json) -> bool:
    """Whether it catches compensation, which leaves no choice."""
    event = node.get("event")
    return isinstance(event, dict) and event.get("type") == "compensation"


BOUNDARY_EVENT = NodeType(
    model=BoundaryEvent,
    title="Boundary event",
    group="Events",
    icon="bpmn-icon-intermediate-event-none",
    event_icons="bpmn-icon-intermediate-event-catch-",
    details=event_details,
    gives=_caught,
    sets=event_names,
    bpmn=BpmnNode(tag="boundaryEvent", read=_read, write=_write),
    rules="""\
- Attached to an activity of the same scope (`INVALID_ATTACHMENT`); no sequence flow leads to it
  (`BOUNDARY_WITH_INCOMING`).
- What it waits for is armed when the token enters the activity, and dropped when that is left.
- Without an outgoing flow its token ends there.""",
)
