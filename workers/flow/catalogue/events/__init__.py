"""Every kind of event, and what the nodes that have one take from it."""

from typing import Any

from workers.flow.catalogue.event_type import EventType
from workers.flow.catalogue.events.cancel import CANCEL
from workers.flow.catalogue.events.compensation import COMPENSATION
from workers.flow.catalogue.events.conditional import CONDITIONAL
from workers.flow.catalogue.events.error import ERROR
from workers.flow.catalogue.events.escalation import ESCALATION
from workers.flow.catalogue.events.link import LINK
from workers.flow.catalogue.events.message import MESSAGE
from workers.flow.catalogue.events.signal import SIGNAL
from workers.flow.catalogue.events.terminate import TERMINATE
from workers.flow.catalogue.events.timer import TIMER
from workers.flow.document.names import Names
from workers.flow.document.properties import Properties
from workers.flow.document.roots import Roots
from workers.flow.graph import Details, Plain

EVENT_TYPES: tuple[EventType, ...] = (
    MESSAGE,
    TIMER,
    SIGNAL,
    ERROR,
    ESCALATION,
    CONDITIONAL,
    LINK,
    TERMINATE,
    COMPENSATION,
    CANCEL,
)

_BY_MODEL = {model: each for each in EVENT_TYPES for model in each.models}


def event_details(of: Properties, node: Any) -> Details | None:
    """The details of a node are those of its event."""
    return _BY_MODEL[type(node.event)].details(of, node.event) if node.event else Plain()


def event_names(node: Any, roots: Roots) -> Names:
    """The names in what comes with the event of a node that catches it."""
    return _BY_MODEL[type(node.event)].gives(node.event, roots) if node.event else frozenset()
