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
    mark="○",
    details=no_details,
    bpmn=BpmnNode(tag="inclusiveGateway"),
    rules="""\
- As a join it fires when some incoming flow has a token, and every token that could still reach an empty one
  could reach one with a token too (BPMN 2.0.2, 13.4.3). A boundary event that does not interrupt is no way
  for the token of its activity, which stays there.
- `default` gets a token if no condition is true, a flow without a condition in any case
  (`DEFAULT_BESIDE_UNCONDITIONAL`).
- Neither a true condition nor a default: the incident `NO_FLOW_TO_TAKE`.""",
)
