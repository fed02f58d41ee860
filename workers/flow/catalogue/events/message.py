"""Message events."""

from typing import Literal

from workers.flow.document.element import Element, ObjectOrTemplate
from workers.flow.document.event import EventDefinition


class Sending(Element):
    """What is sent with a message."""

    message_ref: str
    """The id of one of the flow's `messages`."""
    correlation_key: str | None = None
    """Which receiver is meant, a template; without it the key is the instance's own."""
    data: ObjectOrTemplate | None = None
    """What the message carries, a templated object."""
    time_to_live: str = "PT1H"
    """How long the message is kept while nobody waits for it, a templated ISO 8601 duration."""


class MessageCatch(EventDefinition):
    """Waits for a message; exactly one that waits gets it."""

    type: Literal["message"]
    message_ref: str
    """The id of one of the flow's `messages`."""


class MessageThrow(EventDefinition, Sending):
    """Sends a message to one instance that waits for it, or that it starts."""

    type: Literal["message"]
