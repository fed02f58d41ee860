"""A worker executes the node of one ready token, commits what follows, and rings for what is ready next.

Whatever message led here may have come twice, late, or for a token that is long gone: the epoch tells.
"""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, cast

import orjson
import structlog

from models.errors import Unavailable
from models.states import ACTIVE, READY, RUNNING, STUCK
from models.types import new_id
from workers.engine.changes import Changes, NewIncident
from workers.engine.graphs import NotCompilable
from workers.engine.plan import has_come, plan
from workers.engine.situation import Failed, InstanceFacts, Returned, Run, Situation, Token, TokenEvent
from workers.engine.step import Step
from workers.engine.store import Claim, retrying
from workers.engine.stuck import Stuck, WholeInstanceNeeded
from workers.flow.graph import Graph, MessageCatch, Node
from workers.flow.json_value import JsonValue
from workers.flow.template import Evaluated, Part, reveal
from workers.mask import mask
from workers.nodes import kind_of
from workers.nodes.kind import AttemptFailed, Call, OutsideKind
from workers.nodes.message import MessageCatchEvent

if TYPE_CHECKING:
    from workers.engine.engine import Engine

log = structlog.get_logger(__name__)

#: After so many messages for one epoch a node is claimed even if it has no outside effect: it may be the
#: node that kills its workers, and only lost leases are counted.
SENDS_BEFORE_CLAIM = 3


@dataclass(frozen=True, slots=True)
class TokenRef:
    """What a message carries: a token at an epoch, and what of it never changes."""

    token_id: str
    epoch: int
    instance_id: str
    version_id: str
    node_id: str


def execute(engine: "Engine", ref: TokenRef) -> None:
    """Runs the node if the token still stands there at this epoch; else does nothing."""
    try:
        graph = engine.graphs.get(ref.version_id)
        _run(engine, graph, ref)
    except Unavailable:
        raise
    except NotCompilable as error:
        log.exception("version cannot be run", version=ref.version_id)
        stop(engine, ref, Stuck("VERSION_NOT_RUNNABLE", str(error)[:2000]))
    except Exception as error:
        log.exception("node failed unexpectedly", node=ref.node_id, instance=ref.instance_id)
        stop(engine, ref, Stuck("INTERNAL_ERROR", f"{type(error).__name__}: {error}"[:2000]))


def _run(engine: "Engine", graph: Graph, ref: TokenRef) -> None:
    node = graph.nodes[ref.node_id]
    kind = kind_of(node)
    if kind.needs_whole(node) and not isinstance(kind, OutsideKind | MessageCatchEvent):
        decide(engine, graph, ref.instance_id, Run(ref.token_id, ref.epoch))
        return
    situation = engine.store.load(ref.token_id, ref.epoch, None)
    if situation is None or situation.instance.status != RUNNING:
        return
    token = situation.tokens[ref.token_id]
    if isinstance(kind, OutsideKind):
        _call(engine, graph, situation, token, kind)
    elif isinstance(kind, MessageCatchEvent) and not has_come(token):
        _subscribe(engine, graph, situation, token, kind)
    elif token.sends <= SENDS_BEFORE_CLAIM:
        _commit(engine, graph, situation, Run(token.id, token.epoch))
    elif (claimed := _claim(engine, token, token.input, situation)) is not None:
        _commit(engine, graph, situation, Run(claimed.id, claimed.epoch))


def _commit(engine: "Engine", graph: Graph, situation: Situation, event: TokenEvent) -> None:
    """One fenced commit; under the instance's lock where the plan asks for the whole."""
    try:
        changes = plan(graph, situation, event)
    except WholeInstanceNeeded:
        decide(engine, graph, situation.instance.id, event)
        return
    if engine.store.move(changes):
        engine.ring(changes)


def decide(engine: "Engine", graph: Graph, instance_id: str, event: TokenEvent) -> bool:
    """Plans and commits under the instance's lock, with all its tokens; False when it is too late."""
    return retrying(lambda: _decide(engine, graph, instance_id, event))


def _decide(engine: "Engine", graph: Graph, instance_id: str, event: TokenEvent) -> bool:
    with engine.store.transaction() as transaction:
        facts = engine.store.lock_instance(transaction, instance_id)
        if facts is None or facts.status != RUNNING:
            return False
        situation = engine.store.whole(transaction, facts)
        if not is_current(situation, event):
            return False
        token = situation.tokens[event.token_id]
        suspect = isinstance(event, Run) and token.state == READY and token.sends > SENDS_BEFORE_CLAIM
        if not suspect:
            changes = plan(graph, situation, event)
            engine.store.apply(transaction, changes)
    if suspect:
        claimed = _claim(engine, token, token.input, situation)
        return claimed is not None and _decide(engine, graph, instance_id, Run(claimed.id, claimed.epoch))
    engine.ring(changes)
    return True


def is_current(situation: Situation, event: TokenEvent) -> bool:
    """Whether the event is about a token as it stands."""
    token = situation.tokens.get(event.token_id)
    return token is not None and token.epoch == event.epoch


# -- nodes with outside effect


