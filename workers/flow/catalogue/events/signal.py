"""Signal events."""

from typing import Literal

from workers.flow import graph
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


def _details(of: Properties, event: SignalEvent) -> graph.SignalEvent | None:
    name = of.roots.signal_name(event.signal_ref)
    return graph.SignalEvent(name) if name is not None else None


SIGNAL = EventType(
    models=(SignalEvent,),
    title="Signal",
    icon="signal",
    mark="▲",
    details=_details,
    gives=unknown,
)
