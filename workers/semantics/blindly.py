"""Start, incident and cancel without asking the graph: the graph, or the engine itself, is what failed."""

from dataclasses import replace

from models.states import InstanceStatus, TokenState
from workers.flow.json_value import JsonValue
from workers.semantics.changes import Changes, EndedTask, HistoryStep, caller_told
from workers.semantics.incident import stand_still
from workers.semantics.memory import Memory
from workers.semantics.moves import DEFAULT_QUEUE
from workers.semantics.situation import Situation, Token
from workers.semantics.stuck import Stuck


def start_blindly(situation: Situation, node_id: str, came: dict[str, JsonValue]) -> Changes:
    """The token with which an instance begins at a start event, as `plan.start` makes it.

    It has event sub-processes armed when it runs, if there are any. Start events are in the default queue.
    """
    instance = situation.instance
    token = Token(
        id=situation.new_id("tok_"),
        instance_id=instance.id,
        version_id=instance.version_id,
        scope_id=instance.id,
        node_id=node_id,
        flow_id=None,
        queue=DEFAULT_QUEUE,
        state=TokenState.READY,
        epoch=0,
        activation=0,
        attempts=0,
        losses=0,
        sends=1,
        entered_at=situation.now,
        available_at=situation.now,
        sent_at=situation.now,
        lease_at=None,
        memory=Memory(opens=True, answer=came),
    )
    return Changes(instance.id, situation.now, spawned={token.id: token})


def stop_blindly(situation: Situation, token: Token, stuck: Stuck) -> Changes:
    """Makes a token an incident, whatever it does."""
    changes = Changes(situation.instance.id, situation.now)
    if token.state == TokenState.WAITING:
        # The token waits on: an answer that comes once the version can be run ends the incident too.
        memory, attempts = replace(token.memory, parked=True), token.attempts
    else:
        # Its boundary events wait no more; after a retry the token arms them anew.
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
