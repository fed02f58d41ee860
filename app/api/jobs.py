"""POST /process/jobs/…: external service tasks, fetched and finished by workers in any language."""

import select
import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Literal

from flask import request
from flask_openapi.blueprint import APIBlueprint
from pydantic import Field, PlainValidator

from app.api.tags import EXTERNAL_WORKERS
from app.http.caller import Permit, current_caller
from app.http.operation import operation
from app.http.schemas import (
    DURATION,
    Answer,
    Body,
    Data,
    Environment,
    Path,
    Query,
    Text,
    Time,
    Variables,
    wrong,
)
from app.services import current_services
from models.permission import WORKFLOW_EXECUTE
from workers.engine.requests import LONGEST_MESSAGE, JobError, JobFailure, JobsRequest
from workers.flow.values.duration import parse_duration

api = APIBlueprint("jobs", __name__, url_prefix="/process/jobs", abp_tags=[EXTERNAL_WORKERS])

_PERMIT = Permit(
    WORKFLOW_EXECUTE,
    "organization",
    "A worker takes the jobs of one organization; use a key of that organization.",
)


def _duration(shortest: str, longest: str) -> Callable[[object], timedelta]:
    """Checks a field that is a duration between two others."""
    least, most = parse_duration(shortest), parse_duration(longest)

    def check(value: object) -> timedelta:
        try:
            duration = parse_duration(value) if isinstance(value, str) else None
        except ValueError:
            duration = None
        if duration is None or not least <= duration <= most:
            raise wrong(f"must be an ISO 8601 duration from {shortest} to {longest}")
        return duration

    return check


Lock = Annotated[timedelta, PlainValidator(_duration("PT1S", "PT24H")), DURATION]
Patience = Annotated[timedelta, PlainValidator(_duration("PT0S", "PT25S")), DURATION]
Pause = Annotated[timedelta, PlainValidator(_duration("PT0S", "P1D")), DURATION]

ErrorMessage = Annotated[
    str,
    Field(
        description=f"its first {LONGEST_MESSAGE} characters are kept",
    ),
]


class JobsQuery(Query):
    """Whose jobs: those of instances that run in this environment."""

    environment: Environment = "PRODUCTION"


class JobsToActivate(Body):
    """What a worker can do, and for how long it wants to be alone with it."""

    topic: Text = Field(examples=["ship-order"])
    worker_name: Text = Field(description="shown to operators", examples=["shipping-1"])
    max_jobs: Annotated[int, Field(ge=1, le=100)] = 1
    lock_duration: Lock = Field(
        default=timedelta(minutes=5),
        description="PT1S to PT24H, PT5M by default: after it another worker may get the job",
        examples=["PT5M"],
    )
    timeout: Patience = Field(
        default=timedelta(seconds=10),
        description="PT0S to PT25S, PT10S by default: how long to wait while there is no job",
        examples=["PT25S"],
    )


class ActivatedJob(Answer):
    """A job that is the worker's until `lockedUntil`.

    `jobId` names the job and this lock. `variables` is the node's `input`, secrets in clear; without `input`
    all variables. `retriesLeft` is how many more attempts there are after this one. Every attempt at one
    visit of the node carries the same `idempotencyKey`.
    """

    job_id: str = Field(examples=["job_01jd2v6m3y8e1q7r5s9t0vwxyz.1"])
    topic: str
    process_instance_id: str
    process_id: str
    version_number: str = Field(examples=["1"])
    node_id: str
    correlation_key: str | None
    variables: Any
    attempt: int = Field(description="from 1")
    retries_left: int | None
    locked_until: Time
    idempotency_key: str


class ActivatedJobs(Answer):
    """Empty when the time was over before there was a job."""

    jobs: list[ActivatedJob]


@operation(api, "POST", "/activate", permit=_PERMIT, errors=(429,))
def activate_jobs(query: JobsQuery, body: JobsToActivate) -> ActivatedJobs:
    """Fetch and lock jobs of a topic, the oldest first; wait for one if there is none.

    No other worker gets them before their lock runs out. A job whose lock ran out is handed out again; one
    that was locked five times in vain becomes the incident `WORKER_LOST`. 429 `TOO_MANY_WAITING` when there
    is no job and half of the server's threads wait already: come again after `Retry-After` seconds.
    """
    caller = current_caller()
    caller.check_environment(query.environment)
    jobs = current_services().engine.activate_jobs(
        JobsRequest(
            organization_id=caller.organization,
            environment=query.environment,
            topic=body.topic,
            worker=body.worker_name,
            most=body.max_jobs,
            lock=body.lock_duration,
            patience=body.timeout,
        ),
        _caller_is_there(),
    )
    return ActivatedJobs(
        jobs=[
            ActivatedJob(
                job_id=job.id,
                topic=job.topic,
                process_instance_id=job.process_instance_id,
                process_id=job.process_id,
                version_number=str(job.version_number),
                node_id=job.node_id,
                correlation_key=job.correlation_key,
                variables=job.variables,
                attempt=job.attempt,
                retries_left=job.retries_left,
                locked_until=job.locked_until,
                idempotency_key=job.idempotency_key,
            )
            for job in jobs
        ]
    )


