"""Jobs of external service tasks: a worker fetches and locks them, and says what came of each.

A lock is a lease: `available_at` is its end and `epoch` counts the locks of a job. The id that a worker gets
names both the job and the lock, so that one whose job was given to another can say nothing any more.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from models.errors import Conflict, Forbidden, NotFound, TooManyRequests
from models.incident_code import IncidentCode
from workers.engine.commit import change, look_at
from workers.engine.graphs import NotCompilable
from workers.engine.outside.attempt import AttemptFailed
from workers.engine.requests import Access, JobError, JobFailure, JobsRequest, LockedJob
from workers.engine.start import check_names
from workers.engine.store import retrying
from workers.engine.store.jobs import extend_lock, find_job, lock_jobs
from workers.engine.store.transaction import Row, Transaction
from workers.flow.json_value import JsonValue
from workers.flow.values.template import reveal
from workers.mask import mask
from workers.semantics.changes import Changes
from workers.semantics.memory import Memory, VisitInput
from workers.semantics.plan import MAX_LOSSES, plan
from workers.semantics.situation import Event, Failed, InstanceFacts, Situation, Token, Triggered

if TYPE_CHECKING:
    from workers.engine.engine import Engine

#: The pauses between two looks for a worker that waits for jobs, in seconds: short at first, then longer.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5

#: When somebody for whom there was no place to wait may come again, in seconds.
_COME_AGAIN = 2

#: So many characters of a worker's error message are kept.
LONGEST_MESSAGE = 2000


def activate(engine: "Engine", request: JobsRequest, is_heard: Callable[[], bool]) -> list[LockedJob]:
    """Locks jobs, the oldest first; waits for one if there is none. No connection is held meanwhile.

    Who waits and `is_heard` no more gets none: it would be locked in vain. A job that was locked
    `MAX_LOSSES` times in vain, or whose secrets cannot be read, becomes an incident.

    Raises:
        TooManyRequests: TOO_MANY_WAITING: there is no job, and as many wait as may.
    """
    deadline = time.monotonic() + request.patience.total_seconds()
    jobs = _take(engine, request)
    if jobs or not request.patience:
        return jobs
    if not engine.places.acquire(blocking=False):
        raise TooManyRequests(
            "There is no job, and as many workers wait here as may.",
            code="TOO_MANY_WAITING",
            retry_after=_COME_AGAIN,
        )
    try:
        pause = _FIRST_PAUSE
        while not jobs and (left := deadline - time.monotonic()) > 0:
            if engine.stopping.wait(min(pause, left)) or not is_heard():
                break
            jobs = _take(engine, request)
            pause = min(pause * 2, _LONGEST_PAUSE)
    finally:
        engine.places.release()
    return jobs


def complete(
    engine: "Engine", access: Access, job_id: str, data: dict[str, JsonValue], *, by: str | None
) -> None:
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

    _tell(engine, access, job_id, data, completed)


def fail(engine: "Engine", access: Access, job_id: str, failure: JobFailure) -> str:
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

    return "incident" if _tell(engine, access, job_id, failure.message, failed) else "retrying"


def throw_error(engine: "Engine", access: Access, job_id: str, error: JobError) -> str:
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
    return "incident" if _tell(engine, access, job_id, told, thrown) else "caught"


def extend(engine: "Engine", access: Access, job_id: str, lock: timedelta) -> datetime:
    """The lock runs out so long from now; returns when that is.

    Raises: as `complete`.
    """
    with engine.store.statements() as transaction:
        job = _held(find_job(transaction, _row_id(job_id)), access, job_id)
        locked_until = transaction.now() + lock
        if not extend_lock(transaction, job["id"], job["epoch"], locked_until):
            _held(find_job(transaction, job["id"]), access, job_id)  # what has become of it meanwhile
            raise _not_locked()
    return locked_until


def _take(engine: "Engine", request: JobsRequest) -> list[LockedJob]:
    rows = retrying(
        lambda: lock_jobs(
            engine.store,
            organization_id=request.organization_id,
            environment=request.environment,
            topic=request.topic,
            worker=request.worker,
            most=request.most,
            lock=request.lock,
        )
    )
    return [job for row in rows if (job := _hand_out(engine, row)) is not None]


def _hand_out(engine: "Engine", row: Row) -> LockedJob | None:
    """The locked job as its worker gets it; None where it became an incident instead."""
    if row["epoch"] > MAX_LOSSES:
        reason = f"{MAX_LOSSES} workers locked the job of node '{row['node_id']}' and let the lock run out"
        _give_up(engine, row, IncidentCode.WORKER_LOST, reason)
        return None
    memory: Memory = row["memory"]
    given = cast(VisitInput, memory.input)
    try:
        secrets = engine.secrets.read(row["organization_id"], given.secret_names)
    except AttemptFailed as failure:
        _give_up(engine, row, failure.code, failure.message)
        return None
    retries_left = None
    if memory.retries is not None:  # as a worker has said
        retries_left = memory.retries - 1
    else:
        with suppress(NotCompilable):
            retry = engine.graphs.get(row["version_id"]).nodes[row["node_id"]].retry
            retries_left = max(retry.max_attempts - row["attempts"] - 1, 0)
    return LockedJob(
        id=f"{row['id']}.{row['epoch']}",
        topic=row["topic"],
        process_instance_id=row["instance_id"],
        process_id=row["flow_id"],
        version_number=row["version_number"],
        node_id=row["node_id"],
        correlation_key=row["correlation_key"],
        variables=reveal(given.evaluated, secrets.__getitem__),
        attempt=row["attempts"] + 1,
        retries_left=retries_left,
        locked_until=row["available_at"],
        idempotency_key=given.key,
    )


def _give_up(engine: "Engine", row: Row, code: IncidentCode, reason: str) -> None:
    """Makes a job that was just locked an incident of its node, if it is not another's by now."""

    def plan_it(transaction: Transaction, facts: InstanceFacts) -> Changes | None:
        job = find_job(transaction, row["id"], for_update=True)
        if job is None or job["epoch"] != row["epoch"]:
            return None
        situation = engine.store.whole(transaction, facts)
        token = situation.tokens[job["token_id"]]
        event = Failed(token.id, token.epoch, code, reason, retryable=False)
        return plan(engine.graphs.get(facts.version_id, transaction), situation, event)

    change(engine, row["instance_id"], plan_it)


