"""The sweeper: a thread in every worker that makes up for what Redis, a clock or a dead worker owes.

Any number may run at once: each row is taken by one of them.
"""

import threading
import time
from datetime import UTC, datetime, timedelta

import structlog

from models.errors import Unavailable
from workers.broker import Doorbell
from workers.engine.engine import Engine
from workers.engine.execute import decide, is_current
from workers.engine.plan import plan
from workers.engine.situation import Lost, Triggered
from workers.engine.store import Due, retrying
from workers.engine.store.store import Store

log = structlog.get_logger(__name__)

#: Rows that one round takes of each kind, so that a round is short and a long queue is not doubled at once.
BATCH = 200

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
        due = self._engine.store.due_timers(BATCH, RECLAIM)
        for timer in due:
            fire(self._engine, timer)
        return len(due) == BATCH

    def _take_back_leases(self) -> bool:
        expired = self._engine.store.expired_leases(BATCH)
        for lease in expired:
            take_back(self._engine, lease)
        return len(expired) == BATCH

    def _send_again(self) -> bool:
        engine = self._engine
        emptied_at = _now(engine.store) if self._doorbell.was_emptied() else None
        resend = timedelta(seconds=engine.settings.resend_seconds)
        while tokens := engine.store.to_send_again(resend, emptied_at, BATCH):
            missed = self._doorbell.ring(tokens)
            if missed:
                engine.store.mark_unsent(token.id for token in missed)
                if emptied_at is not None:
                    self._doorbell.forget_marker()
                return False
            if emptied_at is None:
                return len(tokens) == BATCH
        return False

    def _prune(self) -> bool:
        if time.monotonic() - self._pruned_at > PRUNE_EVERY:
            self._pruned_at = time.monotonic()
            self._engine.store.prune()
        return False


def fire(engine: Engine, timer: Due) -> None:
    """Fires a timer if it is armed still."""
    graph = engine.graphs.get(timer.version_id)

    def attempt() -> None:
        with engine.store.transaction() as transaction:
            facts = engine.store.lock_instance(transaction, timer.instance_id)
            if facts is None or not engine.store.is_armed(transaction, timer.id):
                return
            situation = engine.store.whole(transaction, facts)
            event = Triggered(timer.token_id, timer.epoch)
            if not is_current(situation, event):
                return
            changes = plan(graph, situation, event)
            engine.store.apply(transaction, changes)
        engine.ring(changes)

    retrying(attempt)


def take_back(engine: Engine, lease: Due) -> None:
    """Makes a token ready again whose worker was lost."""
    log.warning("a lease ran out", instance=lease.instance_id, token=lease.token_id)
    decide(engine, engine.graphs.get(lease.version_id), lease.instance_id, Lost(lease.token_id, lease.epoch))


def take_back_all(engine: Engine) -> None:
    """At the boot of a lone process: whoever held a lease is dead."""
    while leases := engine.store.expired_leases(BATCH, all_of_them=True):
        for lease in leases:
            take_back(engine, lease)


def _now(store: Store) -> datetime:
    with store.autocommit() as transaction:
        return transaction.now().astimezone(UTC)
