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
    rules={
        "startEvent": """\
- Only in an event sub-process within a sub-process: it undoes that one once it is completed.""",
        "intermediateThrowEvent": """\
- Waits until all that is to be undone is undone.
- `activityRef` names an activity of the same scope that has a compensation boundary event
  (`NOT_COMPENSABLE`).""",
        "boundaryEvent": """\
- An association leads from it to one activity with `isForCompensation` (`COMPENSATION_HANDLER`); no sequence
  flow leaves it (`COMPENSATION_WITH_OUTGOING`).
- Not on a sub-process that has a compensation event sub-process: only one of them would run
  (`DUPLICATE_COMPENSATION`).""",
    },
)
