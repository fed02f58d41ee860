"""Terminate events."""

from typing import Literal

from workers.flow import graph
from workers.flow.catalogue.bpmn import BpmnEvent
from workers.flow.catalogue.event_type import EventType
from workers.flow.document.event import EventDefinition
from workers.flow.document.properties import Properties


class Terminate(EventDefinition):
    """Ends everything else in its scope."""

    type: Literal["terminate"]


def _details(_of: Properties, _event: Terminate) -> graph.TerminateEvent:
    return graph.TerminateEvent()


TERMINATE = EventType(
    models=(Terminate,),
    title="Terminate",
    icon="terminate",
    mark="⬤",
    details=_details,
    bpmn=BpmnEvent(tag="terminateEventDefinition"),
    rules={
        "endEvent": """\
- In a sub-process it ends the sub-process, and the token goes on behind it; called instances end too.""",
    },
)
