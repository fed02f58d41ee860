"""Takes back the tokens of workers that were not heard of again."""

import structlog

from workers.engine.context import Context
from workers.engine.graphs import NotCompilable
from workers.engine.incident import ROLLING, stop_not_runnable
from workers.engine.move import move_locked
from workers.engine.store import Lease
from workers.semantics.follow_up import FollowUp, follow_ups
from workers.semantics.situation import Lost

log = structlog.get_logger(__name__)


def take_back(context: Context, lease: Lease, *, for_certain: bool) -> list[FollowUp]:
    """Makes a claimed token ready again whose lease ran out; nothing when its worker was heard of meanwhile.

    `for_certain` where the worker is known to be dead.
    """
    if not for_certain:
        log.warning("a lease ran out", instance=lease.instance_id, token=lease.token_id)
    try:
        lost = Lost(lease.token_id, lease.epoch, for_certain)
        return follow_ups(move_locked(context, lease.instance_id, lost))
    except NotCompilable as error:
        if for_certain or lease.late > ROLLING:
            stop_not_runnable(context, lease.instance_id, lease.token_id, lease.epoch, error)
        return []
