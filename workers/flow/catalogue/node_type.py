"""What the catalogue says of a type of node."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from workers.flow.catalogue.bpmn import BpmnNode
from workers.flow.document.element import NodeElement, constant
from workers.flow.document.names import Names
from workers.flow.document.properties import Properties
from workers.flow.document.roots import Roots
from workers.flow.graph import Details
from workers.flow.problem import a

M = TypeVar("M", bound=NodeElement)

Codes = set[str | None] | None
"""Codes of errors that may be thrown; None where any may be."""

Group = Literal["Events", "Gateways", "Tasks", "Parts and calls"]
"""Where a palette and the reference show a type, in this order."""


def no_details(_of: Properties, _node: Any) -> None:
    """No details: the type says all of it."""


def nothing(_node: Any, _roots: Roots) -> Names:
    """No name: nothing comes back, or what does stays local."""
    return frozenset()


def unknown(_node: Any, _roots: Roots) -> Names:
    """Any name: what comes back is not written down in the definition."""
    return None


def no_error(_node: Any, _roots: Roots) -> Codes:
    """No code: the node throws no error itself."""
    return set()


def any_error(_node: Any, _roots: Roots) -> Codes:
    """Any code: what runs elsewhere may throw any error."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A use of a type that has a place of its own in a palette and in the reference."""

    name: str
    title: str
    icon: str
    help: str
    rules: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeType(Generic[M]):
    """One type of node: all that the language says of it. What a token does there, its kind says.

    `gives` are the names in what comes back to the node, `sets` those that become variables where it has no
    `output`, `errors` the codes that it may throw itself.
    """

    model: type[M]
    """What a document may say of it. Its docstring is the help; the first sentence can stand alone."""
    title: str
    """What a person calls it."""
    group: Group
    icon: str
    """A name of the icon font of BPMN's drawings."""
    details: Callable[[Properties, M], Details | None]
    """Compiles what only this type has, as good as it can be had: what is wrong is reported at its place."""
    bpmn: BpmnNode
    event_icons: str = ""
    """How the names of the icons begin that it has with an event."""
    mark: str = ""
    """The sign that stands for it in a drawing of text."""
    rules: str = ""
    """What a reader has to know besides, in Markdown, with the codes of problems and incidents."""
    variants: tuple[Variant, ...] = ()
    """Uses of the type that people call by another name."""
    gives: Callable[[M, Roots], Names] = nothing
    sets: Callable[[M, Roots], Names] = nothing
    errors: Callable[[M, Roots], Codes] = no_error

    @property
    def type(self) -> str:
        return constant(self.model, "type")

    @property
    def implementation(self) -> str | None:
        """Which of the types that share a `type` it is."""
        return constant(self.model, "implementation") if "implementation" in self.model.model_fields else None

    @property
    def name(self) -> str:
        """How the reference names it: by its type, and by its implementation where it has several."""
        return " ".join(filter(None, (self.type, self.implementation)))

    @property
    def help(self) -> str:
        return " ".join((self.model.__doc__ or "").split())

    @property
    def noun(self) -> str:
        """How messages name it, with its article."""
        return a(" ".join(filter(None, (self.implementation, self.type))))
