"""The properties of one node, compiled where they stand."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo

from workers.flow import graph
from workers.flow.document import leaves
from workers.flow.document.element import NodeElement
from workers.flow.document.names import Names, local_names, loop_names
from workers.flow.document.parts import Part
from workers.flow.document.roots import Roots
from workers.flow.json_value import JsonValue
from workers.flow.problem import Place
from workers.flow.values.expression import Expression
from workers.flow.values.template import Quote, Templated


@dataclass(frozen=True, slots=True)
class Use:
    """A template of a node that reads variables; `own` are names that it sees and no other node does."""

    place: Place
    node_id: str
    templated: Templated
    own: frozenset[str]


@dataclass(frozen=True, slots=True)
class Context:
    """What the compilation of one definition's nodes needs, and the uses of variables that it finds."""

    roots: Roots
    queues: Collection[str] | None
    tasks: Collection[str] | None
    calls: Mapping[str, str] | None
    messages: Mapping[str, graph.MessageCatch]
    zone: tzinfo
    uses: list[Use] = field(default_factory=list)


class Properties:
    """One node and its place, at which problems of its properties are reported.

    `parent` is the sub-process that the node stands in, None for the process itself.
    """

    def __init__(self, part: Part[NodeElement], parent: str | None, context: Context) -> None:
        self.part = part
        self.place = part.place
        self.parent = parent
        self.context = context
        self.roots = context.roots
        self.own = local_names(part.value)
        """The local variables that the node's properties see."""
        self.run = loop_names(part.value)
        """What the properties see that make the node's own variables: those of the run of its loop."""

    @property
    def begins(self) -> bool:
        """Whether the node is a start event of the process itself, where there are no variables yet."""
        return self.part.value.type == "startEvent" and self.parent is None

    @property
    def throws(self) -> bool:
        """Whether the node is an event that throws, where the same may be caught."""
        return self.part.value.type in {"endEvent", "intermediateThrowEvent"}

    def at(self, name: str) -> Place:
        return self.place.at(*name.split("."))

    def template(
        self,
        name: str,
        value: JsonValue,
        own: Names,
        *,
        secrets: bool = False,
        quote: Quote | None = None,
    ) -> Templated | None:
        """Compile a property, and note that it uses variables besides its `own` names, if those are known."""
        place = self.at(name)
        templated = leaves.template(place, value, secrets=secrets, quote=quote)
        if templated:
            self.use(place, templated, own)
        return templated

    def use(self, place: Place, templated: Templated, own: Names) -> None:
        if own is not None:
            self.context.uses.append(Use(place, self.part.value.id, templated, own))

    def expression(self, name: str, source: str | None) -> Expression | None:
        """Compile a property that is always JSONata."""
        return leaves.expression(self.at(name), source)

    def moment(self, name: str, text: str | None, *kinds: leaves.Moment) -> Templated | None:
        """Compile a time; what is written out must be of one of the kinds."""
        templated = self.template(name, text, self.own)
        if text is not None and templated and leaves.is_literal(text, templated):
            leaves.moment(self.at(name), text, kinds)
        return templated
