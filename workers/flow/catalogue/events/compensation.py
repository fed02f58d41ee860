"""Compensation events."""

from typing import Literal

from workers.flow import graph
from workers.flow.bpmn.events import EventElement
from workers.flow.bpmn.source import Json
from workers.flow.bpmn.writing import Elements, Writing
from workers.flow.catalogue.bpmn import BpmnEvent
from workers.flow.catalogue.event_type import EventType
from workers.flow.document.event import EventDefinition
from workers.flow.document.properties import Properties


class CompensationCatch(EventDefinition):
    """Undoes what was completed, when compensation is thrown."""

    type: Literal["compensation"]


class CompensationThrow(EventDefinition):
    """Undoes completed activities, the last one first."""

    type: Literal["compensation"]
    activity_ref: str | None = None
    """The one activity to undo; without it everything in the scope that was completed."""


def _details(_of: Properties, event: CompensationCatch | CompensationThrow) -> graph.CompensationEvent:
    return graph.CompensationEvent(event.activity_ref if isinstance(event, CompensationThrow) else None)


def _read(event: EventElement) -> Json:
    reference = None if event.catching else event.referred("activityRef")
    if reference is None:
        return {}
    return {"activityRef": event.reading.source.refer(event.definition, reference)}


def _write(writing: Writing) -> Elements:
    writing.reference("activityRef", "nodes")
    return []


COMPENSATION = EventType(
    models=(CompensationCatch, CompensationThrow),
    title="Compensation",
    icon="compensation",
    mark="⏪",
    details=_details,
    bpmn=BpmnEvent(tag="compensateEventDefinition", read=_read, write=_write),
)
