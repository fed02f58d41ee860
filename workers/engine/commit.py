"""How what happens to a token is committed: the common hop, moves of the whole instance, and claims."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from models.errors import Unavailable
from models.states import ACTIVE, READY, RUNNING
from workers.engine.plan import plan
from workers.engine.situation import Lost, Run, Situation, Token, TokenEvent
from workers.engine.stop import stop
from workers.engine.store import Claim, retrying
from workers.engine.stuck import Stuck, WholeInstanceNeeded
from workers.flow.graph import Graph
from workers.flow.json_value import JsonValue

if TYPE_CHECKING:
    from workers.engine.engine import Engine

log = structlog.get_logger(__name__)

#: After so many messages for one epoch a node is claimed even if it has no outside effect: it may be the
#: node that kills its workers, and only lost leases are counted.
SENDS_BEFORE_CLAIM = 3

#: The longest pause between two attempts to commit what a claimed node came to, in seconds.
_LONGEST_PAUSE = 5.0


def commit(engine: "Engine", graph: Graph, situation: Situation, event: TokenEvent) -> None:
    """One fenced commit, under the instance's lock where the plan asks for the whole; nothing if too late."""
    try:
        changes = plan(graph, situation, event)
    except WholeInstanceNeeded:
        decide(engine, graph, situation.instance.id, event)
        return
    if retrying(lambda: engine.store.move(changes)):
        engine.ring(changes)


def decide(engine: "Engine", graph: Graph, instance_id: str, event: TokenEvent) -> None:
    """Plans with all the instance's tokens: the lock first, then the load, then the commit."""
    retrying(lambda: _decide(engine, graph, instance_id, event))


def _decide(engine: "Engine", graph: Graph, instance_id: str, event: TokenEvent) -> None:
    with engine.store.transaction() as transaction:
        facts = engine.store.lock_instance(transaction, instance_id)
        if facts is None or facts.status != RUNNING:
            return
        situation = engine.store.whole(transaction, facts)
        if not situation.is_current(event) or _was_renewed(situation, event):
            return
        token = situation.tokens[event.token_id]
        suspect = isinstance(event, Run) and token.state == READY and token.sends > SENDS_BEFORE_CLAIM
        if not suspect:
            changes = plan(graph, situation, event)
            engine.store.apply(transaction, changes)
    if not suspect:
        engine.ring(changes)
        return
    claimed = claim(engine, situation, token, token.input)
    if claimed is not None:
        commit_claimed(engine, graph, claimed, Run(claimed.id, claimed.epoch))


def _was_renewed(situation: Situation, event: TokenEvent) -> bool:
    """Whether a heartbeat came after the sweeper had looked."""
    lease_at = situation.tokens[event.token_id].lease_at
    lost = isinstance(event, Lost) and not event.for_certain
    return lost and lease_at is not None and lease_at > situation.now


def claim(engine: "Engine", situation: Situation, token: Token, kept: JsonValue) -> Token | None:
    """Makes a ready token this worker's, with what its visit must keep; None when somebody was first."""
    lease_at = situation.now + engine.settings.lease
    if not engine.store.claim(token, kept, lease_at):
        return None
    claimed = replace(token, state=ACTIVE, epoch=token.epoch + 1, lease_at=lease_at, input=kept)
    situation.tokens[token.id] = claimed
    return claimed


@contextmanager
def renewed(engine: "Engine", token: Token) -> Iterator[None]:
    """The heartbeat renews the lease of the claimed token for as long as the block runs."""
    held = Claim(token.id, token.epoch)
    engine.claims.add(held)
    try:
        yield
    finally:
        engine.claims.discard(held)


def commit_claimed(engine: "Engine", graph: Graph, token: Token, event: TokenEvent) -> None:
    """Commits what a claimed token came to, as often as it takes: it was called, and may not be lost.

    The variables are read again: they may have changed while the node ran. Where a commit's outcome is not
    known, the next look by epoch shows it.
    """
    pause = 0.1
    while True:
        try:
            situation = engine.store.load(token.id, token.epoch, None)
            if situation is not None:
                commit(engine, graph, situation, event)
            return
        except Unavailable as error:
            if engine.stopping.wait(pause):
                raise
            log.warning("a node's result is not stored yet", node=token.node_id, reason=str(error.__cause__))
            pause = min(pause * 2, _LONGEST_PAUSE)
        except Exception as error:
            log.exception("a node's result cannot be stored", node=token.node_id)
            reason = f"{type(error).__name__}: {error}"[:2000]
            stop(engine, token.instance_id, token.id, token.epoch, Stuck("INTERNAL_ERROR", reason))
            return
