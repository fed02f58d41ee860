"""Does what follows from commits: the one place that rings, routes, delivers and fires after a commit."""

from collections import deque
from collections.abc import Collection, Iterable
from functools import partial
from typing import assert_never

import structlog

from models.errors import Busy, Unavailable
from workers.engine import message, signal, timer
from workers.engine.context import Context
from workers.engine.store import retrying
from workers.semantics.follow_up import DeliverKept, FireTimer, FollowUp, Ring, RouteMessage, RouteSignal
from workers.semantics.situation import Token

log = structlog.get_logger(__name__)


def follow(context: Context, follow_ups: Iterable[FollowUp]) -> None:
    """Does the follow-ups, and what follows from them in turn, up to `context.follow_ups` of them.

    Never raises: the commit stands, and a sweeper does what is not done here: what is beyond the number, what
    failed, and with the database away all the rest. Every ready token is rung for.
    """
    waiting: deque[FollowUp] = deque()
    left = context.follow_ups
    found: Iterable[FollowUp] = follow_ups
    while True:
        for each in found:
            if isinstance(each, Ring):
                ring(context, each.tokens)
            else:
                waiting.append(each)
        if not waiting or not left:
            return
        left -= 1
        each = waiting.popleft()
        found = ()
        try:
            found = retrying(partial(do, context, each))
        except Unavailable as error:
            log.warning("the database is away; the sweeper does what follows", reason=str(error.__cause__))
            return
        except Busy as error:
            log.warning("the sweeper does what follows from a commit", reason=error.detail)
        except Exception:
            log.exception("what follows from a commit failed; the sweeper does it later")


def do(context: Context, each: FollowUp) -> list[FollowUp]:
    """Does one follow-up in a transaction of its own; what follows from that is returned."""
    match each:
        case Ring():
            ring(context, each.tokens)
            return []
        case RouteMessage():
            return message.route(context, each.message_id)
        case RouteSignal():
            return signal.route(context, each.signal_id)
        case DeliverKept():
            return message.deliver_kept(context, each.address)
        case FireTimer():
            return timer.fire(context, each.timer_id)
    assert_never(each)


def ring(context: Context, tokens: Collection[Token]) -> None:
    """Rings for ready tokens; the sweeper sends what the doorbell could not. Never raises."""
    missed = context.doorbell.ring(tokens)
    if not missed:
        return
    try:
        context.upkeep.mark_unsent(token.id for token in missed)
    except Exception:
        # They were marked as sent when they were written, so the sweeper takes them for stale later.
        log.exception("the doorbell failed, and so did saying so; the sweeper sends again later")