def _tell(
    engine: "Engine",
    access: Access,
    job_id: str,
    told: JsonValue,
    event: Callable[[Token, Any], Event],
) -> bool:
    """Lets happen what a worker told, the secrets that it was given masked; whether that is an incident."""
    with engine.store.autocommit() as reading:
        job = _held(find_job(reading, _row_id(job_id)), access, job_id)
    masked = mask(told, _secrets(engine, job))

    def plan_it(transaction: Transaction, facts: InstanceFacts) -> Changes:
        _held(find_job(transaction, job["id"], for_update=True), access, job_id)
        graph = engine.graphs.get(facts.version_id, transaction)

        def look(situation: Situation) -> Changes:
            return plan(graph, situation, event(situation.tokens[job["token_id"]], masked))

        return look_at(engine, transaction, facts, job["token_id"], look)

    changes = change(engine, job["instance_id"], plan_it)
    if changes is None:
        raise _not_found()
    return any(incident.token_id == job["token_id"] for incident in changes.incidents)


def _row_id(job_id: str) -> str:
    return job_id.partition(".")[0]


def _held(job: Row | None, access: Access, job_id: str) -> Row:
    """The job if the id names its newest lock: one that ran out still holds while nobody else got the job."""
    if job is None or access.organization_id not in (None, job["organization_id"]):
        raise _not_found()
    if access.environment not in (None, job["environment"]):
        raise Forbidden(f"This key may only act in {access.environment}.", code="ENVIRONMENT_NOT_ALLOWED")
    if not job["epoch"] or job_id != f"{job['id']}.{job['epoch']}":
        raise _not_locked()
    return job


def _not_found() -> NotFound:
    return NotFound("There is no job with this jobId, or it has ended.", code="JOB_NOT_FOUND")


def _not_locked() -> Conflict:
    return Conflict(
        "The job is not locked under this jobId: the lock ran out and another worker got the job.",
        code="JOB_NOT_LOCKED",
    )


def _secrets(engine: "Engine", job: Row) -> list[str]:
    """The secrets that the worker was given, as far as they are still there."""
    values: list[str] = []
    for name in cast(VisitInput, job["memory"].input).secret_names:
        with suppress(AttemptFailed):
            values += engine.secrets.read(job["organization_id"], [name]).values()
    return values
