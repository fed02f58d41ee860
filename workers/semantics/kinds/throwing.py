"""Events that throw: errors, escalations, signals, and the end of a scope."""

from collections.abc import Callable

from workers.flow.graph import ErrorEvent, EscalationEvent, Node, SignalThrow, TerminateEvent
from workers.flow.json_value import JsonValue
from workers.semantics.kinds.kind import Kind
from workers.semantics.kinds.message import throw_message
from workers.semantics.raising import escalate, signal, throw
from workers.semantics.step import Step


class ErrorEndEvent(Kind):
    """Ends its token by throwing an error."""

    of = (ErrorEvent,)

    def enter(self, step: Step) -> None:
        code = step.node.details_as(ErrorEvent).code or "(none)"
        throw(step, code, f"thrown by the end event '{step.node.id}'")


class EscalationThrowEvent(Kind):
    """Tells the nearest catcher, and goes on unless that interrupts it; uncaught it is ignored."""

    of = (EscalationEvent,)

    def needs_whole(self, node: Node) -> bool:
        return True

    def enter(self, step: Step) -> None:
        code = step.node.details_as(EscalationEvent).code or "(none)"
        data = step.local_input(step.variables)
        _throw_and_leave(step, lambda: escalate(step, code, data), data)


class SignalThrowEvent(Kind):
    """Reaches every holder that waits for the signal, with the object that the node's `input` makes."""

    of = (SignalThrow,)

    def needs_whole(self, node: Node) -> bool:
        return True

    def enter(self, step: Step) -> None:
        name = step.node.details_as(SignalThrow).name
        data = step.local_input(step.variables)
        throw_message(step, "signal", name, "", data, step.now)
        _throw_and_leave(step, lambda: signal(step.moves, name, data), data)


class TerminateEndEvent(Kind):
    """Ends everything else in its scope; the sub-process around it goes on as if it had ended itself."""

    of = (TerminateEvent,)

    def needs_whole(self, node: Node) -> bool:
        return True

    def enter(self, step: Step) -> None:
        for token in step.moves.tokens_in(step.token.scope_id):
            if token.id != step.token.id:
                step.moves.end(token, "terminated")
        step.leave()


def _throw_and_leave(step: Step, throw_it: Callable[[], None], data: dict[str, JsonValue]) -> None:
    """The token of an end event leaves first; that of another event leaves unless the throw has ended it."""
    if step.node.ends:
        step.leave(read=data or None)
        throw_it()
        return
    throw_it()
    if step.token.id in step.moves.tokens:
        step.leave(read=data or None)
