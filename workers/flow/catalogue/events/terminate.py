"""Terminate events."""

from typing import Literal

from workers.flow.document.event import EventDefinition


class Terminate(EventDefinition):
    """Ends everything else in its scope."""

    type: Literal["terminate"]
