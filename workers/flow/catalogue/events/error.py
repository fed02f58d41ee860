"""Error events."""

from typing import Literal

from workers.flow.document.event import EventDefinition


class ErrorCatch(EventDefinition):
    """Catches an error that is thrown inside; a matching code goes before a catch of every error."""

    type: Literal["error"]
    error_ref: str | None = None
    """The id of one of the flow's `errors`; without it every error is caught."""


class ErrorThrow(EventDefinition):
    """Throws an error to the nearest scope that catches it; uncaught it is an incident."""

    type: Literal["error"]
    error_ref: str
    """The id of one of the flow's `errors`."""
