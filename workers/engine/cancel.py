"""Cancels an instance, and with it those that it called."""

from workers.engine.change import change
from workers.engine.checks import check_access, check_running, require
from workers.engine.context import Context
from workers.engine.locked import Locked
from workers.engine.requests import Access
from workers.semantics.changes import Changes
from workers.semantics.follow_up import FollowUp, follow_ups


def cancel(context: Context, access: Access, instance_id: str, by: str | None) -> list[FollowUp]:
    """Final: after it no node starts, and what a node in flight returns is not recorded.

    Raises:
        NotFound, Forbidden: as `check_access`.
        Conflict: INSTANCE_ENDED.
    """

    def decide(locked: Locked) -> Changes:
        check_access(access, locked.facts)
        check_running(locked.facts)
        return locked.cancel(by, tell=True)

    made = change(context, instance_id, decide)
    require(made)
    return follow_ups(made)
