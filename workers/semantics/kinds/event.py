"""Start events, and events that only a throw within the instance brings: both go on with data that came."""

from workers.flow.graph import Graph, MessageCatch, Node, Plain, SignalCatch
from workers.flow.json_value import JsonValue
from workers.semantics.kinds.kind import Kind
from workers.semantics.kinds.message import check_message, message_problems
from workers.semantics.step import Step
from workers.semantics.stuck import NothingToAsk


class HappenedEvent(Kind):
    """A token comes here with the data of an event that has happened, and that does not happen again."""

    def resumed(self, step: Step, came: dict[str, JsonValue]) -> None:
        details = step.node.details
        if isinstance(details, MessageCatch):
            check_message(details, came)
        step.leave(came, merges=isinstance(details, MessageCatch | SignalCatch | Plain), read=came or None)

    def ask_again(self, step: Step) -> bool:
        if step.memory.answer is None:
            return False
        raise NothingToAsk(step.node.id)

    def answer_problems(
        self, graph: Graph, node: Node, answer: dict[str, JsonValue]
    ) -> list[tuple[str, str]]:
        return message_problems(node.details, answer) if isinstance(node.details, MessageCatch) else []


class StartEvent(HappenedEvent):
    """A plain start event is entered; one with an event is resumed with the data that came."""

    of = ("startEvent",)

    def enter(self, step: Step) -> None:
        step.leave()


class BoundaryEvent(HappenedEvent):
    """A token comes here when the event happened to the activity that it is attached to.

    `output` sees an error as `error.code`, `error.message` and, where a worker gave some, `error.data`;
    an escalation as `escalation.code` and `escalation.data`; the data of a message or signal merges by key
    where there is no `output`.
    """

    of = ("boundaryEvent",)
