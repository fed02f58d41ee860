"""A signal reaches every holder that waits for it, oldest first, and starts every flow that it starts."""

from workers.engine import begin
from workers.engine.checks import check_names
from workers.engine.context import Context
from workers.engine.requests import Signalled, SignalRequest
from workers.engine.store import Transaction, messages, starts, timers
from workers.semantics.changes import Changes
from workers.semantics.follow_up import FireTimer, FollowUp, follow_ups


def publish(context: Context, request: SignalRequest) -> tuple[Signalled, list[FollowUp]]:
    """Throws a signal from outside. When this returns, each that it reaches will have it, whatever happens.

    Raises:
        Unprocessable: the data uses a name of the system.
    """
    check_names(request.data)
    with context.store.transaction() as transaction:
        reached, started = _hand_out(context, transaction, request, None)
    signalled = Signalled(len(reached), tuple(changes.instance_id for changes in started))
    return signalled, [*follow_ups(started), *map(FireTimer, reached)]


def route(context: Context, signal_id: str) -> list[FollowUp]:
    """Hands out a signal that a flow threw; nothing if that was done."""
    with context.store.transaction() as transaction:
        thrown = messages.take_signal(transaction, signal_id)
        if thrown is None:
            return []
        request = SignalRequest(thrown.organization_id, thrown.environment, thrown.name, thrown.data)
        reached, started = _hand_out(context, transaction, request, thrown.origin_id)
    return [*follow_ups(started), *map(FireTimer, reached)]


def _hand_out(
    context: Context, transaction: Transaction, request: SignalRequest, origin_id: str | None
) -> tuple[list[str], list[Changes]]:
    """A timer that is due at once for each holder, which so gets the signal once; and the instances begun.

    The instance that threw the signal has seen to itself.
    """
    where = request.organization_id, request.environment, request.name
    reached = timers.arm_for_signal(transaction, *where, request.data, origin_id)
    started = [
        begin.at_event(context, transaction, start, None, request.data)
        for start in starts.waiting(transaction, "signal", *where)
    ]
    return reached, started
