"""Incidents, and the changes of those who cannot ask the graph: the graph, or the engine, is what failed."""

from dataclasses import replace

from models.states import InstanceStatus, TokenState
from workers.semantics.changes import Changes, EndedTask, HistoryStep, NewIncident, caller_told
from workers.semantics.memory import Memory
from workers.semantics.situation import Situation, Token
from workers.semantics.stuck import Stuck


def stand_still(
    situation: Situation, token: Token, stuck: Stuck, memory: Memory, attempts: int
) -> tuple[Token, NewIncident]:
    """The token as it stands with an incident, and the incident. Its epoch is left to the caller.

    `memory` is what must not be lost until the token goes on.
    """
    stopped = replace(
        token,
        state=TokenState.INCIDENT,
        attempts=attempts,
        sent_at=None,
        lease_at=None,
        memory=memory,
    )
    incident = NewIncident(
        id=situation.new_id("inc_"),
        instance_id=token.instance_id,
        token_id=token.id,
        node_id=token.node_id,
        code=stuck.code,
        message=stuck.message,
        attempts=attempts,
        created_at=situation.now,
    )
    return stopped, incident


def stop_blindly(situation: Situation, token: Token, stuck: Stuck) -> Changes:
    """Makes a token an incident, whatever it does."""
    changes = Changes(situation.instance.id, situation.now)
    if token.state == TokenState.WAITING:
        # The token waits on: what comes for it once its version can be run ends the incident too.
        memory, attempts = replace(token.memory, parked=True), token.attempts
    else:
        # What the token waited for is given up with it; after a retry it begins to wait anew.
        changes.released = [token.id]
        changes.ended_jobs = [token.id]
        memory, attempts = replace(token.memory, begun=False), token.attempts + 1
    stopped, incident = stand_still(situation, token, stuck, memory, attempts)
    changes.moved[token.id] = replace(stopped, epoch=token.epoch + 1)
    changes.incidents.append(incident)
    return changes


def cancel_blindly(situation: Situation, *, tell: bool = True) -> Changes:
    """Ends an instance whose version cannot be read: its history does not know the types of its nodes."""
    tokens = situation.tokens.values()
    changes = Changes(situation.instance.id, situation.now, status=InstanceStatus.CANCELLED)
    changes.dropped = {token.id: token.epoch for token in tokens}
    changes.closed = list(situation.scopes)
    changes.released = [*changes.dropped, *situation.scopes, situation.instance.id]
    changes.resolved = list(changes.dropped)
    changes.ended_jobs = list(changes.dropped)
    changes.ended_tasks = [EndedTask(token.id, "CANCELLED", None) for token in tokens]
    changes.cancelled_calls = [each.memory.called for each in tokens if each.memory.called is not None]
    if tell:
        changes.timers = caller_told(situation, {"cancelled": True})
    for seq, token in enumerate(tokens, 1):
        changes.steps.append(
            HistoryStep(
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
