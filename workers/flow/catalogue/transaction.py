"""transaction: a sub-process that can be cancelled."""

from typing import Literal

from workers.flow.catalogue.bpmn import BpmnNode
from workers.flow.catalogue.node_type import NodeType, no_details, unknown
from workers.flow.document.activity import Activity, MappedActivity
from workers.flow.document.definition import Level


class Transaction(MappedActivity, Level):
    """A sub-process that can be cancelled.

    A cancel end event in it undoes what was completed, and the token goes on at its cancel boundary event.
    """

    type: Literal["transaction"]

    refused = Activity.refused | {"triggeredByEvent"}


TRANSACTION = NodeType(
    model=Transaction,
    title="Transaction",
    group="Parts and calls",
    icon="bpmn-icon-transaction",
    details=no_details,
    gives=unknown,
    bpmn=BpmnNode(tag="transaction"),
    rules="""\
- Cancelled, it ends what still runs in it, undoes what was completed (the last first), and goes on at its
  cancel boundary event; without one it is the incident `UNCAUGHT_CANCEL`.""",
)
