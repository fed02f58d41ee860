"""What an operator does to an instance: cancel it, retry incidents, set variables and kept answers."""

from typing import Any, Literal

from flask_openapi.blueprint import APIBlueprint
from pydantic import ConfigDict, Field

from app.api.process import InstancePath
from app.api.tags import EXECUTION
from app.http.caller import Permit, current_caller
from app.http.operation import operation
from app.http.schemas import Answer, Body, Text, Variables, without_null
from app.services import current_services
from models.errors import Unprocessable
from models.permission import WORKFLOW_OPERATE

api = APIBlueprint("operate", __name__, url_prefix="/process", abp_tags=[EXECUTION])


class NoFields(Body):
    """Nothing; the body may be left away."""


class RetryBody(Body):
    """Which incident, and from where; the body may be left away."""

    incident_id: Text | None = Field(default=None, description="default: every open incident")
    from_: Literal["answer", "task"] = Field(
        default="answer",
        alias="from",
        description="`answer` goes on with what came, `task` puts it aside and asks again",
    )


def _one_of_two(schema: dict[str, Any]) -> None:
    without_null(schema)
    schema["oneOf"] = [
        {"required": ["variables"], "not": {"anyOf": [{"required": ["answer"]}, {"required": ["tokenId"]}]}},
        {
            "required": ["answer", "tokenId"],
            "not": {"anyOf": [{"required": ["variables"]}, {"required": ["scopeId"]}]},
        },
    ]


class VariablesBody(Body):
    """Either `variables`, or the `answer` that a token keeps."""

    model_config = ConfigDict(json_schema_extra=_one_of_two)

    variables: Variables | None = Field(
        default=None,
        description="values by name; variables that are not named stay",
        examples=[{"amount": 149.99}],
    )
    scope_id: Text | None = Field(default=None, description="whose `variables`; default: the instance's own")
    answer: Variables | None = Field(
        default=None, description="takes the place of the whole answer", examples=[{"amount": 149.99}]
    )
    token_id: Text | None = Field(default=None, description="whose `answer`")

    def problems(self) -> list[tuple[str, str]]:
        """What its fields are together."""
        if self.answer is None and self.variables is None:
            return [("variables", "is required, or else answer")]
        if self.answer is None:
            return [("tokenId", "goes with answer, not with variables")] if self.token_id else []
        if self.variables is not None:
            return [("answer", "cannot be given together with variables")]
        problems = [("scopeId", "goes with variables, not with answer")] if self.scope_id else []
        return problems if self.token_id else [*problems, ("tokenId", "is required with answer")]


class InstanceChanged(Answer):
    """What was done is committed."""

    process_instance_id: str
    status: Literal["cancelled", "retried", "updated"]


@operation(
    api,
    "POST",
    "/instances/<processInstanceId>/cancel",
    permit=Permit(WORKFLOW_OPERATE),
    errors=(404, 409),
)
def cancel_instance(path: InstancePath, body: NoFields) -> InstanceChanged:  # noqa: ARG001 - only checked
    """Cancel an instance, for good.

    After the answer no node of it starts, and what a node in flight returns is not recorded.
    """
    caller = current_caller()
    current_services().engine.cancel(caller.access, path.process_instance_id, by=caller.label)
    return InstanceChanged(process_instance_id=path.process_instance_id, status="cancelled")


@operation(
    api, "POST", "/instances/<processInstanceId>/retry", permit=Permit(WORKFLOW_OPERATE), errors=(404, 409)
)
def retry_instance(path: InstancePath, body: RetryBody) -> InstanceChanged:
    """Resolve the open incidents of an instance, or one: it goes on from the nodes that failed.

    An incident after an answer came (of a person, a job, a message, a called instance) keeps that answer and
    goes on with it: mend what it meets, or the answer itself by `PATCH …/variables`. With `from: "task"` the
    answer is put aside (the history says `repeated`) and the node asks again: a task or a job is made anew, a
    message waited for, a flow called, its input worked out again. Where nothing had come it makes no
    difference. 409 `NOTHING_TO_ASK` at events that happened once: starts and boundary events.
    """
    current_services().engine.retry(
        current_caller().access,
        path.process_instance_id,
        incident_id=body.incident_id,
        anew=body.from_ == "task",
    )
    return InstanceChanged(process_instance_id=path.process_instance_id, status="retried")


@operation(
    api,
    "PATCH",
    "/instances/<processInstanceId>/variables",
    permit=Permit(WORKFLOW_OPERATE),
    errors=(404, 409),
)
def set_variables(path: InstancePath, body: VariablesBody) -> InstanceChanged:
    """Set variables of an instance or of one scope in it, or the answer that a token keeps.

    A token keeps an answer from when it came until it has gone on, so that one which an incident stopped can
    be mended. At a user task it has to fit the form, at a message the dataSchema; of a call activity it is
    `{"variables": {…}}`, what the called instance ended with. 409 `NO_ANSWER_KEPT` where there is none.
    """
    problems = body.problems()
    if problems:
        raise Unprocessable("Give either variables or the answer of a token.", problems)
    access, engine = current_caller().access, current_services().engine
    if body.answer is not None:
        engine.set_answer(access, path.process_instance_id, body.token_id or "", body.answer)
    else:
        engine.set_variables(access, path.process_instance_id, body.variables or {}, scope_id=body.scope_id)
    return InstanceChanged(process_instance_id=path.process_instance_id, status="updated")
