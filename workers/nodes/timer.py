"""Timer catch event: waits for a duration, or until a date; what is past fires at once."""

from workers.engine.situation import Run
from workers.engine.step import Step
from workers.engine.stuck import Stuck
from workers.flow.graph import Node, TimerCatch
from workers.flow.json_value import JsonValue
from workers.nodes.human import moment
from workers.nodes.kind import Kind


class TimerCatchEvent(Kind):
    def needs_whole(self, node: Node) -> bool:
        return False

    def enter(self, step: Step, run: Run) -> None:
        timer = step.node.details_as(TimerCatch)
        what, template = ("duration", timer.duration) if timer.duration else ("date", timer.date)
        text = step.expand_text(template, step.view(), what)
        if text is None:
            raise Stuck("WRONG_TIME", f"{what} of node '{step.node.id}' is not set")
        due_at = moment(step, text, what)
        if due_at <= step.now:
            step.leave()
            return
        step.arm(due_at)
        step.park()

    def triggered(self, step: Step, data: dict[str, JsonValue]) -> None:
        step.leave()
