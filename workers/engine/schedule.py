"""Fires scheduled flows: start events with a timer, each row fired by one of any number of sweepers."""

from workers.engine import begin
from workers.engine.context import Context
from workers.engine.store import starts
from workers.flow.values.cycle import parse_cycle
from workers.semantics.follow_up import FollowUp, follow_ups


def fire(context: Context, start_id: str) -> list[FollowUp]:
    """Starts one instance, however often the timer was missed, and sets the next time; both or neither.

    Raises:
        NotCompilable: this code cannot run the version; the timer stays due.
    """
    with context.store.transaction() as transaction:
        now = transaction.now()
        due = starts.lock_due(transaction, start_id, now)
        if due is None:
            return []
        # No sender waits here: the start is made up for once a release can run the version.
        context.graphs.get(due.start.version_id, transaction)
        changes = begin.at_event(context, transaction, due.start, None, {})
        remaining, again, anchor_at = due.remaining, None, due.anchor_at
        if due.cycle is not None and remaining != 0:
            cycle = parse_cycle(due.cycle, anchor=anchor_at)
            again, anchor_at = cycle.after(due.due_at, now), cycle.anchor
        left = None if remaining is None else max(remaining - 1, 0)
        starts.set_next(transaction, start_id, again, left, anchor_at)
    return follow_ups([changes])
