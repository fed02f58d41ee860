"""A message from outside reaches exactly one waiting token, or is kept for the first that will wait."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from models.errors import Unprocessable
from models.states import RUNNING
from models.types import new_id
from workers.engine.changes import REMEMBERED, Changes
from workers.engine.plan import plan
from workers.engine.requests import MessageRequest, Published
from workers.engine.situation import Triggered
from workers.engine.start import check_names, in_data
from workers.engine.store.transaction import Row, Transaction, json_text
from workers.flow.graph import MessageCatch
from workers.nodes.message import message_problems

if TYPE_CHECKING:
    from workers.engine.engine import Engine


def publish(engine: "Engine", request: MessageRequest) -> Published:
    """Delivers, keeps or discards the message in one transaction.

    Raises:
        Unprocessable: the data uses a name of the system, or breaks the dataSchema of the event that it
            would reach; then nothing happened.
    """
    check_names(request.data)
    message_id = request.message_id or new_id("msg_")
    key = request.correlation_key or ""
    changes: Changes | None = None
    with engine.store.transaction() as transaction:
        engine.store.lock_message_key(
            transaction, request.organization_id, request.environment, request.name, key
        )
        now = transaction.now()
        if not _remember(transaction, request, message_id, key, now):
            return Published(message_id, "duplicate")
        for subscription in _waiting(transaction, request, key):
            changes = _deliver(engine, transaction, subscription, request)
            if changes is not None:
                break
        status = (
            "correlated"
            if changes is not None
            else "buffered"
            if request.time_to_live > timedelta()
            else "discarded"
        )
        _keep_or_forget(transaction, request, message_id, now, status)
    if changes is None:
        return Published(message_id, status)
    engine.ring(changes)
    return Published(message_id, status, changes.instance_id)


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


def _waiting(transaction: Transaction, request: MessageRequest, key: str) -> list[Row]:
    """Who waits, the oldest first. Under the key's lock nobody joins; an instance may still leave."""
    return transaction.rows(
        """SELECT id, instance_id, token_id FROM subscriptions WHERE organization_id = :organization_id
        AND environment = :environment AND name = :name AND correlation_key = :key
        ORDER BY created_at, id LIMIT 20""",
        organization_id=request.organization_id,
        environment=request.environment,
        name=request.name,
        key=key,
    )


def _deliver(
    engine: "Engine", transaction: Transaction, subscription: Row, request: MessageRequest
) -> Changes | None:
    """None when the subscription ended before its instance could be locked."""
    facts = engine.store.lock_instance(transaction, subscription["instance_id"])
    still_there = transaction.rows("SELECT 1 AS one FROM subscriptions WHERE id = :id", id=subscription["id"])
    if facts is None or facts.status != RUNNING or not still_there:
        return None
    graph = engine.graphs.get(facts.version_id, transaction)
    situation = engine.store.whole(transaction, facts)
    token = situation.tokens[subscription["token_id"]]
    catch = graph.nodes[token.node_id].details
    problems = message_problems(catch, request.data) if isinstance(catch, MessageCatch) else []
    if problems:
        raise Unprocessable("The data does not fit the message's dataSchema.", in_data(problems))
    changes = plan(graph, situation, Triggered(token.id, token.epoch, request.data))
    engine.store.apply(transaction, changes)
    return changes
