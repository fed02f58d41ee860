"""Calls the function of a serviceTask `python` that the deployer registered (see `workers.tasks`)."""

from models.incident_code import IncidentCode
from workers.engine.outside.attempt import Attempt, AttemptFailed, OutsideServices
from workers.flow.graph import Node, PythonCall
from workers.flow.json_value import JsonValue, UnkeepableJson, check_keepable
from workers.tasks import BpmnError, Context, DoNotRetry, RetryLater, find_task


class PythonPerformer:
    def perform(self, attempt: Attempt, services: OutsideServices) -> dict[str, JsonValue]:
        details = attempt.node.details_as(PythonCall)
        function = find_task(details.task)
        if function is None:
            raise AttemptFailed(
                IncidentCode.TASK_NOT_REGISTERED,
                f"no module of TASK_MODULES registers the task '{details.task}'",
                retryable=False,
            )
        context = Context(attempt.instance_id, attempt.node.id, attempt.number, attempt.idempotency_key)
        try:
            result = function(attempt.input, context)
        except BpmnError as error:
            raise AttemptFailed(IncidentCode.UNCAUGHT_ERROR, str(error), error_code=error.code) from error
        except DoNotRetry as error:
            raise AttemptFailed(IncidentCode.TASK_FAILED, _shown(error), retryable=False) from error
        except RetryLater as error:
            raise AttemptFailed(IncidentCode.TASK_FAILED, _shown(error), retry_after=error.after) from error
        except (Exception, SystemExit) as error:
            raise AttemptFailed(IncidentCode.TASK_FAILED, _shown(error)) from error
        return {"result": _json(details.task, result)}

    def is_known(self, node: Node) -> bool:
        return find_task(node.details_as(PythonCall).task) is not None


def _shown(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:1000]


def _json(task: str, result: JsonValue) -> JsonValue:
    try:
        check_keepable(result)
    except UnkeepableJson as error:
        raise AttemptFailed(
            IncidentCode.RESULT_NOT_JSON,
            f"the task '{task}' returned what JSON cannot keep: {error}",
            retryable=False,
        ) from None
    return result
