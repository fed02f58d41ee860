"""Message events."""

from datetime import timedelta
from typing import Literal

from workers.flow import graph
from workers.flow.bpmn.events import EventElement, message_of
from workers.flow.bpmn.source import Json
from workers.flow.bpmn.writing import Elements, Writing
from workers.flow.catalogue.bpmn import BpmnEvent
from workers.flow.catalogue.event_type import EventType
from workers.flow.document import leaves
from workers.flow.document.element import Element, ObjectOrTemplate
from workers.flow.document.event import EventDefinition
from workers.flow.document.names import Names
from workers.flow.document.properties import Properties
from workers.flow.document.roots import Roots
from workers.flow.limits import LONGEST_TIME_TO_LIVE


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


def catch(of: Properties, message_ref: str) -> graph.MessageCatch | None:
    """The message that a node waits for, whose key is worked out with the variables that it sees."""
    message = of.context.messages.get(message_ref)
    if message and message.correlation_key and not of.begins:
        place = of.roots.messages[message_ref].place.at("correlationKey").of(of.part.value.id)
        of.use(place, message.correlation_key, of.own)
    return message


def throw(of: Properties, sending: Sending, where: str) -> graph.MessageThrow | None:
    """The message that a node sends; `where` leads to its properties."""
    name = of.roots.message_name(sending.message_ref)
    key = of.template(f"{where}correlationKey", sending.correlation_key, of.own)
    data = of.template(f"{where}data", sending.data, of.own)
    time_to_live = of.template(f"{where}timeToLive", sending.time_to_live, of.own)
    if time_to_live and leaves.is_literal(sending.time_to_live, time_to_live):
        place = of.at(f"{where}timeToLive")
        leaves.span(place, sending.time_to_live, longest=LONGEST_TIME_TO_LIVE, shortest=timedelta())
    return graph.MessageThrow(name, key, data, time_to_live) if name is not None and time_to_live else None


def _details(of: Properties, event: MessageCatch | MessageThrow) -> graph.Details | None:
    if isinstance(event, MessageThrow):
        return throw(of, event, "event.")
    return catch(of, event.message_ref)


def _data(event: MessageCatch | MessageThrow, roots: Roots) -> Names:
    return roots.data_names(event.message_ref)


def _read(event: EventElement) -> Json:
    return message_of(event.reading, event.place, event.node, event.definition)


def _write(writing: Writing) -> Elements:
    writing.reference("messageRef", "messages")
    return []


MESSAGE = EventType(
    models=(MessageCatch, MessageThrow),
    title="Message",
    icon="message",
    mark="✉",
    details=_details,
    gives=_data,
    bpmn=BpmnEvent(tag="messageEventDefinition", read=_read, write=_write),
    rules={
        "startEvent": """\
- At the top: while an instance that this flow started with the message's key runs, another message with that
  key is kept and not taken.
- At the top: two start events of a flow wait for different messages (`DUPLICATE_START`).""",
        "intermediateCatchEvent": """\
- The key is worked out once, when the token arrives. Messages that came before are kept for their time to
  live and are found then.
- A message reaches one receiver: the oldest that waits for its name and key.""",
        "intermediateThrowEvent": """\
- It is sent in the same transaction in which the token goes on; nobody is waited for.""",
    },
)
