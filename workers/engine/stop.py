"""Incident and cancel without asking the graph: the graph, or the engine itself, is what failed."""

from dataclasses import replace
from typing import TYPE_CHECKING

from models.states import InstanceStatus, TokenState
from models.types import new_id
from workers.engine.store import retrying
from workers.semantics.changes import Changes, EndedTask, NewIncident, Step, caller_told
from workers.semantics.situation import Situation, Token
from workers.semantics.stuck import Stuck

if TYPE_CHECKING:
    from workers.engine.engine import Engine


def stop(engine: "Engine", instance_id: str, holder_id: str, epoch: int | None, stuck: Stuck) -> None:
    """Makes a token an incident; nothing when it is not at this epoch any more. Without one, at any epoch.

    Where the holder is a scope, it is the token around it, or for the instance's own its oldest one.
    """
    retrying(lambda: _stop(engine, instance_id, holder_id, epoch, stuck))


def cancel_blindly(situation: Situation, *, tell: bool = True) -> Changes:
    """Ends an instance whose version cannot be read: its history does not know the types of its nodes."""
    tokens = situation.tokens.values()
    changes = Changes(situation.instance.id, situation.now, status=InstanceStatus.CANCELLED)
    changes.dropped = {token.id: token.epoch for token in tokens}
    changes.closed = list(situation.scopes)
    changes.released = [*changes.dropped, *situation.scopes, situation.instance.id]
    changes.resolved = changes.ended_jobs = list(changes.dropped)
    changes.ended_tasks = [EndedTask(token.id, "CANCELLED", None) for token in tokens]
    changes.cancelled_calls = [each.memory.called for each in tokens if each.memory.called is not None]
    if tell:
        changes.timers = caller_told(situation, {"cancelled": True})
    for seq, token in enumerate(tokens, 1):
        changes.steps.append(
            Step(
                seq=seq,
                node_id=token.node_id,
                node_type="unknown",
                attempts=token.attempts,
                entered_at=token.entered_at,
                left_at=situation.now,
                outcome="cancelled",
                scope_id=token.scope_id,
            )
        )
    return changes


def _stop(engine: "Engine", instance_id: str, holder_id: str, epoch: int | None, stuck: Stuck) -> None:
    with engine.store.transaction() as transaction:
        facts = engine.store.lock_instance(transaction, instance_id)
        if facts is None or facts.status != InstanceStatus.RUNNING:
            return
        situation = engine.store.whole(transaction, facts)
        token = _token(situation, holder_id)
        if token is None or epoch not in (None, token.epoch) or token.state == TokenState.INCIDENT:
            return
        changes = Changes(instance_id, situation.now)
        if token.state == TokenState.WAITING:
            # It waits on: what comes for it once its version can be run ends the incident too.
            memory = replace(token.memory, parked=True)
        else:
            # What it waited for is given up with it; going on after a retry begins to wait anew.
            changes.released = changes.ended_jobs = [token.id]
            memory = replace(token.memory, begun=False)
        changes.moved[token.id] = replace(
            token,
            state=TokenState.INCIDENT,
            epoch=token.epoch + 1,
            sent_at=None,
            lease_at=None,
            memory=memory,
        )
        changes.incidents.append(
            NewIncident(
                id=new_id("inc_"),
                instance_id=instance_id,
                token_id=token.id,
                node_id=token.node_id,
                code=stuck.code,
                message=stuck.message,
                attempts=token.attempts + 1,
                created_at=situation.now,
            )
        )
        engine.store.apply(transaction, changes)


def _token(situation: Situation, holder_id: str) -> Token | None:
    scope = situation.scopes.get(holder_id)
    found = situation.tokens.get(scope.host_id or "" if scope is not None else holder_id)
    if found is None and holder_id == situation.instance.id:
        found = min(situation.tokens.values(), key=lambda token: (token.entered_at, token.id), default=None)
    return found
