"""Link events."""

from typing import Literal

from workers.flow import graph
from workers.flow.bpmn.build import plain_name
from workers.flow.bpmn.events import EventElement
from workers.flow.bpmn.source import Json, named, titled
from workers.flow.bpmn.writing import Elements, Writing
from workers.flow.catalogue.bpmn import BpmnEvent
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


def _read(event: EventElement) -> Json:
    name = named(event.definition)
    if not name:
        event.place.error("MISSING_PROPERTY", f"The link of the {titled(event.node)} has no name.")
        return {}
    return {"name": name}


def _write(writing: Writing) -> Elements:
    if plain_name(writing.rest.get("name")):
        writing.element.attributes["name"] = writing.rest.pop("name")
    return []


LINK = EventType(
    models=(Link,),
    title="Link",
    icon="link",
    mark="➜",
    details=_details,
    bpmn=BpmnEvent(tag="linkEventDefinition", read=_read, write=_write),
    rules={
        "intermediateCatchEvent": """\
- No sequence flow leads to it (`LINK_WITH_INCOMING`); one of a name in a scope (`DUPLICATE_LINK`).""",
        "intermediateThrowEvent": """\
- No sequence flow leaves it (`LINK_WITH_OUTGOING`); a scope without the other end is refused
  (`LINK_WITHOUT_CATCH`).""",
    },
)
