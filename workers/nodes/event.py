"""Start, end and boundary events."""

from workers.engine.situation import Run
from workers.engine.step import Step
from workers.engine.stuck import Stuck
from workers.flow.graph import ErrorEvent
from workers.flow.json_value import JsonValue
from workers.nodes.kind import Kind


class StartEvent(Kind):
    def enter(self, step: Step, run: Run) -> None:
        step.leave()


class EndEvent(Kind):
    """The token ends here; with an error it is thrown instead, to whoever catches it around the flow."""

    def enter(self, step: Step, run: Run) -> None:
        error = step.node.details
        if isinstance(error, ErrorEvent):
            code = error.code or "(none)"
            if not step.throw(code, f"thrown by the end event '{step.node.id}'"):
                raise Stuck(
                    "UNCAUGHT_ERROR", f"nobody catches the error '{code}' of end event '{step.node.id}'"
                )
            return
        step.leave()


class BoundaryEvent(Kind):
    """A token comes here when the activity it is attached to threw; it goes on at once.

    `output` sees the error as `error.code` and `error.message`; without `output` nothing is written.
    """

    def resumed(self, step: Step, came: dict[str, JsonValue]) -> None:
        step.leave(came, merges=False, read=came)