def _call(engine: "Engine", graph: Graph, situation: Situation, token: Token, kind: OutsideKind) -> None:
    """Claims the token, calls without holding anything, commits what came back."""
    began = time.monotonic()
    try:
        kept = _kept_input(token) or _prepare(graph, situation, token, kind)
    except Stuck as stuck:
        _stop_before(engine, Step(graph, situation, token), stuck)
        return
    claimed = _claim(engine, token, kept, situation)
    if claimed is None:
        return
    claim = Claim(claimed.id, claimed.epoch)
    engine.claims.add(claim)
    try:
        event = _perform(engine, graph.nodes[token.node_id], situation, claimed, kind)
    finally:
        engine.claims.discard(claim)
    # The clock is the database's: its last reading, and what has passed since.
    situation.now += timedelta(seconds=time.monotonic() - began)
    _commit(engine, graph, situation, event)


def _prepare(graph: Graph, situation: Situation, token: Token, kind: OutsideKind) -> dict[str, JsonValue]:
    """The input of this visit, worked out once, with the key that every attempt carries."""
    value, secrets = kind.prepare(Step(graph, situation, token))
    digest = hashlib.sha256(orjson.dumps([token.id, token.activation, value, secrets])).hexdigest()
    return {"value": value, "secrets": dict(secrets), "key": digest[:40]}


def _kept_input(token: Token) -> dict[str, JsonValue] | None:
    kept = token.input
    return kept if isinstance(kept, dict) and "key" in kept else None


def _claim(engine: "Engine", token: Token, kept: JsonValue, situation: Situation) -> Token | None:
    lease_at = situation.now + engine.settings.lease
    if not engine.store.claim(token, kept, lease_at):
        return None
    claimed = replace(token, state=ACTIVE, epoch=token.epoch + 1, lease_at=lease_at, input=kept)
    situation.tokens[token.id] = claimed
    return claimed


def _perform(
    engine: "Engine", node: Node, situation: Situation, token: Token, kind: OutsideKind
) -> Returned | Failed:
    kept = cast(dict[str, JsonValue], token.input)
    overlay = cast(dict[str, list[Part]], kept["secrets"])
    secrets: dict[str, str] = {}
    try:
        secrets = engine.secrets.read(situation.instance.organization_id, _names(overlay))
        call = Call(
            node=node,
            input=reveal(Evaluated(kept["value"], overlay), secrets.__getitem__),
            idempotency_key=cast(str, kept["key"]),
            instance_id=token.instance_id,
            attempt=token.attempts + 1,
        )
        result = kind.perform(call, engine)
        masked = cast(dict[str, JsonValue], mask(result, secrets.values()))
        return Returned(token.id, token.epoch, masked)
    except AttemptFailed as failure:
        return Failed(
            token.id,
            token.epoch,
            failure.code,
            cast(str, mask(failure.message, secrets.values())),
            failure.retryable,
            failure.retry_after,
            failure.error_code,
        )


def _names(overlay: Mapping[str, list[Part]]) -> set[str]:
    return {str(part["secret"]) for parts in overlay.values() for part in parts if isinstance(part, dict)}


# -- message catch events


def _subscribe(
    engine: "Engine", graph: Graph, situation: Situation, token: Token, kind: MessageCatchEvent
) -> None:
    """Opens the subscription under the message key's lock, so that no message passes in between."""
    catch = cast(MessageCatch, graph.nodes[token.node_id].details)
    step = Step(graph, situation, token)
    try:
        key = kind.correlation_key(step)
    except Stuck as stuck:
        _stop_before(engine, step, stuck)
        return
    retrying(lambda: _open(engine, graph, situation.instance, Run(token.id, token.epoch, key), catch.name))


def _open(engine: "Engine", graph: Graph, facts: InstanceFacts, run: Run, name: str) -> None:
    store, key = engine.store, run.key or ""
    with store.transaction() as transaction:
        store.lock_message_key(transaction, facts.organization_id, facts.environment, name, key)
        locked = store.lock_instance(transaction, facts.id)
        if locked is None or locked.status != RUNNING:
            return
        situation = store.whole(transaction, locked)
        if not is_current(situation, run):
            return
        situation.kept_message = store.oldest_kept_message(transaction, locked, name, key, situation.now)
        changes = plan(graph, situation, run)
        store.apply(transaction, changes)
    engine.ring(changes)


def _stop_before(engine: "Engine", step: Step, stuck: Stuck) -> None:
    """What the node needs could not be worked out: an incident before anything was called or opened."""
    step.stop(stuck, attempts=step.token.attempts + 1)
    engine.store.move(step.changes)


# -- what nobody expected


def stop(engine: "Engine", ref: TokenRef, stuck: Stuck) -> None:
    """Makes the token an incident without asking the graph: the graph, or the engine, is what failed."""
    with engine.store.transaction() as transaction:
        facts = engine.store.lock_instance(transaction, ref.instance_id)
        situation = engine.store.whole(transaction, facts) if facts else None
        token = situation.tokens.get(ref.token_id) if situation else None
        # The node may have been claimed before it failed.
        if situation is None or token is None or token.epoch not in (ref.epoch, ref.epoch + 1):
            return
        changes = Changes(ref.instance_id, situation.now)
        changes.moved[token.id] = replace(
            token, state=STUCK, epoch=token.epoch + 1, sent_at=None, lease_at=None
        )
        changes.incidents.append(
            NewIncident(
                id=new_id("inc_"),
                instance_id=ref.instance_id,
                token_id=token.id,
                node_id=ref.node_id,
                code=stuck.code,
                message=stuck.message,
                attempts=token.attempts + 1,
                created_at=situation.now,
            )
        )
        engine.store.apply(transaction, changes)
