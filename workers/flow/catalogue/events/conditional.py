"""Conditional events."""

from typing import Literal

from workers.flow import graph
from workers.flow.bpmn.build import formal, plain
from workers.flow.bpmn.events import EventElement
from workers.flow.bpmn.expressions import condition
from workers.flow.bpmn.source import Json, titled
from workers.flow.bpmn.vocabulary import MODEL
from workers.flow.bpmn.writing import Elements, Writing
from workers.flow.catalogue.bpmn import BpmnEvent
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


def _read(event: EventElement) -> Json:
    conditions = list(event.definition.children(MODEL, "condition"))
    if not conditions:
        event.place.error("MISSING_EXPRESSION", f"The {titled(event.node)} has no `condition`.")
        return {}
    found = condition(event.reading, event.place, conditions[0])
    return {} if found is None else {"condition": found}


def _write(writing: Writing) -> Elements:
    rest = writing.rest
    return [formal("condition", rest.pop("condition"))] if plain(rest.get("condition")) else []


CONDITIONAL = EventType(
    models=(Conditional,),
    title="Condition",
    icon="condition",
    mark="☰",
    details=_details,
    bpmn=BpmnEvent(tag="conditionalEventDefinition", read=_read, write=_write),
    rules={
        "startEvent": """\
- Only in an event sub-process (`NOT_SUPPORTED` at the top).
- Its condition is asked as that of a [catch event](#intermediatecatchevent-conditional).""",
        "intermediateCatchEvent": """\
- Asked when the token arrives, and whenever a variable that it names is set.
- Undefined is not true yet; nor is a condition of another language that only lacks a variable. Another value
  that is not true or false is the incident `CONDITION_NOT_BOOLEAN`, one that fails `EXPRESSION_FAILED`.""",
        "boundaryEvent": """\
- Its condition is asked as that of a [catch event](#intermediatecatchevent-conditional); it happens again,
  with `cancelActivity: false`, each time that it turns from not true to true.""",
    },
)
