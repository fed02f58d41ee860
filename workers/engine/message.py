"""A message reaches exactly one: the oldest that waits, else a start event; or it is kept for a while.

From outside that is one transaction. What a flow throws is written with the move that throws it and routed
by a transaction of its own right after; what was not routed then, the sweeper routes.
"""

from dataclasses import dataclass
from datetime import timedelta

from models.states import InstanceStatus
from models.types import new_id
from workers.engine import begin
from workers.engine.change import write
from workers.engine.checks import check_names
from workers.engine.context import Context
from workers.engine.graphs import NotCompilable
from workers.engine.locked import Locked
from workers.engine.requests import MessageRequest, Published
from workers.engine.store import Transaction, load, messages, starts, subscriptions
from workers.engine.store.subscriptions import Subscription
from workers.flow.graph import MessageCatch
from workers.flow.json_value import JsonValue
from workers.semantics.changes import Address, Changes
from workers.semantics.follow_up import DeliverKept, FollowUp, RouteMessage, follow_ups
from workers.semantics.situation import Triggered

#: A delivered message's id is remembered at least this long, so that a repeated one does nothing. A message
#: whose receivers this release cannot run is kept at least as long.
REMEMBERED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one message did: the changes of `instance_id` come last."""

    instance_id: str
    status: str  # correlated or started
    changes: list[Changes]


def address_of(request: MessageRequest) -> Address:
    """Where a message from outside goes."""
    return Address(request.organization_id, request.environment, request.name, request.correlation_key or "")


def publish(context: Context, request: MessageRequest) -> tuple[Published, list[FollowUp]]:
    """Delivers, keeps or discards a message from outside in one transaction.

    The caller has delivered what was kept for the same address before (see `deliver_kept`).

    Raises:
        Unprocessable: the data uses a name of the system, or breaks the dataSchema of the event that it
            would reach; then nothing happened.
    """
    check_names(request.data)
    message_id, address = request.message_id or new_id("msg_"), address_of(request)
    delivery, life = None, request.time_to_live
    with context.store.transaction() as transaction:
        messages.lock(transaction, address)
        now = transaction.now()
        if not messages.take_id(
            transaction, new_id("msg_"), address, message_id, request.data, now=now, expires_at=now + life
        ):
            return Published(message_id, "duplicate"), []
        try:
            delivery = _deliver(context, transaction, address, request.data, strict=True)
        except NotCompilable:
            # The sender is right, and another release can run the receiver.
            life = max(life, REMEMBERED)
        if delivery is None and life:
            messages.keep(transaction, address, message_id, now + life)
        elif delivery is None or request.message_id is None:
            messages.forget(transaction, address, message_id)
        else:
            messages.remember(transaction, address, message_id, now + max(life, REMEMBERED))
    if delivery is None:
        return Published(message_id, "buffered" if life else "discarded"), []
    return Published(message_id, delivery.status, delivery.instance_id), follow_ups(delivery.changes)


def route(context: Context, message_id: str) -> list[FollowUp]:
    """Delivers a message that a flow threw, or keeps it; nothing if that was done.

    Where one is kept for the same address from before, that one is delivered, and this routing follows again.

    Raises:
        NotCompilable: this code cannot run the receiver; the message stays as it is.
    """
    with context.store.autocommit() as reading:
        address = messages.find_thrown(reading, message_id)
    if address is None:
        return []
    with context.store.transaction() as transaction:
        messages.lock(transaction, address)
        delivered, made = _deliver_oldest(context, transaction, address)
        if delivered is None:
            messages.keep_thrown(transaction, message_id, transaction.now())
    again = delivered not in (None, message_id)
    return [*follow_ups(made), RouteMessage(message_id)] if again else follow_ups(made)


def deliver_kept(context: Context, address: Address) -> list[FollowUp]:
    """Delivers the oldest message that is kept for an address, if somebody waits; the next one follows.

    Raises:
        NotCompilable: this code cannot run the receiver; the message stays as it is.
    """
    with context.store.autocommit() as reading:
        if not messages.is_any_waiting(reading, address):
            return []
    with context.store.transaction() as transaction:
        messages.lock(transaction, address)
        delivered, made = _deliver_oldest(context, transaction, address)
    return [*follow_ups(made), DeliverKept(address)] if delivered is not None else []


def _deliver_oldest(
    context: Context, transaction: Transaction, address: Address
) -> tuple[str | None, list[Changes]]:
    """The id of the message that was delivered, and what that changed; None where nobody waits."""
    now = transaction.now()
    oldest = messages.oldest(transaction, address, now)
    if oldest is None:
        return None, []
    delivery = _deliver(context, transaction, address, oldest.data, strict=False)
    if delivery is None:
        return None, []
    messages.deliver(transaction, oldest.id, max(oldest.expires_at, now + REMEMBERED))
    return oldest.id, delivery.changes


def _deliver(
    context: Context,
    transaction: Transaction,
    address: Address,
    data: dict[str, JsonValue],
    *,
    strict: bool,
) -> Delivery | None:
    """To the oldest that waits, else to a start event; None when there is neither.

    A `strict` one raises where the data breaks the dataSchema; else that becomes an incident.

    Raises:
        NotCompilable: there are only receivers whose version this code cannot run.
    """
    not_runnable: NotCompilable | None = None
    for waiting in subscriptions.waiting(transaction, address):
        try:
            context.graphs.get(waiting.version_id, transaction)
        except NotCompilable as error:
            not_runnable = error
            continue
        made = _trigger(context, transaction, waiting, data, strict=strict)
        if made is not None:
            return Delivery(waiting.instance_id, "correlated", made)
    for start in starts.waiting(
        transaction, "message", address.organization_id, address.environment, address.name
    ):
        if begin.is_free(transaction, start, address.key):
            changes = begin.at_event(context, transaction, start, address.key or None, data, strict=strict)
            return Delivery(changes.instance_id, "started", [changes])
    if not_runnable is not None:
        raise not_runnable
    return None


def _trigger(
    context: Context,
    transaction: Transaction,
    waiting: Subscription,
    data: dict[str, JsonValue],
    *,
    strict: bool,
) -> list[Changes] | None:
    """None when the subscription ended before its instance could be locked."""
    facts = load.lock_instance(transaction, waiting.instance_id)
    if facts is None or facts.status != InstanceStatus.RUNNING:
        return None
    if not subscriptions.is_there(transaction, waiting.id):
        return None
    locked = Locked(context, transaction, facts)
    catch = locked.graph.nodes[waiting.node_id].details
    if strict and isinstance(catch, MessageCatch):
        begin.check_data(catch, data)
    changes = locked.plan(Triggered(waiting.holder_id, waiting.node_id, data))
    return write(context, transaction, facts, changes)
