"""Changes an instance under its lock: the locks first, then the load, the plan and the write."""

from collections.abc import Callable
from functools import partial

from models.states import InstanceStatus
from workers.engine import begin
from workers.engine.context import Context
from workers.engine.locked import Locked
from workers.engine.store import Transaction, load, messages, move, retrying
from workers.semantics.changes import Address, Changes
from workers.semantics.situation import InstanceFacts

#: Says what changes of a locked instance; None: nothing.
Decide = Callable[[Locked], Changes | None]


class _LocksNeeded(Exception):
    """Others hold locks of messages that the plan begins to wait for: once more, with those locks first."""

    def __init__(self, addresses: set[Address]) -> None:
        super().__init__()
        self.addresses = addresses


def change(context: Context, instance_id: str, decide: Decide) -> list[Changes]:
    """Locks the instance, lets `decide` say what changes, and commits it.

    Returns what was committed, the instance's own changes last; nothing where `decide` said None or there is
    no such instance. `decide` is called again where the transaction lost a race, and where somebody else
    holds the lock of a message that the instance begins to wait for.

    Raises: what `decide` raises; then nothing was changed.
    """
    held: set[Address] = set()
    while True:
        try:
            return retrying(partial(_change, context, instance_id, decide, held))
        except _LocksNeeded as needed:
            held |= needed.addresses


def _change(context: Context, instance_id: str, decide: Decide, held: set[Address]) -> list[Changes]:
    with context.store.transaction() as transaction:
        for address in sorted(held):
            messages.lock(transaction, address)
        facts = load.lock_instance(transaction, instance_id)
        changes = decide(Locked(context, transaction, facts)) if facts is not None else None
        if facts is None or changes is None:
            return []
        missing = changes.addresses - held
        # A lock's holder may be waiting for our instance row; waiting for its lock here would deadlock.
        if not all(messages.lock(transaction, address, wait=False) for address in missing):
            raise _LocksNeeded(missing)
        return write(context, transaction, facts, changes)


def write(
    context: Context, transaction: Transaction, facts: InstanceFacts, changes: Changes
) -> list[Changes]:
    """Writes the changes of a locked instance, and what they do to the instances that it calls.

    Called instances are written first, because their rows are locked before the caller's tokens. The caller's
    own changes come last in the list.
    """
    made: list[Changes] = []
    for called_id in changes.cancelled_calls:
        made += _cancel_called(context, transaction, called_id)
    for call in changes.calls:
        made.append(begin.called(context, transaction, facts, call))
    move.apply(transaction, changes)
    return [*made, changes]


def _cancel_called(context: Context, transaction: Transaction, instance_id: str) -> list[Changes]:
    """Ends a called instance, and first the instances that it called itself; nothing when it has ended."""
    facts = load.lock_instance(transaction, instance_id)
    if facts is None or facts.status != InstanceStatus.RUNNING:
        return []
    return write(context, transaction, facts, Locked(context, transaction, facts).cancel(None, tell=False))
