"""Moves of one token: by one fenced commit where that is enough, else under the instance's lock."""

import structlog

from models.errors import Busy, Unavailable
from models.states import InstanceStatus, TokenState
from workers.engine.change import change
from workers.engine.claim import SENDS_BEFORE_CLAIM
from workers.engine.context import Context
from workers.engine.incident import stop_failed
from workers.engine.locked import Locked
from workers.engine.store import retrying
from workers.flow.graph import Graph
from workers.semantics import plan
from workers.semantics.changes import Changes
from workers.semantics.situation import Lost, Run, Situation, Token, TokenEvent
from workers.semantics.stuck import WholeInstanceNeeded

log = structlog.get_logger(__name__)

#: The longest pause between two attempts to commit the result of a claimed node, in seconds.
_LONGEST_PAUSE = 5.0


class ClaimNeeded(Exception):
    """The ready token was sent too often to be run without a claim: its node may kill its workers."""

    def __init__(self, situation: Situation, token: Token) -> None:
        super().__init__()
        self.situation = situation
        self.token = token


def move(context: Context, graph: Graph, situation: Situation, event: TokenEvent) -> list[Changes]:
    """Commits what the event changes, as planned on one loaded token; nothing where it came too late.

    Raises:
        ClaimNeeded: as `move_locked`.
    """
    try:
        changes = plan.plan(graph, situation, event)
    except WholeInstanceNeeded:
        return move_locked(context, situation.instance.id, event)
    if changes.addresses or changes.calls or changes.cancelled_calls:
        return move_locked(context, situation.instance.id, event)
    if retrying(lambda: context.store.move(changes)):
        return [changes]
    if changes.read_seq is not None:
        # The instance has moved, and the variables that were read may have changed with it.
        return move_locked(context, situation.instance.id, event)
    return []


def move_locked(context: Context, instance_id: str, event: TokenEvent) -> list[Changes]:
    """Commits what the event changes, under the instance's lock; nothing where it came too late.

    Raises:
        ClaimNeeded: a ready token would be run that is to be claimed first.
        NotCompilable: this code cannot run the version.
    """

    def decide(locked: Locked) -> Changes | None:
        if locked.facts.status != InstanceStatus.RUNNING:
            return None
        situation = locked.near(event.token_id)
        if not situation.is_current(event) or _was_renewed(situation, event):
            return None
        token = situation.tokens[event.token_id]
        if isinstance(event, Run) and token.state == TokenState.READY and token.sends > SENDS_BEFORE_CLAIM:
            raise ClaimNeeded(situation, token)
        return locked.plan(event)

    return change(context, instance_id, decide)


def move_claimed(context: Context, graph: Graph, token: Token, event: TokenEvent) -> list[Changes]:
    """Commits the result of a claimed node, as often as it takes: the call was made, and may not be lost.

    The variables are read again: they may have changed while the node ran. Where a commit's outcome is not
    known, the next load by epoch shows it.
    """
    pause = 0.1
    while True:
        try:
            situation = context.store.load(token.id, token.epoch)
            return [] if situation is None else move(context, graph, situation, event)
        except (Busy, Unavailable) as error:
            if context.stopping.wait(pause):
                raise
            log.warning("a node's result is not stored yet", node=token.node_id, reason=str(error.__cause__))
            pause = min(pause * 2, _LONGEST_PAUSE)
        except Exception as error:
            log.exception("a node's result cannot be stored", node=token.node_id)
            stop_failed(context, token.instance_id, token.id, token.epoch, error)
            return []


def _was_renewed(situation: Situation, event: TokenEvent) -> bool:
    """Whether a heartbeat came after the sweeper had looked."""
    lease_at = situation.tokens[event.token_id].lease_at
    lost = isinstance(event, Lost) and not event.for_certain
    return lost and lease_at is not None and lease_at > situation.now
