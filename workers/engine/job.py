"""Jobs of external service tasks: a worker fetches and locks them, and says what came of each.

A lock is a lease: `available_at` is its end and `epoch` counts the locks of a job. The id that a worker gets
names both the job and the lock, so that one whose job was given to another can say nothing any more.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, cast

from models.errors import Conflict, Forbidden, NotFound, TooManyRequests
from models.incident_code import IncidentCode
from workers.engine.change import change
from workers.engine.checks import check_names
from workers.engine.context import Context
from workers.engine.graphs import NotCompilable
from workers.engine.locked import Locked
from workers.engine.outside.attempt import AttemptFailed
from workers.engine.requests import (
    LONGEST_MESSAGE,
    Access,
    JobError,
    JobFailure,
    JobsRequest,
    LockedJob,
    locked_id,
)
from workers.engine.store import jobs, retrying
from workers.engine.store.jobs import FetchedJob, Job, Topic
from workers.flow.json_value import JsonValue
from workers.flow.values.template import reveal
from workers.mask import mask
from workers.semantics import plan
from workers.semantics.changes import Changes
from workers.semantics.follow_up import FollowUp, follow_ups
from workers.semantics.memory import VisitInput
from workers.semantics.situation import Event, Failed, Token, Triggered

#: The pauses between two looks for a worker that waits for jobs, in seconds: short at first, then longer.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5

#: When a caller that found no free seat may come again, in seconds.
_COME_AGAIN = 2


def activate(context: Context, request: JobsRequest, is_heard: Callable[[], bool]) -> list[LockedJob]:
    """Locks jobs, the oldest first; waits for one if there is none. No connection is held meanwhile.

    A caller whose connection is gone (`is_heard` is false) gets no job: locking one would waste its lease.
    A job that was locked `MAX_LOSSES` times in vain, or whose secrets cannot be read, becomes an incident.

    Raises:
        TooManyRequests: TOO_MANY_WAITING: there is no job, and every seat for waiting is taken.
    """
    deadline = time.monotonic() + request.patience.total_seconds()
    taken = _take(context, request)
    if taken or not request.patience:
        return taken
    if not context.poll_seats.acquire(blocking=False):
        raise TooManyRequests(
            "There is no job, and as many workers wait here as may.",
            code="TOO_MANY_WAITING",
            retry_after=_COME_AGAIN,
        )
    try:
        pause = _FIRST_PAUSE
        while not taken and (left := deadline - time.monotonic()) > 0:
            if context.stopping.wait(min(pause, left)) or not is_heard():
                break
            taken = _take(context, request)
            pause = min(pause * 2, _LONGEST_PAUSE)
    finally:
        context.poll_seats.release()
    return taken


def complete(
    context: Context, access: Access, job_id: str, data: dict[str, JsonValue], *, by: str | None
) -> list[FollowUp]:
    """What the worker made goes into the flow.

    Raises:
        NotFound: JOB_NOT_FOUND: it was finished, or its node or instance ended, or never was.
        Conflict: JOB_NOT_LOCKED: the lock ran out and the job was given to another.
        Forbidden: ENVIRONMENT_NOT_ALLOWED.
        Unprocessable: the data uses a name of the system; the job stays locked.
    """
    check_names(data)

    def completed(token: Token, told: Any) -> Triggered:
        return Triggered(token.id, token.node_id, told, by)

    return _tell(context, access, job_id, data, completed)[1]


def fail(context: Context, access: Access, job_id: str, failure: JobFailure) -> tuple[str, list[FollowUp]]:
    """The attempt came to nothing: "retrying", or "incident" when none is left.

    Raises: as `complete`.
    """

    def failed(token: Token, told: Any) -> Failed:
        message = told[:LONGEST_MESSAGE] or f"the worker failed at node '{token.node_id}'"
        return Failed(
            token.id,
            token.epoch,
            IncidentCode.JOB_FAILED,
            message,
            retry_after=failure.pause,
            retries=failure.retries,
        )

    stopped, found = _tell(context, access, job_id, failure.message, failed)
    return "incident" if stopped else "retrying", found


def throw_error(context: Context, access: Access, job_id: str, error: JobError) -> tuple[str, list[FollowUp]]:
    """Throws a BPMN error at the node: "caught", or "incident" when nobody catches it.

    Raises: as `complete`.
    """

    def thrown(token: Token, told: Any) -> Failed:
        message = told["message"][:LONGEST_MESSAGE] or f"thrown by the worker of node '{token.node_id}'"
        return Failed(
            token.id,
            token.epoch,
            IncidentCode.JOB_FAILED,
            message,
            error_code=error.code,
            data=told.get("data"),
        )

    told: dict[str, JsonValue] = {"message": error.message}
    if error.data is not None:
        told["data"] = error.data
    stopped, found = _tell(context, access, job_id, told, thrown)
    return "incident" if stopped else "caught", found


def extend(context: Context, access: Access, job_id: str, lock: timedelta) -> datetime:
    """The lock runs out so long from now; returns when that is.

    Raises: as `complete`.
    """
    with context.store.statements() as transaction:
        job = _held(jobs.find(transaction, _row_id(job_id)), access, job_id)
        locked_until = transaction.now() + lock
        if not jobs.extend(transaction, job.id, job.epoch, locked_until):
            _held(jobs.find(transaction, job.id), access, job_id)  # what has become of it meanwhile
            raise _not_locked()
    return locked_until


def _take(context: Context, request: JobsRequest) -> list[LockedJob]:
    fetched = retrying(lambda: _fetch(context, request))
    return [locked for job in fetched if (locked := _hand_out(context, job)) is not None]


def _fetch(context: Context, request: JobsRequest) -> list[FetchedJob]:
    topic = Topic(request.organization_id, request.environment, request.topic)
    with context.store.autocommit() as reading:
        if not jobs.is_any_free(reading, topic):
            return []
    with context.store.statements() as transaction:
        return jobs.fetch(transaction, topic, worker=request.worker, most=request.most, lock=request.lock)


def _hand_out(context: Context, job: FetchedJob) -> LockedJob | None:
    """The locked job as its worker gets it; None where it became an incident instead."""
    if job.epoch > plan.MAX_LOSSES:
        reason = f"{plan.MAX_LOSSES} workers locked the job of node '{job.node_id}' and let the lock run out"
        _give_up(context, job, IncidentCode.WORKER_LOST, reason)
        return None
    given = cast(VisitInput, job.memory.input)
    try:
        secrets = context.secrets.read(job.organization_id, given.secret_names)
    except AttemptFailed as failure:
        _give_up(context, job, failure.code, failure.message)
        return None
    retries_left = None
    if job.memory.retries is not None:  # as a worker has said
        retries_left = job.memory.retries - 1
    else:
        with suppress(NotCompilable):
            retry = context.graphs.get(job.version_id).nodes[job.node_id].retry
            retries_left = max(retry.max_attempts - job.attempts - 1, 0)
    return LockedJob(
        id=locked_id(job.id, job.epoch),
        topic=job.topic,
        process_instance_id=job.instance_id,
        process_id=job.flow_id,
        version_number=job.version_number,
        node_id=job.node_id,
        correlation_key=job.correlation_key,
        variables=reveal(given.evaluated, secrets.__getitem__),
        attempt=job.attempts + 1,
        retries_left=retries_left,
        locked_until=job.available_at,
        idempotency_key=given.key,
    )


def _give_up(context: Context, fetched: FetchedJob, code: IncidentCode, reason: str) -> None:
    """Makes a job that was just locked an incident of its node, if it is not another worker's by now.

    An incident sets nothing off.
    """

    def decide(locked: Locked) -> Changes | None:
        job = jobs.find(locked.transaction, fetched.id, for_update=True)
        if job is None or job.epoch != fetched.epoch:
            return None
        token = locked.near(job.token_id).tokens[job.token_id]
        return locked.plan(Failed(token.id, token.epoch, code, reason, retryable=False))

    change(context, fetched.instance_id, decide)


def _tell(
    context: Context,
    access: Access,
    job_id: str,
    told: JsonValue,
    event: Callable[[Token, Any], Event],
) -> tuple[bool, list[FollowUp]]:
    """Lets happen what a worker told, the secrets that it was given masked; whether that is an incident."""
    with context.store.autocommit() as reading:
        job = _held(jobs.find(reading, _row_id(job_id)), access, job_id)
    masked = mask(told, _secrets(context, job))

    def decide(locked: Locked) -> Changes:
        _held(jobs.find(locked.transaction, job.id, for_update=True), access, job_id)
        token = locked.near(job.token_id).tokens[job.token_id]
        return locked.plan(event(token, masked))

    made = change(context, job.instance_id, decide)
    if not made:
        raise _not_found()
    stopped = any(incident.token_id == job.token_id for incident in made[-1].incidents)
    return stopped, follow_ups(made)


def _row_id(job_id: str) -> str:
    return job_id.partition(".")[0]


def _held(job: Job | None, access: Access, job_id: str) -> Job:
    """The job if the id names its newest lock: one that ran out still holds while nobody else got the job."""
    if job is None or access.organization_id not in (None, job.organization_id):
        raise _not_found()
    if access.environment not in (None, job.environment):
        raise Forbidden(f"This key may only act in {access.environment}.", code="ENVIRONMENT_NOT_ALLOWED")
    if not job.epoch:
        raise Conflict("The job is not locked yet: activate it first.", code="JOB_NOT_LOCKED")
    if job_id != locked_id(job.id, job.epoch):
        raise _not_locked()
    return job


def _not_found() -> NotFound:
    return NotFound("There is no job with this jobId, or it has ended.", code="JOB_NOT_FOUND")


def _not_locked() -> Conflict:
    return Conflict(
        "The job is not locked under this jobId: the lock ran out and another worker got the job.",
        code="JOB_NOT_LOCKED",
    )


def _secrets(context: Context, job: Job) -> list[str]:
    """The secrets that the worker was given, as far as they are still there."""
    values: list[str] = []
    for name in cast(VisitInput, job.memory.input).secret_names:
        with suppress(AttemptFailed):
            values += context.secrets.read(job.organization_id, [name]).values()
    return values
