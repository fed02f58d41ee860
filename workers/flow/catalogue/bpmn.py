"""How a type of node and a kind of event stand in a file of BPMN."""

from collections.abc import Callable
from dataclasses import dataclass

from workers.flow.bpmn.events import EventElement
from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.source import Json
from workers.flow.bpmn.writing import Elements, Writing


def _reads_nothing(_extensions: Extensions, _node: Json) -> Json:
    return {}


def _reads_no_event(_event: EventElement) -> Json:
    return {}


def _writes_nothing(_writing: Writing) -> Elements:
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class BpmnNode:
    """The element of a node: what it has beyond what all nodes, activities or events have.

    Types may share a `tag`: the first in the catalogue is what the element is by itself, of another one our
    extension tells the `type`.
    """

    tag: str
    also: tuple[str, ...] = ()
    """Other elements that are read as this type."""
    read: Callable[[Extensions, Json], Json] = _reads_nothing
    """The properties that the element and its extensions say; what is known so far of the node is given."""
    write: Callable[[Writing], Elements] = _writes_nothing
    """Moves properties to attributes and to elements, which are returned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BpmnEvent:
    """The element of an event definition."""

    tag: str
    read: Callable[[EventElement], Json] = _reads_no_event
    """The properties that the element says; what is missing is reported."""
    write: Callable[[Writing], Elements] = _writes_nothing
    """Moves properties to attributes and to elements, which are returned."""
