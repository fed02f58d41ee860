"""`messages`: what was published or thrown, until it is delivered, and for as long as its id is remembered.

Who changes the messages of an address holds the address's lock, so that each reaches one receiver, in order.
"""

from dataclasses import dataclass
from datetime import datetime

from workers.engine.store.dialect import Transaction
from workers.engine.store.rows import json_text
from workers.flow.json_value import JsonValue
from workers.semantics.changes import Address


@dataclass(frozen=True, slots=True)
class Message:
    """A message that nobody has got yet."""

    id: str
    data: dict[str, JsonValue]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ThrownSignal:
    """A signal that the instance `origin_id` threw."""

    organization_id: str
    environment: str
    name: str
    data: dict[str, JsonValue]
    origin_id: str


_AT_ADDRESS = """organization_id = :organization_id AND environment = :environment AND name = :name
    AND correlation_key = :key AND kind = 'message'"""

_BY_MESSAGE_ID = (
    "organization_id = :organization_id AND environment = :environment AND message_id = :message_id"
)


def lock(transaction: Transaction, address: Address, *, wait: bool = True) -> bool:
    """One at a time for each address, until the transaction ends; whether it was taken.

    Whoever holds a lock that comes later in the lock order must not `wait` for this one.
    """
    return transaction.lock(
        address.organization_id, address.environment, address.name, address.key, wait=wait
    )


def take_id(
    transaction: Transaction,
    id: str,
    address: Address,
    message_id: str,
    data: dict[str, JsonValue],
    *,
    now: datetime,
    expires_at: datetime,
) -> bool:
    """Writes a message that is about to be delivered; False when its `message_id` is taken.

    The id of one whose life is over is free.
    """
    return bool(
        transaction.run(
            """INSERT INTO messages (id, organization_id, environment, name, correlation_key, message_id,
                data, state, expires_at, created_at)
            VALUES (:id, :organization_id, :environment, :name, :key, :message_id, :data,
                'DELIVERED', :expires_at, :now)
            ON CONFLICT (organization_id, environment, message_id) DO UPDATE SET id = excluded.id,
                name = excluded.name, correlation_key = excluded.correlation_key, data = excluded.data,
                state = excluded.state, expires_at = excluded.expires_at, created_at = excluded.created_at
            WHERE messages.expires_at <= :now""",
            id=id,
            **_columns(address),
            message_id=message_id,
            data=json_text(data),
            expires_at=expires_at,
            now=now,
        )
    )


def keep(transaction: Transaction, address: Address, message_id: str, until: datetime) -> None:
    """The message whose id was taken waits for a receiver until then."""
    transaction.run(
        f"UPDATE messages SET state = 'KEPT', expires_at = :until WHERE {_BY_MESSAGE_ID}",
        **_named(address, message_id),
        until=until,
    )


def forget(transaction: Transaction, address: Address, message_id: str) -> None:
    """The message whose id was taken is over, and its id is free."""
    transaction.run(f"DELETE FROM messages WHERE {_BY_MESSAGE_ID}", **_named(address, message_id))


def remember(transaction: Transaction, address: Address, message_id: str, until: datetime) -> None:
    """The message whose id was taken is over, and its id stays taken until then."""
    transaction.run(
        f"UPDATE messages SET expires_at = :until WHERE {_BY_MESSAGE_ID}",
        **_named(address, message_id),
        until=until,
    )


def find_thrown(transaction: Transaction, id: str) -> Address | None:
    """Where a message goes that a flow threw; None when it was routed."""
    rows = transaction.rows(
        """SELECT organization_id, environment, name, correlation_key AS key FROM messages
        WHERE id = :id AND kind = 'message' AND state = 'SENT'""",
        id=id,
    )
    return Address(**rows[0]) if rows else None


def is_any_waiting(transaction: Transaction, address: Address) -> bool:
    """Whether messages wait at the address, or are on their way to it."""
    return bool(
        transaction.rows(
            f"""SELECT 1 AS one FROM messages WHERE {_AT_ADDRESS}
            AND (state = 'SENT' OR state = 'KEPT') LIMIT 1""",
            **_columns(address),
        )
    )


