"""What the events of a document have in common, and what they wait for or throw."""

from workers.flow.document.element import Element, JsonObject, NodeElement


class EventDefinition(Element):
    """What an event waits for or throws."""

    type: str
    """The kind of event."""


class Event(NodeElement):
    """A node at which something is waited for or thrown."""

    input: JsonObject | None = None
    """Local variables by name, templated; they are seen only by this node."""
    output: JsonObject | None = None
    """What the node gives back: variables by name, templated over what came. Without it, the data of a
    message or a signal merges into the variables by key."""

    refused = NodeElement.refused - {"input", "output", "event"}
