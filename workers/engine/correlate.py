"""A message reaches exactly one: the oldest that waits, else a start event; or it is kept for a while.

From outside that is one transaction. What a flow throws is written with the move that throws it and routed
by a transaction of its own right after; what was not routed then, the sweeper routes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from models.states import InstanceStatus
from models.types import new_id
from workers.engine import begin
from workers.engine.commit import look_at, write
from workers.engine.requests import MessageRequest, Published
from workers.engine.start import check_names
from workers.engine.store.transaction import Row, Transaction, json_text
from workers.flow.graph import MessageCatch
from workers.flow.json_value import JsonValue
from workers.semantics.changes import Changes
from workers.semantics.plan import plan
from workers.semantics.situation import Triggered

if TYPE_CHECKING:
    from workers.engine.engine import Engine

#: A delivered message's id is remembered at least this long, so that a repeated one does nothing.
REMEMBERED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Address:
    """Whom a message is for. `key` "" is for those that wait without a key."""

    organization_id: str
    environment: str
    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one message did: the changes of `instance_id` come last."""

    instance_id: str
    started: bool
    changes: list[Changes]


def publish(engine: "Engine", request: MessageRequest) -> Published:
    """Delivers, keeps or discards a message from outside in one transaction.

    Raises:
        Unprocessable: the data uses a name of the system, or breaks the dataSchema of the event that it
            would reach; then nothing happened.
    """
    check_names(request.data)
    message_id = request.message_id or new_id("msg_")
    address = Address(
        request.organization_id, request.environment, request.name, request.correlation_key or ""
    )
    if _has_older(engine, address):
        deliver_kept(engine, address)
    with engine.store.transaction() as transaction:
        _lock(engine, transaction, address)
        now = transaction.now()
        if not _remember(transaction, request, message_id, address.key, now):
            return Published(message_id, "duplicate")
        delivery = _deliver(engine, transaction, address, request.data, strict=True)
        if delivery is not None:
            status = "started" if delivery.started else "correlated"
        else:
            status = "buffered" if request.time_to_live > timedelta() else "discarded"
        _keep_or_forget(transaction, request, message_id, now, status)
    if delivery is None:
        return Published(message_id, status)
    engine.committed(delivery.changes)
    return Published(message_id, status, delivery.instance_id)


def route(engine: "Engine", message_id: str) -> None:
    """Delivers a message that a flow threw after those before it, or keeps it; nothing if that was done."""
    with engine.store.autocommit() as reading:
        rows = reading.rows(
            """SELECT organization_id, environment, name, correlation_key FROM messages
            WHERE id = :id AND kind = 'message' AND state = 'SENT'""",
            id=message_id,
        )
    if not rows:
        return
    row = rows[0]
    address = Address(row["organization_id"], row["environment"], row["name"], row["correlation_key"])
    while _deliver_oldest(engine, address, message_id):
        pass


def deliver_kept(engine: "Engine", address: Address) -> None:
    """Delivers the messages that were kept for an address, the oldest first, as long as somebody waits."""
    while _deliver_oldest(engine, address):
        pass


def _has_older(engine: "Engine", address: Address) -> bool:
    """Whether messages wait that came before: who waits gets them first."""
    with engine.store.autocommit() as reading:
        return bool(
            reading.rows(
                """SELECT 1 AS one FROM messages WHERE organization_id = :organization_id
                AND environment = :environment AND name = :name AND correlation_key = :key
                AND kind = 'message' AND (state = 'SENT' OR state = 'KEPT') LIMIT 1""",
                **_columns(address),
            )
        )


def _deliver_oldest(engine: "Engine", address: Address, sent_id: str | None = None) -> bool:
    """Whether another look is worth it. Where nobody waits, the one that was `sent` is kept from now on."""
    with engine.store.transaction() as transaction:
        _lock(engine, transaction, address)
        now = transaction.now()
        rows = transaction.rows(
            """SELECT id, data, expires_at FROM messages WHERE organization_id = :organization_id
            AND environment = :environment AND name = :name AND correlation_key = :key
            AND kind = 'message' AND (state = 'SENT' OR (state = 'KEPT' AND expires_at > :now))
            ORDER BY created_at, id LIMIT 1""",
            **_columns(address),
            now=now,
        )
        delivery = _deliver(engine, transaction, address, rows[0]["data"]) if rows else None
        if delivery is None:
            if sent_id is not None:
                _keep_or_drop(transaction, sent_id, now)
            return False
        id_ = rows[0]["id"]
        transaction.run("DELETE FROM messages WHERE id = :id AND origin_id IS NOT NULL", id=id_)
        transaction.run(
            "UPDATE messages SET state = 'DELIVERED', expires_at = :until WHERE id = :id",
            id=id_,
            until=max(rows[0]["expires_at"], now + REMEMBERED),
        )
    engine.committed(delivery.changes)
    return bool(id_ != sent_id)


