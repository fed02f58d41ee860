"""Fires timers: those whose time has come, and those that are due at once because they carry something."""

from typing import TYPE_CHECKING

from models.states import RUNNING
from workers.engine.changes import Changes
from workers.engine.commit import change
from workers.engine.plan import plan
from workers.engine.situation import FiredTimer, InstanceFacts, Triggered
from workers.engine.store.transaction import Transaction

if TYPE_CHECKING:
    from workers.engine.engine import Engine


def fire(engine: "Engine", timer_id: str) -> None:
    """Fires a timer if it is armed still, under its instance's lock: so it fires once.

    Raises:
        NotCompilable: this code cannot run the version.
    """
    with engine.store.autocommit() as reading:
        rows = reading.rows("SELECT instance_id FROM timers WHERE id = :id", id=timer_id)
    if rows:
        change(engine, rows[0]["instance_id"], lambda t, facts: _plan(engine, t, facts, timer_id))


def _plan(engine: "Engine", transaction: Transaction, facts: InstanceFacts, timer_id: str) -> Changes | None:
    rows = transaction.rows(
        "SELECT holder_id, node_id, due_at, cycle, remaining, data FROM timers WHERE id = :id", id=timer_id
    )
    if not rows:
        return None
    row = rows[0]
    timer = FiredTimer(timer_id, row["due_at"], row["cycle"], row["remaining"])
    event = Triggered(row["holder_id"], row["node_id"], row["data"] or {}, timer=timer)
    situation = engine.store.whole(transaction, facts)
    if facts.status != RUNNING or not situation.is_current(event):
        # What it was for has gone while it was on its way.
        transaction.run("DELETE FROM timers WHERE id = :id", id=timer_id)
        return None
    return plan(engine.graphs.get(facts.version_id, transaction), situation, event)
