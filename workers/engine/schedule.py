"""Scheduled flows: start events with a timer, each row fired by one of any number of sweepers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from workers.engine import begin
from workers.engine.store.transaction import Row, Transaction
from workers.flow.graph import Graph, MessageCatch, SignalEvent, TimerCatch
from workers.flow.values.cycle import parse_cycle
from workers.flow.values.duration import add_duration, parse_moment
from workers.flow.values.zone import to_utc

if TYPE_CHECKING:
    from workers.engine.engine import Engine


@dataclass(frozen=True, slots=True)
class StartEvent:
    """What a start event waits for from the moment its version becomes active: columns of `flow_starts`."""

    node_id: str
    kind: str
    name: str | None = None
    due_at: datetime | None = None
    cycle: str | None = None
    remaining: int | None = None
    anchor_at: datetime | None = None


def start_events(graph: Graph, now: datetime) -> Iterator[StartEvent]:
    """What the start events of a version wait for, if it becomes active now."""
    for node_id in graph.top.event_starts:
        match graph.nodes[node_id].details:
            case MessageCatch() as message:
                yield StartEvent(node_id, "message", message.name)
            case SignalEvent() as signal:
                yield StartEvent(node_id, "signal", signal.name)
            case TimerCatch() as timer:
                yield _timer(node_id, timer, now)


def over(graph: Graph, now: datetime) -> Iterator[tuple[str, str]]:
    """The cycles that are written out and have no time to come, each after the id of its node."""
    for node in graph.nodes.values():
        if isinstance(timer := node.details, TimerCatch) and timer.cycle and timer.cycle.literal is not None:
            text = timer.cycle.literal
            if parse_cycle(text, timer.zone).first(now) is None:
                yield node.id, text


def take_due(engine: "Engine", limit: int, reclaim: timedelta) -> list[str]:
    """Takes start timers whose time has come, for a moment, so that several sweepers share the work."""
    with engine.store.statements() as transaction:
        now = transaction.now()
        rows = transaction.rows(
            """UPDATE flow_starts SET claimed_at = :now WHERE id IN (
                SELECT id FROM flow_starts WHERE due_at <= :now
                AND (claimed_at IS NULL OR claimed_at < :reclaim)
                ORDER BY due_at LIMIT :limit {skip_locked})
            RETURNING id""",
            now=now,
            reclaim=now - reclaim,
            limit=limit,
        )
    return [row["id"] for row in rows]


def fire(engine: "Engine", start_id: str) -> None:
    """Starts one instance, however often the timer was missed, and sets the next time; both or neither.

    Raises:
        NotCompilable: this code cannot run the version.
    """
    with engine.store.transaction() as transaction:
        now = transaction.now()
        rows = transaction.rows(
            """SELECT id, organization_id, environment, flow_id, version_id, version_number, node_id,
                due_at, cycle, remaining, anchor_at
            FROM flow_starts WHERE id = :id AND due_at <= :now {for_update}""",
            id=start_id,
            now=now,
        )
        if not rows:
            return
        row = rows[0]
        changes = begin.at_event(engine, transaction, row, None, {})
        _set_next(transaction, row, now)
    engine.committed([changes])


def _set_next(transaction: Transaction, row: Row, now: datetime) -> None:
    remaining, again, anchor_at = row["remaining"], None, row["anchor_at"]
    if row["cycle"] is not None and remaining != 0:
        cycle = parse_cycle(row["cycle"], anchor=anchor_at)
        again, anchor_at = cycle.after(row["due_at"], now), cycle.anchor
    transaction.run(
        """UPDATE flow_starts SET due_at = :due_at, remaining = :remaining, anchor_at = :anchor_at,
        claimed_at = NULL WHERE id = :id""",
        due_at=again,
        remaining=None if remaining is None else max(remaining - 1, 0),
        anchor_at=anchor_at,
        id=row["id"],
    )


def _timer(node_id: str, timer: TimerCatch, now: datetime) -> StartEvent:
    # The compiler lets only literals pass here: there are no variables before an instance begins.
    if timer.cycle is not None:
        cycle = parse_cycle(timer.cycle.literal or "", timer.zone)
        first = cycle.first(now)
        remaining = None if cycle.repetitions is None else cycle.repetitions - 1
        return StartEvent(node_id, "timer", None, first, cycle.text, remaining, cycle.anchor)
    if timer.duration is not None:
        due_at = add_duration(now.astimezone(timer.zone), timer.duration.literal or "", signed=True)
        return StartEvent(node_id, "timer", None, due_at)
    date = to_utc(parse_moment(timer.date.literal or "", timer.zone)) if timer.date else None
    return StartEvent(node_id, "timer", None, date)
