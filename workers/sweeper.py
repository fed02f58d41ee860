"""The sweeper: a thread in every worker that makes up for what Redis, a clock or a dead worker owes.

Any number may run at once: each row is taken by one of them.
"""

import threading
import time
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from models.errors import Busy, Unavailable
from workers.broker import Doorbell
from workers.engine.engine import Engine
from workers.semantics.follow_up import FollowUp

log = structlog.get_logger(__name__)

#: No limit: at the boot of a lone process every lease is taken back in one round.
EVERY_LEASE = 1_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """How much a round of the sweeper takes, and how long it leaves alone what did not work.

    Times without a unit in their type are seconds.
    """

    #: Rows of each kind in one round, so that a round is short and a long queue is not doubled at once.
    batch: int = 200
    #: A timer that a sweeper took and did not fire within this time is taken again. What somebody else held
    #: locked is left alone as long.
    reclaim: timedelta = timedelta(seconds=10)
    #: How long something is left alone that failed for another reason.
    set_aside: timedelta = timedelta(seconds=60)
    #: PostgreSQL's `lock_timeout` in a round: everything else that is due waits with a lock.
    lock_wait: str = "1s"
    #: Pause between two looks for kept messages that can be delivered after all. Where many are kept and a
    #: look takes long, `deliver_share` times as long as the look.
    deliver_every: float = 2.0
    deliver_share: float = 20.0
    #: Pause between two looks for what can be forgotten.
    prune_every: float = 60.0


class Sweeper(threading.Thread):
    def __init__(self, engine: Engine, doorbell: Doorbell, pace: Pace | None = None) -> None:
        super().__init__(name="sweeper", daemon=True)
        self._engine = engine
        self._doorbell = doorbell
        self._pace = pace or Pace()
        self._stop_asked = threading.Event()
        self._prune_at = 0.0
        self._deliver_at = 0.0
        self._aside = SetAside()  # instances and follow-ups that did not work
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
            self._fire_starts,
            self._take_back_leases,
            self._send_again,
            self._route,
            self._deliver,
            self._prune,
        ):
            try:
                with self._engine.impatient(self._pace.lock_wait):
                    full |= duty()
            except Unavailable as error:
                log.warning("the sweeper waits for the database", reason=str(error.__cause__))
                return False
            except Exception:
                log.exception("a duty of the sweeper failed", duty=duty.__name__)
        return full

    def _fire_timers(self) -> bool:
        due = self._engine.upkeep.due_timers(self._pace.batch, self._pace.reclaim)
        for timer in due:
            if self._aside.is_due(timer.instance_id):
                with self._apart(timer.instance_id, instance=timer.instance_id, timer=timer.id):
                    self._engine.fire_timer(timer)
        return len(due) == self._pace.batch

    def _fire_starts(self) -> bool:
        due = self._engine.upkeep.due_starts(self._pace.batch, self._pace.reclaim)
        for start_id in due:
            with self._apart(start_id, start=start_id):
                self._engine.fire_start(start_id)
        return len(due) == self._pace.batch

    def _take_back_leases(self) -> bool:
        rows = self._engine.upkeep.expired_leases(self._pace.batch + self._aside.count())
        expired = [lease for lease in rows if self._aside.is_due(lease.instance_id)]
        for lease in expired:
            if self._aside.is_due(lease.instance_id):
                with self._apart(lease.instance_id, instance=lease.instance_id, token=lease.token_id):
                    self._engine.take_back(lease)
        return len(expired) >= self._pace.batch

    def _route(self) -> bool:
        """Routes thrown messages and signals that their workers did not route."""
        return self._do(self._engine.upkeep.unrouted(self._wanted))

    def _deliver(self) -> bool:
        """Delivers kept messages for which there is a subscription now, or that can start an instance now."""
        begun = time.monotonic()
        if begun < self._deliver_at:
            return False
        found = self._engine.upkeep.deliverable(self._wanted)
        took = time.monotonic() - begun
        self._do(found)
        pause = max(self._pace.deliver_every, self._pace.deliver_share * took)
        self._deliver_at = time.monotonic() + pause
        return False

    @property
    def _wanted(self) -> int:
        """How many follow-ups to look for, so that those set aside do not hide the others."""
        return self._pace.batch + self._aside.count()

    def _do(self, found: Iterable[FollowUp]) -> bool:
        due = [each for each in found if self._aside.is_due(each)]
        for each in due:
            with self._apart(each, self._pace.set_aside, follow_up=str(each)):
                self._engine.do(each)
        return len(due) >= self._pace.batch

    def _send_again(self) -> bool:
        upkeep = self._engine.upkeep
        if self._emptied_at is None and self._doorbell.was_emptied():
            self._emptied_at = upkeep.now()
        resend = timedelta(seconds=self._engine.settings.resend_seconds)
        batch = self._pace.batch
        tokens = upkeep.to_send_again(resend, self._emptied_at, self._doorbell.lengths(), batch)
        missed = self._doorbell.ring(tokens) if tokens else []
        if missed:
            upkeep.mark_unsent(token.id for token in missed)
            return False
        if self._emptied_at is not None:
            if len(tokens) < batch:
                self._doorbell.mark()
                self._emptied_at = None
            return len(tokens) == batch
        return sum(token.sends <= 1 for token in tokens) == batch

    def _prune(self) -> bool:
        if time.monotonic() >= self._prune_at:
            self._prune_at = time.monotonic() + self._pace.prune_every
            self._engine.upkeep.prune()
        return False

    @contextmanager
    def _apart(self, key: Hashable, failed_for: timedelta = timedelta(), **what: str) -> Iterator[None]:
        """Keeps one failure from holding up the others: `key` is left alone for a while.

        That is `reclaim` where another transaction holds a row, `failed_for` after any other failure.
        """
        try:
            yield
        except Unavailable:
            raise
        except Busy as error:
            self._aside.put(key, self._pace.reclaim)
            log.warning("the sweeper comes back to what somebody else holds", reason=error.detail, **what)
        except Exception:
            self._aside.put(key, failed_for)
            log.exception("the sweeper failed at one of its duties", **what)


class SetAside:
    """Keys of what did not work, each until it is due again."""

    def __init__(self) -> None:
        self._until: dict[Hashable, float] = {}

    def put(self, key: Hashable, span: timedelta) -> None:
        self._until[key] = time.monotonic() + span.total_seconds()

    def is_due(self, key: Hashable) -> bool:
        return self._until.get(key, 0) <= time.monotonic()

    def count(self) -> int:
        """How many keys are not due yet; the keys that are due are forgotten."""
        now = time.monotonic()
        self._until = {key: until for key, until in self._until.items() if until > now}
        return len(self._until)


def take_back_all(engine: Engine) -> None:
    """Takes every lease back, at the boot of a lone process: its holders are dead."""
    for lease in engine.upkeep.expired_leases(EVERY_LEASE, all_of_them=True):
        try:
            engine.take_back(lease, for_certain=True)
        except Unavailable:
            raise
        except Exception:
            log.exception("a lease could not be taken back", instance=lease.instance_id, token=lease.token_id)
