"""Scheduled flows: start events with a timer, each row fired by one of any number of sweepers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from workers.engine import begin
from workers.engine.store.transaction import Transaction
from workers.flow.cycle import parse_cycle
from workers.flow.duration import add_duration, parse_datetime
from workers.flow.graph import Graph, MessageCatch, SignalEvent, TimerCatch
from workers.flow.template import Templated

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
            "SELECT * FROM flow_starts WHERE id = :id AND due_at <= :now {for_update}", id=start_id, now=now
        )
        if not rows:
            return
        row = rows[0]
        changes = begin.at_event(engine, transaction, row, None, {})
        _set_next(transaction, start_id, row["cycle"], row["remaining"], row["due_at"], now)
    engine.committed([changes])


def _set_next(
    transaction: Transaction,
    start_id: str,
    cycle: str | None,
    remaining: int | None,
    due_at: datetime,
    now: datetime,
) -> None:
    again = None if cycle is None or remaining == 0 else parse_cycle(cycle).after(due_at, now)
    transaction.run(
        "UPDATE flow_starts SET due_at = :due_at, remaining = :remaining, claimed_at = NULL WHERE id = :id",
        due_at=again,
        remaining=None if remaining is None else max(remaining - 1, 0),
        id=start_id,
    )


def _timer(node_id: str, timer: TimerCatch, now: datetime) -> StartEvent:
    if timer.cycle is not None:
        text = _literal(timer.cycle)
        cycle = parse_cycle(text)
        remaining = None if cycle.repetitions is None else cycle.repetitions - 1
        return StartEvent(node_id, "timer", None, cycle.first(now), text, remaining)
    if timer.duration is not None:
        return StartEvent(node_id, "timer", None, add_duration(now, _literal(timer.duration)))
    return StartEvent(node_id, "timer", None, parse_datetime(_literal(timer.date)) if timer.date else None)


def _literal(templated: Templated) -> str:
    """The compiler lets only literals pass here: there are no variables before an instance begins."""
    return str(templated.evaluate({}, now=datetime(1970, 1, 1, tzinfo=UTC)).value)