def oldest(transaction: Transaction, address: Address, now: datetime) -> Message | None:
    """The first message that waits at the address or is on its way to it, and is not over."""
    rows = transaction.rows(
        f"""SELECT id, data, expires_at FROM messages WHERE {_AT_ADDRESS}
        AND (state = 'SENT' OR (state = 'KEPT' AND expires_at > :now)) ORDER BY created_at, id LIMIT 1""",
        **_columns(address),
        now=now,
    )
    return Message(**rows[0]) if rows else None


def deliver(transaction: Transaction, id: str, until: datetime) -> None:
    """The message was delivered. One from outside keeps its id taken until then; a thrown one goes."""
    transaction.run("DELETE FROM messages WHERE id = :id AND origin_id IS NOT NULL", id=id)
    transaction.run(
        "UPDATE messages SET state = 'DELIVERED', expires_at = :until WHERE id = :id", id=id, until=until
    )


def keep_thrown(transaction: Transaction, id: str, now: datetime) -> None:
    """The thrown message waits for a receiver, unless its life is over; nothing if it was routed."""
    keep = "UPDATE messages SET state = 'KEPT' WHERE id = :id AND state = 'SENT' AND expires_at > :now"
    if not transaction.run(keep, id=id, now=now):
        transaction.run("DELETE FROM messages WHERE id = :id AND state = 'SENT'", id=id)


def take_signal(transaction: Transaction, id: str) -> ThrownSignal | None:
    """Takes a signal that a flow threw out of the table; None when somebody else did."""
    rows = transaction.rows(
        """DELETE FROM messages WHERE id = :id AND kind = 'signal' AND state = 'SENT'
        RETURNING organization_id, environment, name, data, origin_id""",
        id=id,
    )
    return ThrownSignal(**rows[0]) if rows else None


def thrown(transaction: Transaction, limit: int) -> list[tuple[str, str]]:
    """The ids and kinds of messages and signals that were thrown and not routed yet, the oldest first."""
    rows = transaction.rows(
        "SELECT id, kind FROM messages WHERE state = 'SENT' ORDER BY created_at, id LIMIT :limit", limit=limit
    )
    return [(row["id"], row["kind"]) for row in rows]


def deliverable(transaction: Transaction, limit: int) -> list[Address]:
    """Addresses of kept messages for which somebody waits, or which could start an instance now."""
    rows = transaction.rows(
        """SELECT DISTINCT organization_id, environment, name, correlation_key AS key FROM messages m
        WHERE state = 'KEPT' AND expires_at > :now AND (EXISTS
            (SELECT 1 FROM subscriptions s WHERE s.organization_id = m.organization_id
            AND s.environment = m.environment AND s.kind = 'message' AND s.name = m.name
            AND s.correlation_key = m.correlation_key)
        OR EXISTS
            (SELECT 1 FROM flow_starts f WHERE f.organization_id = m.organization_id
            AND f.environment = m.environment AND f.kind = 'message' AND f.name = m.name
            AND NOT EXISTS (SELECT 1 FROM instances i WHERE i.flow_id = f.flow_id
                AND i.environment = m.environment AND i.organization_id = m.organization_id
                AND i.correlation_key = m.correlation_key AND i.status = 'RUNNING')))
        LIMIT :limit""",
        now=transaction.now(),
        limit=limit,
    )
    return [Address(**row) for row in rows]


def prune(transaction: Transaction, now: datetime) -> None:
    """Forgets what was kept or remembered until now; what is on its way stays."""
    transaction.run("DELETE FROM messages WHERE expires_at < :now AND state <> 'SENT'", now=now)


def _columns(address: Address) -> dict[str, str]:
    return {
        "organization_id": address.organization_id,
        "environment": address.environment,
        "name": address.name,
        "key": address.key,
    }


def _named(address: Address, message_id: str) -> dict[str, str]:
    return {
        "organization_id": address.organization_id,
        "environment": address.environment,
        "message_id": message_id,
    }
