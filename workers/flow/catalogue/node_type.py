"""What the catalogue says of a type of node."""

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from workers.flow.document.element import NodeElement, constant
from workers.flow.problem import a

M = TypeVar("M", bound=NodeElement)

Group = Literal["Events", "Gateways", "Tasks", "Parts and calls"]
"""Where a palette and the reference show a type, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeType(Generic[M]):
    """One type of node: all that the language says of it. What a token does there, its kind says."""

    model: type[M]
    """What the document may say of it. Its docstring is the help, the first sentence for itself."""
    title: str
    """What a person calls it."""
    group: Group
    icon: str
    """A name of the icon font of BPMN's drawings."""

    @property
    def type(self) -> str:
        return constant(self.model, "type")

    @property
    def implementation(self) -> str | None:
        """Which of the types that share a `type` it is."""
        return constant(self.model, "implementation") if "implementation" in self.model.model_fields else None

    @property
    def noun(self) -> str:
        """How messages name it, with its article."""
        return a(" ".join(filter(None, (self.implementation, self.type))))
