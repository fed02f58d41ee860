"""exclusiveGateway: one way of several."""

from typing import Literal

from workers.flow.catalogue.bpmn import BpmnNode
from workers.flow.catalogue.node_type import NodeType, no_details
from workers.flow.document.element import NodeElement


class ExclusiveGateway(NodeElement):
    """Takes the first flow whose condition is true, in order of definition, else its `default`.

    Without either it is an incident. Every token that comes is passed on.
    """

    type: Literal["exclusiveGateway"]
    default: str | None = None
    """The id of the outgoing flow that is taken when no condition is true."""

    refused = NodeElement.refused - {"default"}


EXCLUSIVE_GATEWAY = NodeType(
    model=ExclusiveGateway,
    title="Exclusive gateway",
    group="Gateways",
    icon="bpmn-icon-gateway-xor",
    mark="✕",
    details=no_details,
    bpmn=BpmnNode(tag="exclusiveGateway"),
    rules="""\
- With several outgoing flows each has a condition or is the default (`CONDITION_MISSING`).
- Neither a true condition nor a default: the incident `NO_FLOW_TO_TAKE`.
- It never waits: each token that arrives goes on.""",
)
