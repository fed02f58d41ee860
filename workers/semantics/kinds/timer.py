"""Timer catch event: waits for a duration, or until a date; a time in the past fires at once."""

from workers.flow.graph import Node, TimerCatch
from workers.semantics.kinds.kind import Kind
from workers.semantics.listen import arm, due
from workers.semantics.situation import Triggered
from workers.semantics.step import Step


class TimerCatchEvent(Kind):
    of = (TimerCatch,)

    def needs_whole(self, node: Node) -> bool:
        return False

    def enter(self, step: Step) -> None:
        when = due(step, step.view())
        if when.at <= step.now:
            step.leave()
            return
        arm(step, step.token.id, when)
        step.park()

    def triggered(self, step: Step, event: Triggered) -> None:
        step.moves.release(step.token.id)
        step.leave()
