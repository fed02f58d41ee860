"""Fires timers: those whose time has come, and those that are due at once because they carry something."""

from models.states import InstanceStatus
from workers.engine.change import change
from workers.engine.context import Context
from workers.engine.graphs import NotCompilable
from workers.engine.incident import ROLLING, stop_not_runnable
from workers.engine.locked import Locked
from workers.engine.store import DueTimer, subscriptions, timers
from workers.engine.store.timers import Timer
from workers.semantics.changes import Changes
from workers.semantics.follow_up import FireTimer, FollowUp, follow_ups
from workers.semantics.situation import FiredTimer, Triggered


def fire_due(context: Context, due: DueTimer) -> list[FollowUp]:
    """Fires a timer that a sweeper found due; an incident where nobody can run its version for too long."""
    try:
        return fire(context, due.id)
    except NotCompilable as error:
        if due.late > ROLLING:
            stop_not_runnable(context, due.instance_id, due.holder_id, None, error)
        return []


def fire(context: Context, timer_id: str) -> list[FollowUp]:
    """Fires a timer if it is armed still, under its instance's lock: so it fires once.

    Where the same called instance told something before, that is fired first, and this one follows from it.

    Raises:
        NotCompilable: this code cannot run the version.
    """
    with context.store.autocommit() as reading:
        timer = timers.find(reading, timer_id)
        if timer is not None and timer.node_id == "":
            timer = timers.first_from_called(reading, timer)
    if timer is None:
        return []
    first_id = timer.id
    found = follow_ups(change(context, timer.instance_id, lambda locked: _fired(locked, first_id)))
    return found if first_id == timer_id else [*found, FireTimer(timer_id)]


def _fired(locked: Locked, timer_id: str) -> Changes | None:
    """What firing the timer changes; nothing where it is gone. One that nobody awaits any more is deleted."""
    timer = timers.find(locked.transaction, timer_id)
    if timer is None:
        return None
    fired = FiredTimer(timer.id, timer.due_at, timer.cycle, timer.remaining, timer.anchor_at)
    event = Triggered(timer.holder_id, timer.node_id, timer.data or {}, timer=fired)
    if locked.facts.status != InstanceStatus.RUNNING or not _is_awaited(locked, timer, event):
        timers.drop(locked.transaction, timer.id)
        return None
    return locked.plan(event)


def _is_awaited(locked: Locked, timer: Timer, event: Triggered) -> bool:
    """Whether the holder still waits for what the timer brings.

    A timer that carries something was written without the holder's lock.
    """
    situation = locked.near(event.holder_id)
    if not situation.is_current(event):
        return False
    if timer.data is None:
        return True
    if timer.subscription_id is None:
        return situation.tokens[event.holder_id].memory.called is not None
    return subscriptions.is_there(locked.transaction, timer.subscription_id)
