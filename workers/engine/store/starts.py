"""`flow_starts`: the start events of active versions, which wait for a message, a signal or a time.

`app.authoring.schedules` writes and deletes them when a version becomes active; here they are found, and
those with a timer moved on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from workers.engine.store.dialect import Transaction


@dataclass(frozen=True, slots=True)
class Start:
    """A start event at which an instance of its version may begin."""

    id: str
    organization_id: str
    environment: str
    flow_id: str
    version_id: str
    version_number: int
    node_id: str


@dataclass(frozen=True, slots=True)
class ScheduledStart:
    """A start event with a timer: when it is due, and what it repeats by (see `models.flow.FlowStart`)."""

    start: Start
    due_at: datetime
    cycle: str | None
    remaining: int | None
    anchor_at: datetime | None


_START = "id, organization_id, environment, flow_id, version_id, version_number, node_id"


def waiting(
    transaction: Transaction, kind: str, organization_id: str, environment: str, name: str
) -> list[Start]:
    """The start events that wait for this message or signal (`kind`), the oldest first."""
    rows = transaction.rows(
        f"""SELECT {_START} FROM flow_starts WHERE organization_id = :organization_id
        AND environment = :environment AND kind = :kind AND name = :name ORDER BY created_at, id""",
        organization_id=organization_id,
        environment=environment,
        kind=kind,
        name=name,
    )
    return [Start(**row) for row in rows]


def take_due(transaction: Transaction, limit: int, reclaim: timedelta) -> list[str]:
    """Takes start timers whose time has come, for `reclaim`, so that several sweepers share the work."""
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


def lock_due(transaction: Transaction, id: str, now: datetime) -> ScheduledStart | None:
    """The start timer, if its time has come still; nobody else fires it until the transaction ends."""
    rows = transaction.rows(
        f"""SELECT {_START}, due_at, cycle, remaining, anchor_at
        FROM flow_starts WHERE id = :id AND due_at <= :now {{for_update}}""",
        id=id,
        now=now,
    )
    if not rows:
        return None
    schedule = {name: rows[0].pop(name) for name in ("due_at", "cycle", "remaining", "anchor_at")}
    return ScheduledStart(Start(**rows[0]), **schedule)


def set_next(
    transaction: Transaction,
    id: str,
    due_at: datetime | None,
    remaining: int | None,
    anchor_at: datetime | None,
) -> None:
    """When the start timer is due the next time; None: it is over."""
    transaction.run(
        """UPDATE flow_starts SET due_at = :due_at, remaining = :remaining, anchor_at = :anchor_at,
        claimed_at = NULL WHERE id = :id""",
        due_at=due_at,
        remaining=remaining,
        anchor_at=anchor_at,
        id=id,
    )