def _caller_is_there() -> Callable[[], bool]:
    """Asks whether this request's connection is still open, where the server lets us see it."""
    connection = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if connection is None:
        return lambda: True
    poll = select.poll()
    poll.register(connection, select.POLLIN)

    def ask() -> bool:
        try:
            return not poll.poll(0) or bool(connection.recv(1, socket.MSG_PEEK))
        except ValueError:  # a TLS socket cannot be peeked
            return True
        except OSError:
            return False

    return ask


class JobPath(Path):
    """Names a job and the lock that the worker has."""

    job_id: str


class CompleteBody(Body):
    """What the worker made."""

    data: Variables = Field(
        default={},
        description="`output` sees it; without `output` it merges into the variables by key",
        examples=[{"trackingCode": "T-17"}],
    )


class JobCompleted(Answer):
    """The result is in the flow."""

    job_id: str
    status: Literal["completed"]


@operation(api, "POST", "/<jobId>/complete", permit=_PERMIT, errors=(404, 409))
def complete_job(path: JobPath, body: CompleteBody) -> JobCompleted:
    """Finish a job: its node is completed and the instance goes on.

    404 when the job is finished already, or its node or instance ended meanwhile; 409 `JOB_NOT_LOCKED` when
    the lock ran out and another worker got the job.
    """
    caller = current_caller()
    current_services().engine.complete_job(caller.access, path.job_id, body.data, by=caller.label)
    return JobCompleted(job_id=path.job_id, status="completed")


class FailBody(Body):
    """Why the attempt failed, and whether to try again."""

    retries: Annotated[int, Field(ge=0)] | None = Field(
        default=None,
        description="attempts that are left; 0: an incident. Default: as last said, else as `retry` says",
    )
    retry_back_off: Pause | None = Field(
        default=None,
        description="PT0S to P1D: the pause before the next attempt; without `retries` it is never shorter "
        "than that of the node's `retry`",
        examples=["PT30S"],
    )
    error_message: ErrorMessage = ""


class JobFailed(Answer):
    """`retrying`, or `incident` when no attempt is left."""

    job_id: str
    status: Literal["retrying", "incident"]


@operation(api, "POST", "/<jobId>/fail", permit=_PERMIT, errors=(404, 409))
def fail_job(path: JobPath, body: FailBody) -> JobFailed:
    """Say that an attempt failed: there is another one after a pause, or the incident `JOB_FAILED`."""
    failure = JobFailure(body.error_message, body.retries, body.retry_back_off)
    status: Any = current_services().engine.fail_job(current_caller().access, path.job_id, failure)
    return JobFailed(job_id=path.job_id, status=status)


class ErrorBody(Body):
    """A BPMN error: something that the flow is drawn for, not a failure."""

    error_code: Text = Field(examples=["OUT_OF_STOCK"])
    error_message: ErrorMessage = ""
    data: Data | None = Field(default=None, description="who catches the error sees it as `error.data`")


class JobErrorThrown(Answer):
    """`caught` by an event of the flow, or `incident` when nothing catches the code."""

    job_id: str
    status: Literal["caught", "incident"]


@operation(api, "POST", "/<jobId>/error", permit=_PERMIT, errors=(404, 409))
def throw_job_error(path: JobPath, body: ErrorBody) -> JobErrorThrown:
    """Throw a BPMN error at the node of a job; uncaught it is the incident `UNCAUGHT_ERROR`."""
    error = JobError(body.error_code, body.error_message, body.data)
    status: Any = current_services().engine.throw_job_error(current_caller().access, path.job_id, error)
    return JobErrorThrown(job_id=path.job_id, status=status)


class ExtendBody(Body):
    """How long the worker still needs."""

    lock_duration: Lock = Field(description="PT1S to PT24H from now", examples=["PT5M"])


class JobExtended(Answer):
    """The job is the worker's until then."""

    job_id: str
    locked_until: Time


@operation(api, "POST", "/<jobId>/extend", permit=_PERMIT, errors=(404, 409))
def extend_job(path: JobPath, body: ExtendBody) -> JobExtended:
    """Keep a job for longer."""
    until = current_services().engine.extend_job(current_caller().access, path.job_id, body.lock_duration)
    return JobExtended(job_id=path.job_id, locked_until=until)
