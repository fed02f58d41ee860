"""`timers`: who waits for a time. A move arms and deletes them; the rest is here.

One that is due at once carries `data`: a signal to one that waits for it, or the end of a called instance to
its caller.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from models.types import new_id
from workers.engine.store.dialect import Transaction
from workers.engine.store.rows import json_text
from workers.flow.json_value import JsonValue


@dataclass(frozen=True, slots=True)
class Timer:
    """An armed timer. `data` is None where it carries nothing; `subscription_id` is of a signal."""

    id: str
    instance_id: str
    holder_id: str
    node_id: str
    due_at: datetime
    cycle: str | None
    remaining: int | None
    anchor_at: datetime | None
    data: dict[str, JsonValue] | None
    subscription_id: str | None


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer whose time has come, `late` ago."""

    id: str
    holder_id: str
    instance_id: str
    late: timedelta


_TIMER = """id, instance_id, holder_id, node_id, due_at, cycle, remaining, anchor_at, data, subscription_id"""


def find(transaction: Transaction, id: str) -> Timer | None:
    """The timer as it is armed; None when it has fired, or its holder has gone."""
    rows = transaction.rows(f"SELECT {_TIMER} FROM timers WHERE id = :id", id=id)
    return Timer(**rows[0]) if rows else None


def take_due(transaction: Transaction, limit: int, reclaim: timedelta) -> list[DueTimer]:
    """Takes timers whose time has come, for `reclaim`, so that several sweepers share the work.

    Those that were due first come first.
    """
    now = transaction.now()
    claimed = transaction.rows(
        """UPDATE timers SET claimed_at = :now WHERE id IN (
            SELECT id FROM timers WHERE due_at <= :now
            AND (claimed_at IS NULL OR claimed_at < :reclaim)
            ORDER BY due_at LIMIT :limit {skip_locked})
        RETURNING id, holder_id, instance_id, due_at""",
        now=now,
        reclaim=now - reclaim,
        limit=limit,
    )
    claimed.sort(key=lambda row: (row["due_at"], row["id"]))
    return [DueTimer(row["id"], row["holder_id"], row["instance_id"], now - row["due_at"]) for row in claimed]


def first_from_called(transaction: Transaction, last: Timer) -> Timer | None:
    """The first of what a called instance told its caller up to `last`: its end is the last of it."""
    rows = transaction.rows(
        f"""SELECT {_TIMER} FROM timers WHERE instance_id = :instance_id
        AND holder_id = :holder_id AND node_id = '' AND due_at <= :due_at ORDER BY due_at, id LIMIT 1""",
        instance_id=last.instance_id,
        holder_id=last.holder_id,
        due_at=last.due_at,
    )
    return Timer(**rows[0]) if rows else None


def arm_for_signal(
    transaction: Transaction,
    organization_id: str,
    environment: str,
    name: str,
    data: dict[str, JsonValue],
    origin_id: str | None,
) -> list[str]:
    """Arms a timer that is due at once for each that waits for the signal, but in the instance that threw it.

    Their ids, the oldest subscription first.
    """
    rows = transaction.rows(
        """INSERT INTO timers (id, instance_id, holder_id, node_id, due_at, data, subscription_id)
        SELECT :prefix || id, instance_id, holder_id, node_id, :now, :data, id FROM subscriptions
        WHERE organization_id = :organization_id AND environment = :environment
        AND kind = 'signal' AND name = :name AND correlation_key = '' AND instance_id <> :origin_id
        ORDER BY created_at, id RETURNING id""",
        prefix=new_id("timer_"),
        now=transaction.now(),
        data=json_text(data),
        organization_id=organization_id,
        environment=environment,
        name=name,
        origin_id=origin_id or "",
    )
    return [row["id"] for row in rows]


def drop(transaction: Transaction, id: str) -> None:
    """What it was for has gone while it was on its way."""
    transaction.run("DELETE FROM timers WHERE id = :id", id=id)
