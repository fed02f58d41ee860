"""The engine: what the app and the workers call. Each verb has a file of its own; here is what they share."""

import threading
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import structlog

from models.db import Database
from models.errors import ConfigurationError
from models.secret import Vault
from models.settings import Settings
from workers.engine import broadcast, correlate, execute, job, operate, start, task, timer
from workers.engine.execute import TokenRef
from workers.engine.graphs import Graphs
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
from workers.engine.secrets import SecretReader
from workers.engine.store import Claim, Store, Upkeep, retrying
from workers.flow.json_value import JsonValue
from workers.outbound import OutboundClient
from workers.semantics.changes import Changes
from workers.semantics.situation import Token

log = structlog.get_logger(__name__)


class Doorbell(Protocol):
    """Tells workers that tokens are ready. SQL knows it anyway: a lost ring is only a late one."""

    def ring(self, tokens: Collection[Token]) -> list[Token]:
        """Sends a message for each; returns those that could not be sent. Never raises, never hangs."""


class Engine:
    """Safe to share between threads; one for each process."""

    def __init__(self, settings: Settings, database: Database, doorbell: Doorbell) -> None:
        self.settings = settings
        self.store = Store(database)
        self.upkeep = Upkeep(self.store)
        self.graphs = Graphs(self.store)
        self.doorbell = doorbell
        self.secrets = SecretReader(database, Vault(settings.encryption_keys))
        try:
            self.outbound = OutboundClient(
                allowed_private_hosts=settings.allowed_private_hosts,
                max_response_bytes=settings.max_response_bytes,
            )
        except ValueError as error:
            raise ConfigurationError(f"ALLOWED_PRIVATE_HOSTS: {error}") from None
        #: Claimed tokens whose nodes run in this process now; the heartbeat renews their leases.
        self.claims: set[Claim] = set()
        #: Set at shutdown: what waits for the database to come back, or for a job, gives up.
        self.stopping = threading.Event()
        #: So many callers may wait for a job at once; a server of few threads keeps some for others.
        self.places = threading.Semaphore(1000)

    def close(self) -> None:
        self.outbound.close()

    # -- for callers

    def start(self, request: StartRequest) -> Started:
        return retrying(lambda: start.start(self, request))

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
        task.complete(self, access, instance_id, node_id, data, task_id=task_id, by=by)

    def cancel_task(
        self,
        access: Access,
        instance_id: str,
        node_id: str,
        *,
        task_id: str | None = None,
        by: str | None = None,
    ) -> str:
        return task.cancel(self, access, instance_id, node_id, task_id=task_id, by=by)

    def publish_message(self, request: MessageRequest) -> Published:
        return retrying(lambda: correlate.publish(self, request))

    def publish_signal(self, request: SignalRequest) -> Signalled:
        return retrying(lambda: broadcast.publish(self, request))

    def cancel(self, access: Access, instance_id: str, by: str | None = None) -> None:
        operate.cancel(self, access, instance_id, by)

    def retry(
        self, access: Access, instance_id: str, *, incident_id: str | None = None, anew: bool = False
    ) -> None:
        operate.retry(self, access, instance_id, incident_id=incident_id, anew=anew)

    def set_variables(
        self,
        access: Access,
        instance_id: str,
        values: dict[str, JsonValue],
        *,
        scope_id: str | None = None,
    ) -> None:
        operate.set_variables(self, access, instance_id, values, scope_id=scope_id)

    def set_answer(
        self, access: Access, instance_id: str, token_id: str, answer: dict[str, JsonValue]
    ) -> None:
        operate.set_answer(self, access, instance_id, token_id, answer)

    # -- for external workers

    def activate_jobs(
        self, request: JobsRequest, is_heard: Callable[[], bool] = lambda: True
    ) -> list[LockedJob]:
        return job.activate(self, request, is_heard)

    def complete_job(
        self, access: Access, job_id: str, data: dict[str, JsonValue], *, by: str | None = None
    ) -> None:
        job.complete(self, access, job_id, data, by=by)

    def fail_job(self, access: Access, job_id: str, failure: JobFailure) -> str:
        return job.fail(self, access, job_id, failure)

    def throw_job_error(self, access: Access, job_id: str, error: JobError) -> str:
        return job.throw_error(self, access, job_id, error)

    def extend_job(self, access: Access, job_id: str, lock: timedelta) -> datetime:
        return job.extend(self, access, job_id, lock)

    # -- for workers

    def execute(self, ref: TokenRef) -> None:
        execute.execute(self, ref)

    def committed(self, made: Collection[Changes]) -> None:
        """After a commit: rings for what is ready, and does at once what the sweeper would do a little later.

        Never raises: what was committed is committed, and nothing of the rest is lost.
        """
        self.ring_tokens([token for changes in made for token in changes.to_send()])
        for changes in made:
            for message in changes.thrown:
                router = broadcast if message.kind == "signal" else correlate
                self._soon(partial(router.route, self, message.id))
            for each in changes.subscriptions:
                if each.kind == "message":
                    address = correlate.Address(
                        each.organization_id, each.environment, each.name, each.correlation_key
                    )
                    self._soon(partial(correlate.deliver_kept, self, address))
            self.fire(each.id for each in changes.timers if each.due_at <= changes.now)

    def fire(self, timer_ids: Iterable[str]) -> None:
        """Fires timers that are due at once."""
        for timer_id in timer_ids:
            self._soon(partial(timer.fire, self, timer_id))

    def _soon(self, act: Callable[[], None]) -> None:
        try:
            retrying(act)
        except Exception:
            log.exception("what follows from a commit failed; the sweeper does it later")

    def ring_tokens(self, tokens: Collection[Token]) -> None:
        missed = self.doorbell.ring(tokens) if tokens else []
        if missed:
            self._send_later(token.id for token in missed)

    def _send_later(self, token_ids: Iterable[str]) -> None:
        try:
            self.upkeep.mark_unsent(token_ids)
        except Exception:
            # They were marked as sent when they were written, so the sweeper takes them for stale later.
            log.exception("the doorbell failed, and so did saying so; the sweeper sends again later")
