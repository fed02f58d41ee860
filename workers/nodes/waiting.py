"""Catching events that wait for a signal or for a condition."""

from workers.engine.listen import listen
from workers.engine.situation import Triggered
from workers.engine.step import Step
from workers.flow.graph import Node
from workers.nodes.kind import Kind


class SignalCatchEvent(Kind):
    def needs_whole(self, node: Node) -> bool:
        return False

    def enter(self, step: Step) -> None:
        listen(step, step.token.id)
        step.park()


class ConditionalCatchEvent(Kind):
    """Goes on as soon as its condition is true (see `workers.engine.conditions`)."""

    def enter(self, step: Step) -> None:
        listen(step, step.token.id)
        step.park()

    def triggered(self, step: Step, event: Triggered) -> None:
        self.resumed(step, {})
