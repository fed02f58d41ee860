"""What the catalogue says of a kind of event."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workers.flow.catalogue.bpmn import BpmnEvent
from workers.flow.catalogue.node_type import nothing
from workers.flow.document.element import constant
from workers.flow.document.event import EventDefinition
from workers.flow.document.names import Names
from workers.flow.document.properties import Properties
from workers.flow.document.roots import Roots
from workers.flow.graph import Details


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType:
    """One kind of event, such as a timer. Which nodes may have it, the models of those say."""

    models: tuple[type[EventDefinition], ...]
    """What a document may say of it, where it is caught and where it is thrown."""
    title: str
    """What a person calls it."""
    icon: str
    """How the names of its icons end."""
    mark: str
    """The sign that stands for it in a drawing of text."""
    details: Callable[[Properties, Any], Details | None]
    """Compiles it for a node that catches or throws it; what is wrong is reported at its place."""
    bpmn: BpmnEvent
    rules: Mapping[str, str] = field(default_factory=dict)
    """What a reader has to know besides, in Markdown, by the type of the node that has it."""
    gives: Callable[[Any, Roots], Names] = nothing
    """The names in what comes with it to a node that catches it."""

    @property
    def type(self) -> str:
        return constant(self.models[0], "type")
