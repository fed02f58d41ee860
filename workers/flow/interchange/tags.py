"""Which element of BPMN each type of node and each kind of event is, and the other way round."""

from typing import Any

from workers.flow.catalogue import TYPES
from workers.flow.catalogue.event_type import EventType
from workers.flow.catalogue.events import EVENT_TYPES
from workers.flow.catalogue.node_type import NodeType

#: What an element is by itself.
TYPE_BY_TAG: dict[str, NodeType[Any]] = {
    tag: each for each in reversed(TYPES) for tag in (each.bpmn.tag, *each.bpmn.also)
}

#: By `type`; the implementations of a serviceTask are one element.
BY_TYPE: dict[str, NodeType[Any]] = {each.type: each for each in TYPES}

EVENT_BY_TAG: dict[str, EventType] = {each.bpmn.tag: each for each in EVENT_TYPES}
