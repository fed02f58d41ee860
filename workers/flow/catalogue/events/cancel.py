"""Cancel events."""

from typing import Literal

from workers.flow import graph
from workers.flow.catalogue.bpmn import BpmnEvent
from workers.flow.catalogue.event_type import EventType
from workers.flow.document.event import EventDefinition
from workers.flow.document.properties import Properties


class Cancel(EventDefinition):
    """At an end event: cancels the transaction around it. At a transaction's boundary: catches that."""

    type: Literal["cancel"]


def _details(_of: Properties, _event: Cancel) -> graph.CancelEvent:
    return graph.CancelEvent()


CANCEL = EventType(
    models=(Cancel,),
    title="Cancel",
    icon="cancel",
    mark="✖",
    details=_details,
    bpmn=BpmnEvent(tag="cancelEventDefinition"),
    rules={
        "endEvent": """\
- Stands directly in a transaction (`CANCEL_OUTSIDE_TRANSACTION`).""",
        "boundaryEvent": """\
- Only on a transaction (`INVALID_ATTACHMENT`).""",
    },
)
