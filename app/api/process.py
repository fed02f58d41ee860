"""The calls that move instances: start one, and answer a task of one.

Nothing of a flow runs here: the engine commits, workers do the rest.
"""

import re
from typing import Annotated, Any, Literal

from flask_openapi.blueprint import APIBlueprint
from pydantic import AfterValidator, Field

from app.api.tags import EXECUTION
from app.http.caller import Permit, current_caller
from app.http.operation import operation
from app.http.schemas import Answer, Body, Environment, Headers, Path, Query, Text, Time, Variables, wrong
from app.services import current_services
from models.permission import WORKFLOW_EXECUTE
from workers.engine.requests import StartRequest

api = APIBlueprint("process", __name__, url_prefix="/process", abp_tags=[EXECUTION])

_PRINTABLE = re.compile(r"[ -~]{1,255}", re.ASCII)


def _idempotency_key(value: str) -> str:
    if not _PRINTABLE.fullmatch(value):
        raise wrong("must be 1 to 255 printable ASCII characters")
    return value


IdempotencyKey = Annotated[
    str, AfterValidator(_idempotency_key), Field(json_schema_extra={"pattern": f"^{_PRINTABLE.pattern}$"})
]


class StartQuery(Query):
    """Where to start, and which version."""

    environment: Environment = "PRODUCTION"
    version_number: Text | None = Field(default=None, description="default: the active published version")


class StartHeaders(Headers):
    """What makes a start safe to repeat."""

    idempotency_key: IdempotencyKey | None = Field(
        default=None,
        alias="Idempotency-Key",
        description="The same key and request give the same answer for 24 hours, and start nothing new.",
    )


class StartBody(Body):
    """Which flow to start, and with what."""

    process_id: Text = Field(description="the flow's UUID", examples=["3f8a1c2d-7f54-4d0e-9a3b-0f6f4f1f9d11"])
    correlation_key: Text | None = Field(
        default=None, description="your own reference; correlates catch events", examples=["order-9981"]
    )
    data: Variables = Field(
        default={}, description="input variables by name", examples=[{"orderId": "ORD-001", "amount": 149.99}]
    )


class Started(Answer):
    """The instance is committed; it runs asynchronously."""

    process_instance_id: str = Field(examples=["inst_01jd2v6m3y8e1q7r5s9t0vwxyz"])
    process_id: str
    status: Literal["started"]
    start_time: Time


@operation(
    api,
    "POST",
    "/exec",
    permit=Permit(
        WORKFLOW_EXECUTE, "organization", "A system-level key starts instances with POST /process/start."
    ),
    errors=(404, 409),
)
def start_execution(query: StartQuery, header: StartHeaders, body: StartBody) -> Started:
    """Start an instance of a flow of your organization.

    Returns as soon as the instance is committed; Redis being down does not fail it.
    """
    return _start("/process/exec", query, header, body, any_organization=False)


@operation(
    api,
    "POST",
    "/start",
    permit=Permit(
        WORKFLOW_EXECUTE,
        "system",
        "This takes a system-level key or a user with SYSTEM_ADMIN; use POST /process/exec.",
    ),
    errors=(404, 409),
)
def start_execution_as_system(query: StartQuery, header: StartHeaders, body: StartBody) -> Started:
    """Start an instance of any organization's flow.

    For system-level keys and users with SYSTEM_ADMIN. The instance belongs to the organization that owns the
    flow.
    """
    return _start("/process/start", query, header, body, any_organization=True)


def _start(
    route: str, query: StartQuery, header: StartHeaders, body: StartBody, *, any_organization: bool
) -> Started:
    caller = current_caller()
    started = current_services().engine.start(
        StartRequest(
            access=caller.access_everywhere if any_organization else caller.access,
            process_id=body.process_id,
            environment=query.environment,
            version_number=query.version_number,
            correlation_key=body.correlation_key,
            data=body.data,
            route=route,
            idempotency_key=header.idempotency_key,
        )
    )
    return Started(
        process_instance_id=started.process_instance_id,
        process_id=started.process_id,
        status="started",
        start_time=started.started_at,
    )


class TaskBody(Body):
    """The answer of a person, or that the task is cancelled."""

    process_instance_id: Text = Field(description="the paused execution to resume")
    node_id: Text = Field(description="the node that waits for input", examples=["approval-step"])
    action: Literal["COMPLETE", "CANCEL"]
    data: Variables = Field(
        default={},
        description="form fields or decision values; checked against the task's form",
        examples=[{"decision": "approved", "notes": "Looks good, proceed"}],
    )
    task_id: Text | None = Field(
        default=None, description="names one task where the node waits more than once"
    )


class TaskAnswered(Answer):
    """`cancelled` when CANCEL ended the instance, else `resumed`."""

    process_instance_id: str
    status: Literal["resumed", "cancelled"]


@operation(api, "POST", "/task", permit=Permit(WORKFLOW_EXECUTE), errors=(404, 409))
def resume_task(body: TaskBody) -> TaskAnswered:
    """Answer or cancel a User Task or Input Node that waits.

    Of two callers at once exactly one wins; the other gets 409 `TASK_NOT_WAITING`. Where several tasks wait
    at the node and none is named, 409 lists their `taskIds`. CANCEL throws the BPMN error `TASK_CANCELLED`
    at the node.
    """
    caller, engine = current_caller(), current_services().engine
    instance_id, node_id = body.process_instance_id, body.node_id
    status: Any = "resumed"
    if body.action == "COMPLETE":
        engine.complete_task(
            caller.access, instance_id, node_id, body.data, task_id=body.task_id, by=caller.label
        )
    else:
        status = engine.cancel_task(
            caller.access, instance_id, node_id, task_id=body.task_id, by=caller.label
        )
    return TaskAnswered(process_instance_id=instance_id, status=status)


class InstancePath(Path):
    """Names an instance."""

    process_instance_id: str
