"""Event definitions: where they stand, and what they refer to."""

from dataclasses import dataclass

from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.source import Json, Reading, titled
from workers.flow.bpmn.vocabulary import CATCHING, EVENT_DEFINITIONS, MODEL
from workers.flow.bpmn.xml import Element
from workers.flow.problem import Place, quoted


@dataclass(frozen=True, slots=True)
class EventElement:
    """The event definition of a node, that stands in it or that it refers to."""

    reading: Reading
    place: Place
    node: Element
    definition: Element

    @property
    def catching(self) -> bool:
        return self.node.local in CATCHING

    def referred(self, name: str) -> str | None:
        """What an attribute refers to, as the file has it; None where it says nothing."""
        reference = self.definition.get(name)
        return reference if reference and reference.strip() else None

    def known(self, local: str, reference: str) -> str:
        """The id of the message, signal, … that is referred to; another thing is a problem."""
        return _known(self.reading, self.place, self.definition, local, reference)


def event_definition(reading: Reading, node: Element) -> Element | None:
    """The one event definition of a node, that stands in it or that it refers to; two are a problem."""
    found = [child for child in node.children(MODEL) if child.local in EVENT_DEFINITIONS]
    for reference in node.children(MODEL, "eventDefinitionRef"):
        target = reading.source.target(reference, reference.text)
        if target is not None and target.local in EVENT_DEFINITIONS:
            found.append(target)
        else:
            message = f"{quoted(reference.text.strip())} is no event definition of this file."
            reading.at(node).error("UNKNOWN_REFERENCE", message)
    if len(found) > 1:
        message = f"The {titled(node)} has {len(found)} event definitions, and one is supported."
        reading.at(node).error("MULTIPLE_EVENTS", message)
    return found[0] if found else None


def message_of_task(extensions: Extensions, _node: Json) -> Json:
    """The `messageRef` of a task that sends or receives."""
    return message_of(extensions.reading, extensions.place, extensions.element, extensions.element)


def message_of(reading: Reading, place: Place, node: Element, holder: Element) -> Json:
    """The `messageRef` that an event definition or a task names, or that a message flow gives it."""
    reference = holder.get("messageRef")
    if reference is None or not reference.strip():
        made = reading.messages.get(node.get("id") or "")
        if made is None:
            place.error("MISSING_REFERENCE", f"The {titled(node)} names no message (`messageRef`).")
            return {}
        return {"messageRef": made}
    return {"messageRef": _known(reading, place, holder, "message", reference)}


def _known(reading: Reading, place: Place, holder: Element, local: str, reference: str) -> str:
    target = reading.source.target(holder, reference)
    if target is None or target.local != local:
        message = f"{quoted(reference)} is no {local} of this file."
        place.error("UNKNOWN_REFERENCE", message)
    return reading.source.refer(holder, reference)
