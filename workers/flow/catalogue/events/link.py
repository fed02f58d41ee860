"""Link events."""

from typing import Literal

from workers.flow.document.element import Id
from workers.flow.document.event import EventDefinition


class Link(EventDefinition):
    """A jump within its scope: a token goes from the throwing event to the catching one of the same name."""

    type: Literal["link"]
    name: Id
    """The same at both ends. A scope has one catching event for a name, and any number of throwing ones."""
