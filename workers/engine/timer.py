"""Fires timers: those whose time has come, and those that are due at once because they carry something."""

from functools import partial
from typing import TYPE_CHECKING

from models.states import InstanceStatus
from workers.engine.commit import change, look_at
from workers.engine.store.transaction import Row, Transaction
from workers.semantics.changes import Changes
from workers.semantics.plan import plan
from workers.semantics.situation import FiredTimer, InstanceFacts, Situation, Triggered

if TYPE_CHECKING:
    from workers.engine.engine import Engine

#: What a called instance told before it comes first: its end is the last.
_FROM_CALLED = """SELECT id, instance_id FROM timers WHERE instance_id = :instance_id
    AND holder_id = :holder_id AND node_id = '' AND due_at <= :due_at ORDER BY due_at, id"""


def fire(engine: "Engine", timer_id: str) -> None:
    """Fires a timer if it is armed still, under its instance's lock: so it fires once.

    Raises:
        NotCompilable: this code cannot run the version.
    """
    with engine.store.autocommit() as reading:
        rows = reading.rows(
            "SELECT id, instance_id, holder_id, node_id, due_at FROM timers WHERE id = :id", id=timer_id
        )
        if rows and rows[0]["node_id"] == "":
            rows = reading.rows(_FROM_CALLED, **rows[0])
    for row in rows:
        change(engine, row["instance_id"], partial(_plan, engine, row["id"]))


def _plan(engine: "Engine", timer_id: str, transaction: Transaction, facts: InstanceFacts) -> Changes | None:
    rows = transaction.rows(
        """SELECT holder_id, node_id, due_at, cycle, remaining, anchor_at, data, subscription_id
        FROM timers WHERE id = :id""",
        id=timer_id,
    )
    if not rows:
        return None
    row = rows[0]
    timer = FiredTimer(timer_id, row["due_at"], row["cycle"], row["remaining"], row["anchor_at"])
    event = Triggered(row["holder_id"], row["node_id"], row["data"] or {}, timer=timer)

    def look(situation: Situation) -> Changes | None:
        awaited = situation.is_current(event) and (
            row["data"] is None or _is_awaited(transaction, situation, row)
        )
        if facts.status != InstanceStatus.RUNNING or not awaited:
            # What it was for has gone while it was on its way.
            transaction.run("DELETE FROM timers WHERE id = :id", id=timer_id)
            return None
        return plan(engine.graphs.get(facts.version_id, transaction), situation, event)

    return look_at(engine, transaction, facts, event.holder_id, look)


def _is_awaited(transaction: Transaction, situation: Situation, row: Row) -> bool:
    """Whether the holder still waits for what a timer brings: it was handed out without the holder's lock."""
    if row["subscription_id"] is None:
        return situation.tokens[row["holder_id"]].memory.called is not None
    return bool(
        transaction.rows("SELECT 1 AS one FROM subscriptions WHERE id = :id", id=row["subscription_id"])
    )
