"""intermediateThrowEvent: throws an event."""

from typing import Annotated, Literal

from pydantic import Field

from workers.flow.catalogue.bpmn import BpmnNode
from workers.flow.catalogue.events import event_details
from workers.flow.catalogue.events.compensation import CompensationThrow
from workers.flow.catalogue.events.escalation import EscalationThrow
from workers.flow.catalogue.events.link import Link
from workers.flow.catalogue.events.message import MessageThrow
from workers.flow.catalogue.events.signal import SignalEvent
from workers.flow.catalogue.node_type import NodeType
from workers.flow.document.event import Event


class IntermediateThrowEvent(Event):
    """Throws its event and passes the token on; without an `event` it only passes it on."""

    type: Literal["intermediateThrowEvent"]
    event: (
        Annotated[
            MessageThrow | SignalEvent | EscalationThrow | CompensationThrow | Link,
            Field(discriminator="type"),
        ]
        | None
    ) = None
    """What is thrown."""


INTERMEDIATE_THROW_EVENT = NodeType(
    model=IntermediateThrowEvent,
    title="Throw event",
    group="Events",
    icon="bpmn-icon-intermediate-event-none",
    event_icons="bpmn-icon-intermediate-event-throw-",
    details=event_details,
    bpmn=BpmnNode(tag="intermediateThrowEvent"),
)
