"""The sweeper: a thread in every worker that makes up for what Redis, a clock or a dead worker owes.

Any number may run at once: each row is taken by one of them.
"""

import threading
import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

import structlog

from models.errors import Busy, Unavailable
from models.incident_code import IncidentCode
from workers.broker import Doorbell
from workers.engine import broadcast, correlate, schedule, timer
from workers.engine.commit import decide
from workers.engine.engine import Engine
from workers.engine.graphs import NotCompilable
from workers.engine.stop import stop
from workers.engine.store import DueTimer, Lease, Store, impatient, retrying
from workers.semantics.situation import Lost
from workers.semantics.stuck import Stuck

log = structlog.get_logger(__name__)

#: Rows that one round takes of each kind, so that a round is short and a long queue is not doubled at once.
BATCH = 200

#: At boot there is nothing else to do.
EVERY_LEASE = 1_000_000

#: A timer that a sweeper took and did not fire within this time is taken again. What somebody else held
#: locked is left alone as long.
RECLAIM = timedelta(seconds=10)

#: How long the sweeper waits for a lock: everything else that is due waits with it.
LOCK_WAIT = "1s"

#: In a rolling deploy another worker may know what this one cannot run: it gets so much time for it.
ROLLING = timedelta(seconds=60)

#: Pause between two looks for kept messages that can be delivered after all, in seconds. Where many are kept
#: and a look takes long, this many times as long.
DELIVER_EVERY, DELIVER_SHARE = 2.0, 20

#: Pause between two looks for what can be forgotten, in seconds.
PRUNE_EVERY = 60.0


class Sweeper(threading.Thread):
    def __init__(self, engine: Engine, doorbell: Doorbell) -> None:
        super().__init__(name="sweeper", daemon=True)
        self._engine = engine
        self._doorbell = doorbell
        self._stop_asked = threading.Event()
        self._pruned_at = 0.0
        self._deliver_at = 0.0
        self._set_aside = SetAside()
        self._held = SetAside()  # instances that somebody else held locked
        self._emptied_at: datetime | None = None  # while everything is being sent to an emptied Redis

    def run(self) -> None:
        while not self._stop_asked.is_set():
            if not self.sweep():
                self._stop_asked.wait(self._engine.settings.sweep_seconds)

    def stop(self) -> None:
        self._stop_asked.set()

    def sweep(self) -> bool:
        """One round; whether there was so much to do that another should follow at once."""
        full = False
        for duty in (
            self._fire_timers,
            self._fire_schedules,
            self._take_back_leases,
            self._send_again,
            self._route,
            self._deliver,
            self._prune,
        ):
            try:
                with impatient(LOCK_WAIT):
                    full |= duty()
            except Unavailable as error:
                log.warning("the sweeper waits for the database", reason=str(error.__cause__))
                return False
            except Exception:
                log.exception("a duty of the sweeper failed", duty=duty.__name__)
        return full

    def _fire_timers(self) -> bool:
        due = self._engine.upkeep.due_timers(BATCH, RECLAIM)
        for each in due:
            if self._held.is_due(each.instance_id):
                with (
                    _apart(instance=each.instance_id, timer=each.id),
                    self._held.if_it_is_busy(each.instance_id),
                ):
                    _fire(self._engine, each)
        return len(due) == BATCH

    def _fire_schedules(self) -> bool:
        due = schedule.take_due(self._engine, BATCH, RECLAIM)
        for start_id in due:
            with _apart(start=start_id):
                schedule.fire(self._engine, start_id)
        return len(due) == BATCH

    def _take_back_leases(self) -> bool:
        rows = self._engine.upkeep.expired_leases(BATCH + len(self._held))
        expired = [lease for lease in rows if self._held.is_due(lease.instance_id)]
        for lease in expired:
            if self._held.is_due(lease.instance_id):
                with (
                    _apart(instance=lease.instance_id, token=lease.token_id),
                    self._held.if_it_is_busy(lease.instance_id),
                ):
                    _take_back(self._engine, lease)
        return len(expired) >= BATCH

    def _route(self) -> bool:
        """What flows threw and the workers that threw it could not route."""
        rows = self._engine.upkeep.unrouted(BATCH + len(self._set_aside))
        due = [row for row in rows if self._set_aside.is_due(row["id"])]
        for row in due:
            router = broadcast if row["kind"] == "signal" else correlate
            with _apart(message=row["id"]), self._set_aside.if_it_fails(row["id"]):
                retrying(partial(router.route, self._engine, row["id"]))
        return len(due) >= BATCH

    def _deliver(self) -> bool:
        """Kept messages that somebody waits for after all, or that can start an instance now."""
        begun = time.monotonic()
        if begun < self._deliver_at:
            return False
        rows = self._engine.upkeep.deliverable(BATCH + len(self._set_aside))
        took = time.monotonic() - begun
        for address in (correlate.Address(**row) for row in rows):
            if self._set_aside.is_due(address):
                with _apart(message=address.name), self._set_aside.if_it_fails(address):
                    retrying(partial(correlate.deliver_kept, self._engine, address))
        self._deliver_at = time.monotonic() + max(DELIVER_EVERY, DELIVER_SHARE * took)
        return False

    def _send_again(self) -> bool:
        engine = self._engine
        if self._emptied_at is None and self._doorbell.was_emptied():
            self._emptied_at = _now(engine.store)
        resend = timedelta(seconds=engine.settings.resend_seconds)
        tokens = engine.upkeep.to_send_again(resend, self._emptied_at, self._doorbell.lengths(), BATCH)
        missed = self._doorbell.ring(tokens) if tokens else []
        if missed:
            engine.upkeep.mark_unsent(token.id for token in missed)
            return False
        if self._emptied_at is not None:
            if len(tokens) < BATCH:
                self._doorbell.mark()
                self._emptied_at = None
            return len(tokens) == BATCH
        return sum(token.sends <= 1 for token in tokens) == BATCH

    def _prune(self) -> bool:
        if time.monotonic() - self._pruned_at > PRUNE_EVERY:
            self._pruned_at = time.monotonic()
            self._engine.upkeep.prune()
        return False


