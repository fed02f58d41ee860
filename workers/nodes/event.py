"""Start events, and the events that only a throw within the instance brings: they go on with what came."""

from workers.flow.graph import MessageCatch, SignalEvent
from workers.flow.json_value import JsonValue
from workers.nodes.kind import Kind
from workers.nodes.message import check_message
from workers.semantics.step import Step


class StartEvent(Kind):
    """A plain one is entered; one with an event is resumed with what came, like a boundary event."""

    def enter(self, step: Step) -> None:
        step.leave()

    def resumed(self, step: Step, came: dict[str, JsonValue]) -> None:
        happened(step, came)


class BoundaryEvent(Kind):
    """A token comes here when the event happened to the activity that it is attached to.

    `output` sees an error as `error.code`, `error.message` and, where a worker gave some, `error.data`;
    an escalation as `escalation.code` and `escalation.data`; the data of a message or signal merges by key
    where there is no `output`.
    """

    def resumed(self, step: Step, came: dict[str, JsonValue]) -> None:
        happened(step, came)


def happened(step: Step, came: dict[str, JsonValue]) -> None:
    """The visit of an event that happened: it goes on at once."""
    details = step.node.details
    if isinstance(details, MessageCatch):
        check_message(details, came)
    step.leave(came, merges=isinstance(details, MessageCatch | SignalEvent | None), read=came or None)
