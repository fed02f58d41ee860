"""Link events."""

from typing import Literal

from workers.flow import graph
from workers.flow.catalogue.event_type import EventType
from workers.flow.document.element import Id
from workers.flow.document.event import EventDefinition
from workers.flow.document.properties import Properties


class Link(EventDefinition):
    """A jump within its scope: a token goes from the throwing event to the catching one of the same name."""

    type: Literal["link"]
    name: Id
    """The same at both ends. A scope has one catching event for a name, and any number of throwing ones."""


def _details(_of: Properties, event: Link) -> graph.LinkEvent:
    return graph.LinkEvent(event.name)


LINK = EventType(
    models=(Link,),
    title="Link",
    icon="link",
    mark="➜",
    details=_details,
)
