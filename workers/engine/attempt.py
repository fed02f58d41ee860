"""Attempts of nodes with outside effect: claimed, made without holding anything, committed."""

import traceback
from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import structlog

from models.errors import Busy, Unavailable
from models.incident_code import IncidentCode
from workers.engine.claim import SENDS_BEFORE_CLAIM, claim, renewed
from workers.engine.context import Context
from workers.engine.move import move_claimed
from workers.engine.outside.attempt import Attempt, AttemptFailed
from workers.engine.outside.performers import performer_of
from workers.engine.store import retrying
from workers.flow.graph import Graph, Node
from workers.flow.json_value import JsonValue
from workers.flow.values.template import reveal
from workers.mask import mask
from workers.semantics.changes import Changes
from workers.semantics.kinds import behaviour, kind_of
from workers.semantics.kinds.kind import OutsideKind
from workers.semantics.kinds.visit import visit_input
from workers.semantics.memory import Memory, VisitInput
from workers.semantics.moves import Moves
from workers.semantics.situation import Failed, Returned, Situation, Token
from workers.semantics.step import Step
from workers.semantics.stuck import Stuck

log = structlog.get_logger(__name__)


def is_at_attempt(graph: Graph, situation: Situation, token: Token) -> bool:
    """Whether the visit is at its attempt: it does not loop, nor has its answer, nor events to arm first.

    Those are its own boundary events, or at the first visit of all the process's event sub-processes.
    """
    step = Step(Moves(graph, situation), token)
    memory = token.memory
    if behaviour(step) is not kind_of(step.node) or memory.answer is not None or memory.opens:
        return False
    return not step.listens or memory.begun


def attempt(
    context: Context, graph: Graph, situation: Situation, token: Token, kind: OutsideKind
) -> list[Changes]:
    """One attempt, from the claim to the commit of what came of it; returns what was committed."""
    node = graph.nodes[token.node_id]
    suspect = token.sends > SENDS_BEFORE_CLAIM
    if not suspect and not performer_of(node).is_known(node):
        # In a rolling deploy another worker may know what this one does not: it gets some time to take it.
        log.warning("this worker does not know what the node calls; it is sent again")
        return []
    if suspect:
        # Even working out its input may be what kills workers.
        claimed = claim(context, situation, token, token.memory)
        if claimed is None:
            return []
        token = claimed
    try:
        memory = token.memory if token.memory.input is not None else _prepare(graph, situation, token, kind)
    except Stuck as stuck:
        moves = Moves(graph, situation)
        moves.stop(token, stuck, token.memory, token.attempts + 1)
        return [moves.changes] if retrying(lambda: context.store.move(moves.changes)) else []
    if suspect:
        kept = context.store.keep(token, memory)
        claimed = replace(token, memory=memory) if kept else None
    else:
        claimed = claim(context, situation, token, memory)
    if claimed is None:
        return []
    with renewed(context, claimed):
        event = _perform(context, node, situation, claimed)
        return move_claimed(context, graph, claimed, event)


def _prepare(graph: Graph, situation: Situation, token: Token, kind: OutsideKind) -> Memory:
    """The input of this visit, worked out once, with the key that every attempt carries."""
    step = Step(Moves(graph, situation), token)
    value, secrets = kind.prepare(step)
    return replace(token.memory, input=visit_input(step, value, secrets))


def _perform(
    context: Context,
    node: Node,
    situation: Situation,
    token: Token,
) -> Returned | Failed:
    given = cast(VisitInput, token.memory.input)
    secrets: dict[str, str] = {}
    try:
        secrets = context.secrets.read(situation.instance.organization_id, given.secret_names)
        made = Attempt(
            node=node,
            input=reveal(given.evaluated, secrets.__getitem__),
            idempotency_key=given.key,
            instance_id=token.instance_id,
            number=token.attempts + 1,
        )
        result = performer_of(node).perform(made, context)
        masked = cast(dict[str, JsonValue], mask(result, secrets.values()))
        return Returned(token.id, token.epoch, masked)
    except AttemptFailed as failure:
        _log(node, failure, secrets)
        return Failed(
            token.id,
            token.epoch,
            failure.code,
            cast(str, mask(failure.message, secrets.values())),
            failure.retryable,
            failure.retry_after,
            failure.error_code,
        )
    except Busy as error:
        return Failed(token.id, token.epoch, IncidentCode.BUSY, error.detail)
    except Unavailable as error:
        return Failed(token.id, token.epoch, IncidentCode.DATABASE_UNAVAILABLE, error.detail)
    except Exception as error:  # noqa: BLE001 - logged by `_log`, and stored
        _log(node, error, secrets)
        reason = mask(f"{type(error).__name__}: {error}"[:2000], secrets.values())
        return Failed(token.id, token.epoch, IncidentCode.INTERNAL_ERROR, cast(str, reason))


def _log(node: Node, error: Exception, secrets: Mapping[str, str]) -> None:
    """Where it failed, without the secrets that a message or a line of the traceback may hold."""
    trace = mask("".join(traceback.format_exception(error)), secrets.values())
    log.warning("an attempt failed", node=node.id, trace=trace)
