"""inclusiveGateway: each way that is open."""

from typing import Literal

from workers.flow.catalogue.bpmn import BpmnNode
from workers.flow.catalogue.node_type import NodeType, no_details
from workers.flow.document.element import NodeElement


class InclusiveGateway(NodeElement):
    """Takes every flow whose condition is true or absent, and its `default` if no condition is true.

    Before that it waits for each token that can still arrive.
    """

    type: Literal["inclusiveGateway"]
    default: str | None = None
    """The id of the outgoing flow that is taken when no condition is true."""

    refused = NodeElement.refused - {"default"}


INCLUSIVE_GATEWAY = NodeType(
    model=InclusiveGateway,
    title="Inclusive gateway",
    group="Gateways",
    icon="bpmn-icon-gateway-or",
    details=no_details,
    bpmn=BpmnNode(tag="inclusiveGateway"),
)
