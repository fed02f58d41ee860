"""Compensation events."""

from typing import Literal

from workers.flow import graph
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


COMPENSATION = EventType(
    models=(
        CompensationCatch,
        CompensationThrow,
    ),
    title="Compensation",
    icon="compensation",
    mark="⏪",
    details=_details,
)
