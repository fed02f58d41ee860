"""intermediateCatchEvent: waits for an event."""

from typing import Annotated, Literal

from pydantic import Field

from workers.flow.catalogue.bpmn import BpmnNode
from workers.flow.catalogue.events import event_details, event_names
from workers.flow.catalogue.events.conditional import Conditional
from workers.flow.catalogue.events.link import Link
from workers.flow.catalogue.events.message import MessageCatch
from workers.flow.catalogue.events.signal import SignalEvent
from workers.flow.catalogue.events.timer import Timer
from workers.flow.catalogue.node_type import NodeType
from workers.flow.document.event import Event


class IntermediateCatchEvent(Event):
    """Holds a token until its event happens, or is where a link arrives."""

    type: Literal["intermediateCatchEvent"]
    event: Annotated[MessageCatch | Timer | SignalEvent | Conditional | Link, Field(discriminator="type")]
    """What is waited for."""


INTERMEDIATE_CATCH_EVENT = NodeType(
    model=IntermediateCatchEvent,
    title="Catch event",
    group="Events",
    icon="bpmn-icon-intermediate-event-none",
    event_icons="bpmn-icon-intermediate-event-catch-",
    details=event_details,
    gives=event_names,
    sets=event_names,
    bpmn=BpmnNode(tag="intermediateCatchEvent"),
)
