"""serviceTask `python`: a function that the deployer registered (see `workers.tasks`)."""

from collections.abc import Mapping
from typing import cast

from workers.flow.graph import Node, PythonCall
from workers.flow.json_value import JsonValue, UnkeepableJson, check_keepable
from workers.flow.values.template import Part
from workers.semantics.kinds.kind import AttemptFailed, Call, OutsideKind, OutsideServices
from workers.semantics.situation import Failed
from workers.semantics.step import Step
from workers.tasks import BpmnError, Context, DoNotRetry, RetryLater, find_task


class PythonTask(OutsideKind):
    def prepare(self, step: Step) -> tuple[JsonValue, Mapping[str, list[Part]]]:
        details = step.node.details_as(PythonCall)
        if details.input is None:
            return {}, {}
        evaluated = step.expand(details.input, step.variables, "input")
        return cast(JsonValue, evaluated.value), evaluated.secrets

    def is_known(self, node: Node) -> bool:
        return find_task(node.details_as(PythonCall).task) is not None

    def perform(self, call: Call, services: OutsideServices) -> dict[str, JsonValue]:
        details = call.node.details_as(PythonCall)
        function = find_task(details.task)
        if function is None:
            raise AttemptFailed(
                "TASK_NOT_REGISTERED",
                f"no module of TASK_MODULES registers the task '{details.task}'",
                retryable=False,
            )
        context = Context(call.instance_id, call.node.id, call.attempt, call.idempotency_key)
        try:
            result = function(call.input, context)
        except BpmnError as error:
            raise AttemptFailed("UNCAUGHT_ERROR", str(error), error_code=error.code) from error
        except DoNotRetry as error:
            raise AttemptFailed("TASK_FAILED", _shown(error), retryable=False) from error
        except RetryLater as error:
            raise AttemptFailed("TASK_FAILED", _shown(error), retry_after=error.after) from error
        except (Exception, SystemExit) as error:
            raise AttemptFailed("TASK_FAILED", _shown(error)) from error
        return {"result": _json(details.task, result)}

    def returned(self, step: Step, result: dict[str, JsonValue]) -> None:
        if not self.throws(step, result, f"thrown by what {step.node.id} returned"):
            step.leave(result, merges=False, read=step.memory.input_value)

    def is_retried(self, step: Step, failed: Failed) -> bool:
        """`retry.when` sees the failure as `error.code` and `error.message`."""
        when = step.node.retry.when
        if when is None or not failed.retryable:
            return failed.retryable
        error: JsonValue = {"code": failed.code, "message": failed.message}
        return step.is_true(
            when, {**step.variables, "error": error}, f"`retry.when` of node '{step.node.id}'"
        )


def _shown(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:1000]


def _json(task: str, result: JsonValue) -> JsonValue:
    try:
        check_keepable(result)
    except UnkeepableJson as error:
        raise AttemptFailed(
            "RESULT_NOT_JSON", f"the task '{task}' returned what JSON cannot keep: {error}", retryable=False
        ) from None
    return result
