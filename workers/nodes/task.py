"""The plain task: does nothing but its `output`."""

from workers.engine.situation import Run
from workers.engine.step import Step
from workers.nodes.kind import Kind


class PlainTask(Kind):
    def enter(self, step: Step, run: Run) -> None:
        step.leave()