class SetAside:
    """What failed, by a key; it is left alone for a while, so that it does not hold up the others."""

    def __init__(self) -> None:
        self._until: dict[Hashable, float] = {}

    def __len__(self) -> int:
        now = time.monotonic()
        self._until = {key: until for key, until in self._until.items() if until > now}
        return len(self._until)

    def is_due(self, key: Hashable) -> bool:
        return self._until.get(key, 0) <= time.monotonic()

    @contextmanager
    def if_it_is_busy(self, key: Hashable) -> Iterator[None]:
        """Sets the key aside where somebody else held what the block needs."""
        try:
            yield
        except Busy:
            self._until[key] = time.monotonic() + RECLAIM.total_seconds()
            raise

    @contextmanager
    def if_it_fails(self, key: Hashable) -> Iterator[None]:
        """Sets the key aside when the block raises, unless the database is away from everybody."""
        try:
            with self.if_it_is_busy(key):
                yield
        except (Busy, Unavailable):
            raise
        except Exception:
            self._until[key] = time.monotonic() + ROLLING.total_seconds()
            raise


def take_back_all(engine: Engine) -> None:
    """At the boot of a lone process: whoever held a lease is dead."""
    for lease in engine.upkeep.expired_leases(EVERY_LEASE, all_of_them=True):
        with _apart(instance=lease.instance_id, token=lease.token_id):
            _take_back(engine, lease, for_certain=True)


def _fire(engine: Engine, due: DueTimer) -> None:
    try:
        timer.fire(engine, due.id)
    except NotCompilable as error:
        if due.late > ROLLING:
            _stop(engine, due.instance_id, due.holder_id, None, error)


def _take_back(engine: Engine, lease: Lease, *, for_certain: bool = False) -> None:
    """Makes a token ready again whose lease ran out."""
    if not for_certain:
        log.warning("a lease ran out", instance=lease.instance_id, token=lease.token_id)
    try:
        graph = engine.graphs.get(lease.version_id)
        decide(engine, graph, lease.instance_id, Lost(lease.token_id, lease.epoch, for_certain))
    except NotCompilable as error:
        if for_certain or lease.late > ROLLING:
            _stop(engine, lease.instance_id, lease.token_id, lease.epoch, error)


def _stop(engine: Engine, instance_id: str, token_id: str, epoch: int | None, error: NotCompilable) -> None:
    log.warning("a version cannot be run", instance=instance_id, reason=str(error))
    stop(engine, instance_id, token_id, epoch, Stuck(IncidentCode.VERSION_NOT_RUNNABLE, str(error)[:2000]))


@contextmanager
def _apart(**what: str) -> Iterator[None]:
    """One that fails does not hold up the others."""
    try:
        yield
    except Unavailable:
        raise
    except Busy as error:
        log.warning("the sweeper comes back to what somebody else holds", reason=error.detail, **what)
    except Exception:
        log.exception("the sweeper failed at one of its duties", **what)


def _now(store: Store) -> datetime:
    with store.autocommit() as transaction:
        return transaction.now()
