"""The engine: what the app and the workers call. Each verb has a file of its own.

A verb returns what follows from its commits as data, and here that is done after it.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import datetime, timedelta
from functools import partial

from models.db import Database
from models.settings import Settings
from workers.engine import (
    answer,
    cancel,
    execute,
    follow,
    job,
    lease,
    message,
    retry,
    schedule,
    signal,
    start,
    task,
    timer,
    variables,
)
from workers.engine.context import FOLLOW_UPS, Context
from workers.engine.doorbell import Doorbell, TokenRef
from workers.engine.graphs import Graphs, NotCompilable
from workers.engine.requests import (
    Access,
    JobError,
    JobFailure,
    JobsRequest,
    LockedJob,
    MessageRequest,
    Published,
    Signalled,
    SignalRequest,
    Started,
    StartRequest,
)
from workers.engine.store import Claim, DueTimer, Lease, Store, Upkeep, impatient, retrying
from workers.flow.json_value import JsonValue
from workers.semantics.follow_up import FollowUp


class Engine:
    """Safe to share between threads; one for each process.

    `follow_ups` is how many follow-ups of one commit are done at once. A web process does few, so that a call
    is answered in time whatever it sets off; sweepers do the rest.
    """

    def __init__(
        self, settings: Settings, database: Database, doorbell: Doorbell, *, follow_ups: int = FOLLOW_UPS
    ) -> None:
        self._context = Context(settings, database, doorbell, follow_ups)

    def close(self) -> None:
        self._context.outbound.close()

    # -- for callers

    def start(self, request: StartRequest) -> Started:
        started, found = retrying(partial(start.start, self._context, request))
        self._follow(found)
        return started

    def complete_task(
        self,
        access: Access,
        instance_id: str,
        node_id: str,
        data: dict[str, JsonValue],
        *,
        task_id: str | None = None,
        by: str | None = None,
    ) -> None:
        self._follow(task.complete(self._context, access, instance_id, node_id, data, task_id=task_id, by=by))

    def cancel_task(
        self,
        access: Access,
        instance_id: str,
        node_id: str,
        *,
        task_id: str | None = None,
        by: str | None = None,
    ) -> str:
        outcome, found = task.cancel(self._context, access, instance_id, node_id, task_id=task_id, by=by)
        self._follow(found)
        return outcome

    def publish_message(self, request: MessageRequest) -> Published:
        # Messages that are kept for the same address came before this one.
        address = message.address_of(request)
        with suppress(NotCompilable):
            while found := retrying(partial(message.deliver_kept, self._context, address)):
                self._follow(found)
        published, found = retrying(partial(message.publish, self._context, request))
        self._follow(found)
        return published

    def publish_signal(self, request: SignalRequest) -> Signalled:
        signalled, found = retrying(partial(signal.publish, self._context, request))
        self._follow(found)
        return signalled

    def cancel(self, access: Access, instance_id: str, by: str | None = None) -> None:
        self._follow(cancel.cancel(self._context, access, instance_id, by))

    def retry(
        self, access: Access, instance_id: str, *, incident_id: str | None = None, anew: bool = False
    ) -> None:
        self._follow(retry.retry(self._context, access, instance_id, incident_id=incident_id, anew=anew))

    def set_variables(
        self,
        access: Access,
        instance_id: str,
        values: dict[str, JsonValue],
        *,
        scope_id: str | None = None,
    ) -> None:
        self._follow(variables.set_variables(self._context, access, instance_id, values, scope_id=scope_id))

    def set_answer(
        self, access: Access, instance_id: str, token_id: str, value: dict[str, JsonValue]
    ) -> None:
        self._follow(answer.set_answer(self._context, access, instance_id, token_id, value))

    # -- for external workers

    def activate_jobs(
        self, request: JobsRequest, is_heard: Callable[[], bool] = lambda: True
    ) -> list[LockedJob]:
        return job.activate(self._context, request, is_heard)

    def complete_job(
        self, access: Access, job_id: str, data: dict[str, JsonValue], *, by: str | None = None
    ) -> None:
        self._follow(job.complete(self._context, access, job_id, data, by=by))

    def fail_job(self, access: Access, job_id: str, failure: JobFailure) -> str:
        outcome, found = job.fail(self._context, access, job_id, failure)
        self._follow(found)
        return outcome

    def throw_job_error(self, access: Access, job_id: str, error: JobError) -> str:
        outcome, found = job.throw_error(self._context, access, job_id, error)
        self._follow(found)
        return outcome

    def extend_job(self, access: Access, job_id: str, lock: timedelta) -> datetime:
        return job.extend(self._context, access, job_id, lock)

    def seat_polls(self, seats: int) -> None:
        """Lets so many callers wait for a job at once, so that others find a free thread of the server."""
        self._context.poll_seats = threading.Semaphore(seats)

    # -- for workers

    def execute(self, ref: TokenRef) -> None:
        self._follow(execute.execute(self._context, ref))

    @property
    def stopping(self) -> threading.Event:
        """Set at shutdown: what waits for the database to come back, or for a job, gives up."""
        return self._context.stopping

    @property
    def claims(self) -> set[Claim]:
        """The claimed tokens whose nodes run in this process now."""
        return self._context.claims

    # -- for the sweeper and the heartbeat

    @property
    def settings(self) -> Settings:
        return self._context.settings

    @property
    def upkeep(self) -> Upkeep:
        """What is due: found, and marked as taken for a while."""
        return self._context.upkeep

    def impatient(self, lock_wait: str) -> AbstractContextManager[None]:
        """Within the block transactions of this thread wait no longer than that for a lock."""
        return impatient(lock_wait)

    def fire_timer(self, due: DueTimer) -> None:
        """Fires a due timer; where its version cannot be run for too long, that is an incident."""
        self._follow(timer.fire_due(self._context, due))

    def fire_start(self, start_id: str) -> None:
        """Starts an instance at a start event whose time has come, and sets the next time."""
        self._follow(schedule.fire(self._context, start_id))

    def take_back(self, lost: Lease, *, for_certain: bool = False) -> None:
        """Makes a token ready again whose lease ran out; `for_certain` where its worker is dead."""
        self._follow(lease.take_back(self._context, lost, for_certain=for_certain))

    def do(self, follow_up: FollowUp) -> None:
        """Does a follow-up that nobody did after its commit, and what follows from it.

        Raises:
            NotCompilable: this code cannot run the receiver's version.
        """
        self._follow(retrying(partial(follow.do, self._context, follow_up)))

    # -- what it stands on

    @property
    def store(self) -> Store:
        return self._context.store

    @property
    def graphs(self) -> Graphs:
        return self._context.graphs

    def _follow(self, found: list[FollowUp]) -> None:
        follow.follow(self._context, found)
