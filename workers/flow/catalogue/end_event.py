"""endEvent: where a token ends."""

from typing import Annotated, Literal

from pydantic import Field

from workers.flow.catalogue.bpmn import BpmnNode
from workers.flow.catalogue.events import event_details
from workers.flow.catalogue.events.cancel import Cancel
from workers.flow.catalogue.events.compensation import CompensationThrow
from workers.flow.catalogue.events.error import ErrorThrow
from workers.flow.catalogue.events.escalation import EscalationThrow
from workers.flow.catalogue.events.message import MessageThrow
from workers.flow.catalogue.events.signal import SignalEvent
from workers.flow.catalogue.events.terminate import Terminate
from workers.flow.catalogue.node_type import Codes, NodeType
from workers.flow.document.event import Event
from workers.flow.document.roots import Roots


class EndEvent(Event):
    """Where a token ends. The process or sub-process ends when no token is left in it."""

    type: Literal["endEvent"]
    event: (
        Annotated[
            ErrorThrow
            | EscalationThrow
            | SignalEvent
            | MessageThrow
            | Terminate
            | CompensationThrow
            | Cancel,
            Field(discriminator="type"),
        ]
        | None
    ) = None
    """What is thrown; without it nothing is."""


def _errors(node: EndEvent, roots: Roots) -> Codes:
    if not isinstance(node.event, ErrorThrow):
        return set()
    error = roots.errors.get(node.event.error_ref)
    return None if error and error.damaged else {roots.error_code(node.event.error_ref)}


END_EVENT = NodeType(
    model=EndEvent,
    title="End event",
    group="Events",
    icon="bpmn-icon-end-event-none",
    event_icons="bpmn-icon-end-event-",
    details=event_details,
    errors=_errors,
    bpmn=BpmnNode(tag="endEvent"),
    rules="""\
- No sequence flow leaves it (`END_WITH_OUTGOING`).
- An instance is completed when no token is left in it, so several ends are reached independently.""",
)
