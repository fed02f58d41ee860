"""Claims: a worker takes a ready token for itself before it does what others can see."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from models.states import TokenState
from workers.engine.context import Context
from workers.engine.store import Claim
from workers.semantics.memory import Memory
from workers.semantics.situation import Situation, Token

#: After so many messages for one epoch a node is claimed even if it has no outside effect: it may be the
#: node that kills its workers, and only lost leases are counted.
SENDS_BEFORE_CLAIM = 3


def claim(context: Context, situation: Situation, token: Token, memory: Memory) -> Token | None:
    """Makes a ready token this worker's, in the situation too, with what its visit must keep.

    None when somebody else was first.
    """
    lease_at = situation.now + context.settings.lease
    if not context.store.claim(token, memory, lease_at):
        return None
    claimed = replace(
        token, state=TokenState.RUNNING, epoch=token.epoch + 1, lease_at=lease_at, memory=memory
    )
    situation.tokens[token.id] = claimed
    return claimed


@contextmanager
def renewed(context: Context, token: Token) -> Iterator[None]:
    """The heartbeat renews the lease of the claimed token for as long as the block runs."""
    held = Claim(token.id, token.epoch)
    context.claims.add(held)
    try:
        yield
    finally:
        context.claims.discard(held)
