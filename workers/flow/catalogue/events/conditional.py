"""Conditional events."""

from typing import Literal

from workers.flow.document.event import EventDefinition


class Conditional(EventDefinition):
    """Waits until a condition is true; looked at whenever a variable that it can see changes."""

    type: Literal["conditional"]
    condition: str
    """A JSONata expression, such as `= stock > 0`."""
