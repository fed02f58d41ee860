"""`subscriptions`: who waits for a message or a signal. A move writes and deletes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workers.engine.store.messages import Address
from workers.engine.store.transaction import Transaction

#: So many receivers of a message are read at once: mostly the first one takes it.
_PAGE = 20


@dataclass(frozen=True, slots=True)
class Subscription:
    """A holder in an instance waits at the event `node_id` (see `models.subscription`)."""

    id: str
    instance_id: str
    holder_id: str
    node_id: str


def waiting(transaction: Transaction, address: Address) -> Iterator[Subscription]:
    """Who waits for a message, the oldest first. Under the address's lock nobody joins; some may leave."""
    after: dict[str, Any] = {}
    while True:
        later = "AND (created_at, id) > (:created_at, :id)" if after else ""
        rows = transaction.rows(
            f"""SELECT id, instance_id, holder_id, node_id, created_at FROM subscriptions
            WHERE organization_id = :organization_id AND environment = :environment AND kind = 'message'
            AND name = :name AND correlation_key = :key {later} ORDER BY created_at, id LIMIT :page""",
            organization_id=address.organization_id,
            environment=address.environment,
            name=address.name,
            key=address.key,
            page=_PAGE,
            **after,
        )
        for row in rows:
            yield Subscription(row["id"], row["instance_id"], row["holder_id"], row["node_id"])
        if len(rows) < _PAGE:
            return
        after = {"created_at": rows[-1]["created_at"], "id": rows[-1]["id"]}


def is_there(transaction: Transaction, id: str) -> bool:
    """Whether the holder waits still."""
    return bool(transaction.rows("SELECT 1 AS one FROM subscriptions WHERE id = :id", id=id))
