"""`subscriptions`: who waits for a message or a signal. A move writes and deletes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workers.engine.store.dialect import Transaction
from workers.semantics.changes import Address

#: So many receivers of a message are read at once: mostly the first one takes it.
_PAGE = 20


@dataclass(frozen=True, slots=True)
class Subscription:
    """A holder in an instance waits at the event `node_id` (see `models.subscription`)."""

    id: str
    instance_id: str
    version_id: str
    holder_id: str
    node_id: str


def waiting(transaction: Transaction, address: Address) -> Iterator[Subscription]:
    """Who waits for a message, the oldest first. Under the address's lock nobody joins; some may leave."""
    after: dict[str, Any] = {}
    while True:
        later = "AND (s.created_at, s.id) > (:created_at, :id)" if after else ""
        rows = transaction.rows(
            f"""SELECT s.id, s.instance_id, i.version_id, s.holder_id, s.node_id, s.created_at
            FROM subscriptions s JOIN instances i ON i.id = s.instance_id
            WHERE s.organization_id = :organization_id AND s.environment = :environment
            AND s.kind = 'message' AND s.name = :name AND s.correlation_key = :key {later}
            ORDER BY s.created_at, s.id LIMIT :page""",
            organization_id=address.organization_id,
            environment=address.environment,
            name=address.name,
            key=address.key,
            page=_PAGE,
            **after,
        )
        for row in rows:
            yield Subscription(
                row["id"], row["instance_id"], row["version_id"], row["holder_id"], row["node_id"]
            )
        if len(rows) < _PAGE:
            return
        after = {"created_at": rows[-1]["created_at"], "id": rows[-1]["id"]}


def is_there(transaction: Transaction, id: str) -> bool:
    """Whether the holder waits still."""
    return bool(transaction.rows("SELECT 1 AS one FROM subscriptions WHERE id = :id", id=id))
