"""A definition as far as it could be read: its parts, each with its place."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from workers.flow.document.definition import (
    Association,
    Error,
    Escalation,
    FlowDocument,
    Message,
    SequenceFlow,
    Signal,
)
from workers.flow.document.element import Element, NodeElement
from workers.flow.problem import Place

T = TypeVar("T", bound=Element)
V_co = TypeVar("V_co", bound=Element, covariant=True)


@dataclass(frozen=True, slots=True)
class Part(Generic[V_co]):
    """One entry of a list of the document. A `damaged` one has lost properties that were wrong."""

    place: Place
    value: V_co
    damaged: bool


@dataclass(slots=True)
class Parts(Generic[T]):
    """A list of the document: the entries that could be read, and the ids of the others."""

    read: list[Part[T]] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    complete: bool = True  # whether all that was not read is known by its id

    @property
    def whole(self) -> bool:
        return self.complete and not self.unread


@dataclass(frozen=True, slots=True)
class LevelParts:
    """What stands directly in the process, or in the sub-process `owner`."""

    place: Place
    owner: str | None
    nodes: Parts[NodeElement]
    flows: Parts[SequenceFlow]
    associations: Parts[Association]


@dataclass(frozen=True, slots=True)
class Reading:
    """A definition as far as it could be read; `header` is None if what is not a list could not."""

    header: Part[FlowDocument] | None
    levels: list[LevelParts]  # what is around a sub-process comes before it
    messages: Parts[Message]
    errors: Parts[Error]
    signals: Parts[Signal]
    escalations: Parts[Escalation]
