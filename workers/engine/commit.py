"""How what happens to a token is committed: the common hop, moves of the whole instance, and claims."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import structlog

from models.errors import Busy, Unavailable
from models.incident_code import IncidentCode
from models.states import InstanceStatus, TokenState
from workers.engine import called
from workers.engine.graphs import NotCompilable
from workers.engine.stop import stop
from workers.engine.store import Claim, retrying
from workers.engine.store.transaction import Transaction
from workers.flow.graph import Graph
from workers.semantics.changes import Changes
from workers.semantics.memory import Memory
from workers.semantics.plan import plan
from workers.semantics.situation import InstanceFacts, Lost, Run, Situation, Token, TokenEvent
from workers.semantics.stuck import Stuck, WholeInstanceNeeded

if TYPE_CHECKING:
    from workers.engine.engine import Engine

log = structlog.get_logger(__name__)

#: After so many messages for one epoch a node is claimed even if it has no outside effect: it may be the
#: node that kills its workers, and only lost leases are counted.
SENDS_BEFORE_CLAIM = 3

#: The longest pause between two attempts to commit what a claimed node came to, in seconds.
_LONGEST_PAUSE = 5.0

#: A message's lock: organization, environment, name, correlation key.
MessageKey = tuple[str, str, str, str]


Planned = TypeVar("Planned", bound=Changes | None)


class _LocksNeeded(Exception):
    """Others hold locks of messages that the plan begins to wait for: once more, with those locks first."""

    def __init__(self, keys: set[MessageKey]) -> None:
        super().__init__()
        self.keys = keys


def commit(engine: "Engine", graph: Graph, situation: Situation, event: TokenEvent) -> None:
    """One fenced commit, under the instance's lock where the plan asks for the whole; nothing if too late."""
    try:
        changes = plan(graph, situation, event)
    except WholeInstanceNeeded:
        decide(engine, graph, situation.instance.id, event)
        return
    if changes.message_keys or changes.calls or changes.cancelled_calls:
        decide(engine, graph, situation.instance.id, event)
    elif retrying(lambda: engine.store.move(changes)):
        engine.committed([changes])
    elif changes.read_seq is not None:
        # The instance has moved, and the variables that were read may have changed with it.
        decide(engine, graph, situation.instance.id, event)


def decide(engine: "Engine", graph: Graph, instance_id: str, event: TokenEvent) -> None:
    """Plans with all the instance's tokens: the locks first, then the load, then the commit."""
    suspect: list[tuple[Situation, Token]] = []

    def plan_it(transaction: Transaction, facts: InstanceFacts) -> Changes | None:
        suspect.clear()
        if facts.status != InstanceStatus.RUNNING:
            return None
        return look_at(engine, transaction, facts, event.token_id, look)

    def look(situation: Situation) -> Changes | None:
        if not situation.is_current(event) or _was_renewed(situation, event):
            return None
        token = situation.tokens[event.token_id]
        if isinstance(event, Run) and token.state == TokenState.READY and token.sends > SENDS_BEFORE_CLAIM:
            suspect.append((situation, token))
            return None
        return plan(graph, situation, event)

    change(engine, instance_id, plan_it)
    for situation, token in suspect:
        claimed = claim(engine, situation, token, token.memory)
        if claimed is not None:
            commit_claimed(engine, graph, claimed, Run(claimed.id, claimed.epoch))


def look_at(
    engine: "Engine",
    transaction: Transaction,
    facts: InstanceFacts,
    token_id: str,
    look: Callable[[Situation], Planned],
) -> Planned:
    """What `look` makes of a locked instance: of what is near the token where that is enough, else of all.

    So what happens in one of many bodies of a loop does not load all the others.
    """
    near = engine.store.near(transaction, facts, token_id) if _loops(engine, transaction, facts) else None
    if near is not None:
        with suppress(WholeInstanceNeeded):
            return look(near)
    return look(engine.store.whole(transaction, facts))


