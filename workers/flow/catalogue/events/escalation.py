"""Escalation events."""

from typing import Literal

from workers.flow import graph
from workers.flow.bpmn.coded import read_coded
from workers.flow.bpmn.events import EventElement
from workers.flow.bpmn.roots import escalation_code
from workers.flow.bpmn.source import Json
from workers.flow.bpmn.writing import Elements, Writing
from workers.flow.catalogue.bpmn import BpmnEvent
from workers.flow.catalogue.event_type import EventType
from workers.flow.document.event import EventDefinition
from workers.flow.document.properties import Properties


class EscalationCatch(EventDefinition):
    """Catches an escalation that is thrown inside."""

    type: Literal["escalation"]
    escalation_ref: str | None = None
    """The id of one of the flow's `escalations`; without it every escalation is caught."""


class EscalationThrow(EventDefinition):
    """Throws an escalation to the nearest scope that catches it; uncaught it is ignored."""

    type: Literal["escalation"]
    escalation_ref: str
    """The id of one of the flow's `escalations`."""


def _details(of: Properties, event: EscalationCatch | EscalationThrow) -> graph.EscalationEvent:
    return graph.EscalationEvent(of.roots.escalation_code(event.escalation_ref))


def _read(event: EventElement) -> Json:
    return read_coded(event, "escalation", escalation_code)


def _write(writing: Writing) -> Elements:
    writing.reference("escalationRef", "escalations")
    return []


ESCALATION = EventType(
    models=(EscalationCatch, EscalationThrow),
    title="Escalation",
    icon="escalation",
    mark="⇧",
    details=_details,
    bpmn=BpmnEvent(tag="escalationEventDefinition", read=_read, write=_write),
    rules={
        "startEvent": """\
- Only in an event sub-process. `output` sees `escalation.code` and `escalation.data`.""",
        "boundaryEvent": """\
- `output` sees `escalation.code` and `escalation.data`.""",
    },
)
