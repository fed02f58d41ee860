"""serviceTask `python`: a function of the deployer, which `workers.engine.outside.python` calls."""

from collections.abc import Mapping
from typing import cast

from workers.flow.graph import PythonCall
from workers.flow.json_value import JsonValue
from workers.flow.values.template import Part
from workers.semantics.kinds.kind import OutsideKind
from workers.semantics.situation import Failed
from workers.semantics.step import Step


class PythonTask(OutsideKind):
    of = (PythonCall,)

    def prepare(self, step: Step) -> tuple[JsonValue, Mapping[str, list[Part]]]:
        details = step.node.details_as(PythonCall)
        if details.input is None:
            return {}, {}
        evaluated = step.expand(details.input, step.variables, "input")
        return cast(JsonValue, evaluated.value), evaluated.secrets

    def returned(self, step: Step, result: dict[str, JsonValue]) -> None:
        if not self.throws(step, result, f"thrown by what {step.node.id} returned"):
            step.leave(result, merges=False, read=step.memory.input_value)

    def is_retried(self, step: Step, failed: Failed) -> bool:
        """`retry.when` sees the failure as `error.code` and `error.message`."""
        when = step.node.retry.when
        if when is None or not failed.retryable:
            return failed.retryable
        error: JsonValue = {"code": failed.code.value, "message": failed.message}
        return step.is_true(
            when, {**step.variables, "error": error}, f"`retry.when` of node '{step.node.id}'"
        )