def _loops(engine: "Engine", transaction: Transaction, facts: InstanceFacts) -> bool:
    with suppress(NotCompilable):
        graph = engine.graphs.get(facts.version_id, transaction)
        return not graph.watchful and any(node.loop is not None for node in graph.nodes.values())
    return False


def change(
    engine: "Engine",
    instance_id: str,
    plan_it: Callable[[Transaction, InstanceFacts], Changes | None],
) -> Changes | None:
    """Locks the instance, lets `plan_it` say what changes, and commits it; rings for what is ready then.

    `plan_it` may be called more than once: where the transaction lost a race, and where somebody else
    holds the lock of a message that it begins to wait for.

    Raises: what `plan_it` raises; then nothing was changed.
    """
    held: set[MessageKey] = set()
    while True:
        try:
            made = retrying(partial(_change, engine, instance_id, plan_it, held))
        except _LocksNeeded as needed:
            held |= needed.keys
            continue
        engine.committed(made)
        return made[-1] if made else None


def _change(
    engine: "Engine",
    instance_id: str,
    plan_it: Callable[[Transaction, InstanceFacts], Changes | None],
    held: set[MessageKey],
) -> list[Changes]:
    with engine.store.transaction() as transaction:
        for key in sorted(held):
            engine.store.lock_message_key(transaction, *key)
        facts = engine.store.lock_instance(transaction, instance_id)
        changes = plan_it(transaction, facts) if facts is not None else None
        if facts is None or changes is None:
            return []
        keys = {(facts.organization_id, facts.environment, *each) for each in changes.message_keys} - held
        # Whoever holds one may wait for this instance: he must not be waited for here.
        if not all(engine.store.lock_message_key(transaction, *key, wait=False) for key in keys):
            raise _LocksNeeded(keys)
        return write(engine, transaction, facts, changes)


def write(
    engine: "Engine", transaction: Transaction, facts: InstanceFacts, changes: Changes
) -> list[Changes]:
    """Writes the changes of a locked instance, and what they do to the instances it called or calls now.

    Those come first: a called instance is locked while no token of its caller is. The last of what is
    returned are the changes themselves.
    """
    made: list[Changes] = []
    for called_id in changes.cancelled_calls:
        made += called.cancel(engine, transaction, called_id)
    for call in changes.calls:
        made.append(called.start(engine, transaction, facts, call))
    engine.store.apply(transaction, changes)
    return [*made, changes]


def _was_renewed(situation: Situation, event: TokenEvent) -> bool:
    """Whether a heartbeat came after the sweeper had looked."""
    lease_at = situation.tokens[event.token_id].lease_at
    lost = isinstance(event, Lost) and not event.for_certain
    return lost and lease_at is not None and lease_at > situation.now


def claim(engine: "Engine", situation: Situation, token: Token, memory: Memory) -> Token | None:
    """Makes a ready token this worker's, with what its visit must keep; None when somebody was first."""
    lease_at = situation.now + engine.settings.lease
    if not engine.store.claim(token, memory, lease_at):
        return None
    claimed = replace(
        token, state=TokenState.RUNNING, epoch=token.epoch + 1, lease_at=lease_at, memory=memory
    )
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
            situation = engine.store.load(token.id, token.epoch)
            if situation is not None:
                commit(engine, graph, situation, event)
            return
        except (Busy, Unavailable) as error:
            if engine.stopping.wait(pause):
                raise
            log.warning("a node's result is not stored yet", node=token.node_id, reason=str(error.__cause__))
            pause = min(pause * 2, _LONGEST_PAUSE)
        except Exception as error:
            log.exception("a node's result cannot be stored", node=token.node_id)
            reason = f"{type(error).__name__}: {error}"[:2000]
            stop(engine, token.instance_id, token.id, token.epoch, Stuck(IncidentCode.INTERNAL_ERROR, reason))
            return
