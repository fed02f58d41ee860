"""The sweeper: a thread in every worker that makes up for what Redis, a clock or a dead worker owes.

Any number may run at once: each row is taken by one of them.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from models.errors import Unavailable
from workers.broker import Doorbell
from workers.engine.commit import decide
from workers.engine.engine import Engine
from workers.engine.graphs import NotCompilable
from workers.engine.plan import plan
from workers.engine.situation import Lost, Triggered
from workers.engine.stop import stop
from workers.engine.store import Due, Store, retrying
from workers.engine.stuck import Stuck

log = structlog.get_logger(__name__)

#: Rows that one round takes of each kind, so that a round is short and a long queue is not doubled at once.
BATCH = 200

#: At boot there is nothing else to do.
EVERY_LEASE = 1_000_000

#: How much longer a stale token is left alone while its queue is long.
BUSY_PATIENCE = 8

#: A timer that a sweeper took and did not fire within this time is taken again.
RECLAIM = timedelta(seconds=10)

#: Pause between two looks for what can be forgotten, in seconds.
PRUNE_EVERY = 60.0


class Sweeper(threading.Thread):
    def __init__(self, engine: Engine, doorbell: Doorbell) -> None:
        super().__init__(name="sweeper", daemon=True)
        self._engine = engine
        self._doorbell = doorbell
        self._stop_asked = threading.Event()
        self._pruned_at = 0.0
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
        for duty in (self._fire_timers, self._take_back_leases, self._send_again, self._prune):
            try:
                full |= duty()
            except Unavailable as error:
                log.warning("the sweeper waits for the database", reason=str(error.__cause__))
                return False
            except Exception:
                log.exception("a duty of the sweeper failed", duty=duty.__name__)
        return full

    def _fire_timers(self) -> bool:
        due = self._engine.upkeep.due_timers(BATCH, RECLAIM)
        for timer in due:
            _one(self._engine, timer, fire)
        return len(due) == BATCH

    def _take_back_leases(self) -> bool:
        expired = self._engine.upkeep.expired_leases(BATCH)
        for lease in expired:
            _one(self._engine, lease, take_back)
        return len(expired) == BATCH

    def _send_again(self) -> bool:
        engine = self._engine
        if self._emptied_at is None and self._doorbell.was_emptied():
            self._emptied_at = _now(engine.store)
        # In a long queue what is stale is rather late than lost: sent at once it would double the queue.
        patience = BUSY_PATIENCE if self._doorbell.is_busy() else 1
        resend = timedelta(seconds=engine.settings.resend_seconds) * patience
        tokens = engine.upkeep.to_send_again(resend, self._emptied_at, BATCH)
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


def fire(engine: Engine, timer: Due) -> None:
    """Fires a timer if it is armed still."""
    graph = engine.graphs.get(timer.version_id)

    def attempt() -> None:
        with engine.store.transaction() as transaction:
            facts = engine.store.lock_instance(transaction, timer.instance_id)
            if facts is None or not engine.upkeep.is_armed(transaction, timer.id):
                return
            situation = engine.store.whole(transaction, facts)
            event = Triggered(timer.token_id, timer.epoch)
            if not situation.is_current(event):
                return
            changes = plan(graph, situation, event)
            engine.store.apply(transaction, changes)
        engine.ring(changes)

    retrying(attempt)


def take_back(engine: Engine, lease: Due) -> None:
    """Makes a token ready again whose lease ran out."""
    log.warning("a lease ran out", instance=lease.instance_id, token=lease.token_id)
    graph = engine.graphs.get(lease.version_id)
    decide(engine, graph, lease.instance_id, Lost(lease.token_id, lease.epoch))


def take_back_all(engine: Engine) -> None:
    """At the boot of a lone process: whoever held a lease is dead."""

    def take(engine: Engine, lease: Due) -> None:
        graph = engine.graphs.get(lease.version_id)
        decide(engine, graph, lease.instance_id, Lost(lease.token_id, lease.epoch, for_certain=True))

    for lease in engine.upkeep.expired_leases(EVERY_LEASE, all_of_them=True):
        _one(engine, lease, take)


def _one(engine: Engine, due: Due, act: Callable[[Engine, Due], None]) -> None:
    """One that fails does not hold up the others."""
    try:
        act(engine, due)
    except Unavailable:
        raise
    except NotCompilable as error:
        log.warning("a version cannot be run", instance=due.instance_id, reason=str(error))
        stuck = Stuck("VERSION_NOT_RUNNABLE", str(error)[:2000])
        stop(engine, due.instance_id, due.token_id, due.epoch, stuck)
    except Exception:
        log.exception("the sweeper failed at one token", instance=due.instance_id, token=due.token_id)


def _now(store: Store) -> datetime:
    with store.autocommit() as transaction:
        return transaction.now()
