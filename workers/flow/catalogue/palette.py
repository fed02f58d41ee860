"""What there is to choose from: each type of node, and each with the events that it may have."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from workers.flow.catalogue import TYPES
from workers.flow.catalogue.events import EVENT_TYPES
from workers.flow.catalogue.models import EVENTS
from workers.flow.catalogue.node_type import Group, NodeType
from workers.flow.document.element import Element

GROUPS: tuple[Group, ...] = get_args(Group)


@dataclass(frozen=True, slots=True)
class Entry:
    """A type, one of its variants, or a type with an event.

    `name` is how the reference names it, `model` what it says that is not said of the type alone; None for a
    variant.
    """

    node: NodeType[Any]
    name: str
    title: str
    icon: str
    help: str
    rules: str
    model: type[Element] | None

    @property
    def heading(self) -> str:
        """Its name as a heading: what follows the type stands behind a colon."""
        return self.name.replace(" ", ": ", 1)


def entries(type_: NodeType[Any]) -> Iterator[Entry]:
    """The entries of a type: by itself, with each of its events, and its variants."""
    yield Entry(type_, type_.name, type_.title, type_.icon, type_.help, type_.rules, type_.model)
    kinds = {each.type: each for each in EVENT_TYPES}
    for name, model in EVENTS.get(type_.model, {}).items():
        kind = kinds[name]
        yield Entry(
            type_,
            f"{type_.type} {name}",
            f"{kind.title} {type_.title.lower()}",
            f"{type_.event_icons}{kind.icon}",
            " ".join((model.__doc__ or "").split()),
            kind.rules.get(type_.type, ""),
            model,
        )
    for each in type_.variants:
        yield Entry(type_, f"{type_.type} {each.name}", each.title, each.icon, each.help, each.rules, None)


def palette() -> dict[Group, list[Entry]]:
    """The entries of all types, by group in the order of the groups.

    A type that always has an event is an entry too: what its events have in common is told there.
    """
    return {
        group: [entry for type_ in TYPES if type_.group == group for entry in entries(type_)]
        for group in GROUPS
    }
