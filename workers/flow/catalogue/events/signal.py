"""Signal events."""

from typing import Literal

from workers.flow import graph
from workers.flow.bpmn.events import EventElement
from workers.flow.bpmn.source import Json, titled
from workers.flow.bpmn.writing import Elements, Writing
from workers.flow.catalogue.bpmn import BpmnEvent
from workers.flow.catalogue.event_type import EventType
from workers.flow.catalogue.node_type import unknown
from workers.flow.document.event import EventDefinition
from workers.flow.document.properties import Properties


class SignalEvent(EventDefinition):
    """A signal reaches everything that waits for it in the organization and environment; none is kept.

    One that is thrown carries what the node's `input` made.
    """

    type: Literal["signal"]
    signal_ref: str
    """The id of one of the flow's `signals`."""


def _details(of: Properties, event: SignalEvent) -> graph.SignalCatch | graph.SignalThrow | None:
    name = of.roots.signal_name(event.signal_ref)
    if name is None:
        return None
    return graph.SignalThrow(name) if of.throws else graph.SignalCatch(name)


def _read(event: EventElement) -> Json:
    reference = event.referred("signalRef")
    if reference is None:
        event.place.error("MISSING_REFERENCE", f"The {titled(event.node)} names no signal (`signalRef`).")
        return {}
    return {"signalRef": event.known("signal", reference)}


def _write(writing: Writing) -> Elements:
    writing.reference("signalRef", "signals")
    return []


SIGNAL = EventType(
    models=(SignalEvent,),
    title="Signal",
    icon="signal",
    mark="▲",
    details=_details,
    gives=unknown,
    bpmn=BpmnEvent(tag="signalEventDefinition", read=_read, write=_write),
)
