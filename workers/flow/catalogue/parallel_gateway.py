"""parallelGateway: all ways at once."""

from typing import Literal

from workers.flow.catalogue.bpmn import BpmnNode
from workers.flow.catalogue.node_type import NodeType, no_details
from workers.flow.document.element import NodeElement


class ParallelGateway(NodeElement):
    """Waits for one token of each incoming flow, then sends one along each outgoing flow."""

    type: Literal["parallelGateway"]


PARALLEL_GATEWAY = NodeType(
    model=ParallelGateway,
    title="Parallel gateway",
    group="Gateways",
    icon="bpmn-icon-gateway-parallel",
    mark="✚",
    details=no_details,
    bpmn=BpmnNode(tag="parallelGateway"),
    rules="""\
- Takes exactly one token from each incoming flow; what is over stays for the next time.
- Its flows have no conditions (`CONDITION_NOT_ALLOWED`).
- A join that can never fire, because nothing else is left that moves or waits, is the incident
  `JOIN_NEVER_FIRES`.""",
)