def _keep_or_drop(transaction: Transaction, sent_id: str, now: datetime) -> None:
    keep = "UPDATE messages SET state = 'KEPT' WHERE id = :id AND state = 'SENT' AND expires_at > :now"
    if not transaction.run(keep, id=sent_id, now=now):
        transaction.run("DELETE FROM messages WHERE id = :id AND state = 'SENT'", id=sent_id)


def _lock(engine: "Engine", transaction: Transaction, address: Address) -> None:
    engine.store.lock_message_key(
        transaction, address.organization_id, address.environment, address.name, address.key
    )


def _columns(address: Address) -> dict[str, str]:
    return {
        "organization_id": address.organization_id,
        "environment": address.environment,
        "name": address.name,
        "key": address.key,
    }


def _deliver(
    engine: "Engine",
    transaction: Transaction,
    address: Address,
    data: dict[str, JsonValue],
    *,
    strict: bool = False,
) -> Delivery | None:
    """To the oldest that waits, else to a start event; None when there is neither.

    A `strict` one raises where the data breaks the dataSchema; else that becomes an incident.
    """
    for subscription in _waiting(transaction, address):
        made = _trigger(engine, transaction, subscription, data, strict=strict)
        if made is not None:
            return Delivery(subscription["instance_id"], False, made)
    started = begin.by_message(engine, transaction, _columns(address), data, strict=strict)
    return None if started is None else Delivery(started.instance_id, True, [started])


def _waiting(transaction: Transaction, address: Address) -> list[Row]:
    """Who waits, the oldest first. Under the key's lock nobody joins; an instance may still leave."""
    return transaction.rows(
        """SELECT id, instance_id, holder_id, node_id FROM subscriptions
        WHERE organization_id = :organization_id AND environment = :environment AND kind = 'message'
        AND name = :name AND correlation_key = :key ORDER BY created_at, id LIMIT 20""",
        **_columns(address),
    )


def _trigger(
    engine: "Engine", transaction: Transaction, subscription: Row, data: dict[str, JsonValue], *, strict: bool
) -> list[Changes] | None:
    """None when the subscription ended before its instance could be locked."""
    facts = engine.store.lock_instance(transaction, subscription["instance_id"])
    still_there = transaction.rows("SELECT 1 AS one FROM subscriptions WHERE id = :id", id=subscription["id"])
    if facts is None or facts.status != InstanceStatus.RUNNING or not still_there:
        return None
    graph = engine.graphs.get(facts.version_id, transaction)
    catch = graph.nodes[subscription["node_id"]].details
    if strict and isinstance(catch, MessageCatch):
        begin.check_data(catch, data)
    event = Triggered(subscription["holder_id"], subscription["node_id"], data)
    changes = look_at(engine, transaction, facts, event.holder_id, lambda seen: plan(graph, seen, event))
    return write(engine, transaction, facts, changes)


def _remember(
    transaction: Transaction, request: MessageRequest, message_id: str, key: str, now: datetime
) -> bool:
    """Takes the message's id; False when it is taken and its life is not over."""
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
            id=new_id("msg_"),
            organization_id=request.organization_id,
            environment=request.environment,
            name=request.name,
            key=key,
            message_id=message_id,
            data=json_text(request.data),
            expires_at=now + request.time_to_live,
            now=now,
        )
    )


def _keep_or_forget(
    transaction: Transaction, request: MessageRequest, message_id: str, now: datetime, status: str
) -> None:
    """A buffered message waits for its event, a delivered one is remembered where its id may come again."""
    if status == "buffered":
        sql = "UPDATE messages SET state = 'KEPT'"
    elif status == "discarded" or request.message_id is None:
        sql = "DELETE FROM messages"
    else:
        sql = "UPDATE messages SET expires_at = :remember_until"
    transaction.run(
        sql + " WHERE organization_id = :organization_id AND environment = :environment AND message_id = :id",
        organization_id=request.organization_id,
        environment=request.environment,
        id=message_id,
        remember_until=now + max(request.time_to_live, REMEMBERED),
    )
