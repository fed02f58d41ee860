"""Conditional events."""

from typing import Literal

from workers.flow import graph
from workers.flow.catalogue.event_type import EventType
from workers.flow.document.event import EventDefinition
from workers.flow.document.properties import Properties


class Conditional(EventDefinition):
    """Waits until a condition is true; looked at whenever a variable that it can see changes."""

    type: Literal["conditional"]
    condition: str
    """A JSONata expression, such as `= stock > 0`."""


def _details(of: Properties, event: Conditional) -> graph.ConditionalEvent | None:
    condition = of.expression("event.condition", event.condition)
    return graph.ConditionalEvent(condition) if condition else None


CONDITIONAL = EventType(
    models=(Conditional,),
    title="Condition",
    icon="condition",
    mark="☰",
    details=_details,
)
