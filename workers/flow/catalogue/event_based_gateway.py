"""eventBasedGateway: the way whose event happens first."""

from typing import Literal

from workers.flow.catalogue.bpmn import BpmnNode
from workers.flow.catalogue.node_type import NodeType, no_details
from workers.flow.document.element import NodeElement


class EventBasedGateway(NodeElement):
    """Waits for the first of the events that its flows lead to.

    The token goes on there, the others are dropped.
    """

    type: Literal["eventBasedGateway"]


EVENT_BASED_GATEWAY = NodeType(
    model=EventBasedGateway,
    title="Event-based gateway",
    group="Gateways",
    icon="bpmn-icon-gateway-eventbased",
    mark="⬠",
    details=no_details,
    bpmn=BpmnNode(tag="eventBasedGateway"),
    rules="""\
- Each flow leads to an intermediate catch event (no link) or a receive task without boundary events, which
  has no other incoming flow (`EVENT_GATEWAY_TARGET`).""",
)
