"""Catching events that wait for a signal or for a condition."""

from workers.flow.graph import ConditionalEvent, Node, SignalCatch
from workers.semantics.kinds.kind import Kind
from workers.semantics.listen import listen
from workers.semantics.situation import Triggered
from workers.semantics.step import Step


class SignalCatchEvent(Kind):
    of = (SignalCatch,)

    def needs_whole(self, node: Node) -> bool:
        return False

    def enter(self, step: Step) -> None:
        listen(step, step.token.id)
        step.park()


class ConditionalCatchEvent(Kind):
    """Goes on as soon as its condition is true (see `workers.semantics.conditions`)."""

    of = (ConditionalEvent,)

    def enter(self, step: Step) -> None:
        listen(step, step.token.id)
        step.park()

    def triggered(self, step: Step, event: Triggered) -> None:
        self.resumed(step, {})
