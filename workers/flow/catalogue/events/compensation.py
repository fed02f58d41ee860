"""Compensation events."""

from typing import Literal

from workers.flow.document.event import EventDefinition


class CompensationCatch(EventDefinition):
    """Undoes what was completed, when compensation is thrown."""

    type: Literal["compensation"]


class CompensationThrow(EventDefinition):
    """Undoes completed activities, the last one first."""

    type: Literal["compensation"]
    activity_ref: str | None = None
    """The one activity to undo; without it everything in the scope that was completed."""
