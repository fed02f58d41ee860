"""Errors, escalations and signals that a node throws, and the events that catch them.

Errors and escalations climb: the activity's own boundary events, the event sub-processes of the scope around
it, the boundary events of the sub-process, and so on, across call activities too. Within one of these places
the matching code goes before one that catches all.
"""

from collections.abc import Iterator
from typing import cast

from models.incident_code import IncidentCode
from models.states import InstanceStatus
from workers.flow.graph import ErrorEvent, EscalationEvent, Node, SignalCatch
from workers.flow.json_value import JsonValue
from workers.semantics.happen import event_starts, happen, listeners, still_listens
from workers.semantics.memory import Memory
from workers.semantics.moves import Moves
from workers.semantics.situation import Alone, Token, Whole
from workers.semantics.step import Step
from workers.semantics.stuck import Stuck, WholeInstanceNeeded

#: The error that a cancelled task throws; uncaught it cancels the instance.
TASK_CANCELLED = "TASK_CANCELLED"


def throw(
    step: Step,
    code: str,
    message: str,
    *,
    read: JsonValue = None,
    data: dict[str, JsonValue] | None = None,
) -> None:
    """Throws a BPMN error at the token of the step; the catching event sees `data` as `error.data`.

    Raises:
        Stuck: UNCAUGHT_ERROR; then nothing was changed.
    """
    if not throw_if_caught(step, code, message, read=read, data=data):
        raise Stuck(
            IncidentCode.UNCAUGHT_ERROR, f"nobody catches the error '{code}' of node '{step.node.id}'"
        )


def throw_if_caught(
    step: Step,
    code: str,
    message: str,
    *,
    read: JsonValue = None,
    data: dict[str, JsonValue] | None = None,
) -> bool:
    """Throws a BPMN error; False when nobody catches it: then nothing was changed."""
    moves, token = step.moves, step.token
    error: dict[str, JsonValue] = {"code": code, "message": message}
    came: dict[str, JsonValue] = {"error": error if data is None else {**error, "data": data}}
    outcome = "cancelled" if code == TASK_CANCELLED else "error"
    found = _catcher(moves, token, ErrorEvent, code)
    if found is None:
        if not _is_caught_outside(moves, "errors", code):
            return False
        _need_whole(moves)
        moves.record(token, outcome, read, attempts=token.attempts + 1)
        moves.release(token.id)
        moves.drop(token)
        end_instance(moves, "cancelled")
        moves.tell_caller(came)
        return True
    holder_id, event = found
    if holder_id != token.id:
        _need_whole(moves)
        moves.record(token, outcome, read, attempts=token.attempts + 1)
        moves.end_inside(token, "cancelled")
        moves.release(token.id, "CANCELLED")
        moves.drop(token)
        happen(moves, holder_id, event, came)
        return True
    if step.listens or moves.hosted_by(token):
        _need_whole(moves)
        moves.end_inside(token, "cancelled")
        moves.release(token.id, "CANCELLED")
    moves.record(token, outcome, read, attempts=token.attempts + 1)
    step.jump(event.id, came)
    return True


def cancel_task(step: Step, by: str | None = None) -> None:
    """Throws TASK_CANCELLED; uncaught it cancels the instance, and climbs on where that was called."""
    if not throw_if_caught(step, TASK_CANCELLED, "the task was cancelled"):
        end_instance(step.moves, "cancelled", by)
        step.moves.tell_caller({"error": {"code": TASK_CANCELLED, "message": "the task was cancelled"}})


def escalate(step: Step, code: str, data: dict[str, JsonValue]) -> None:
    """Throws an escalation; uncaught it is ignored. The token may be gone afterwards."""
    moves = step.moves
    _need_whole(moves)
    came: dict[str, JsonValue] = {"escalation": {"code": code, "data": data}}
    found = _catcher(moves, step.token, EscalationEvent, code)
    if found is not None:
        happen(moves, *found, came)
    elif _is_caught_outside(moves, "escalations", code):
        moves.tell_caller(came)


def signal(moves: Moves, name: str, data: dict[str, JsonValue]) -> None:
    """The signal reaches the holders that wait in this instance; other instances get it after the commit."""
    _need_whole(moves)
    waiting = [(holder, event) for holder, event in listeners(moves, SignalCatch) if _is(event, name)]
    for holder_id, event in waiting:
        # What happened for another holder may have ended this one.
        if still_listens(moves, holder_id, event):
            token = moves.tokens.get(holder_id)
            if token is not None and token.node_id == event.id:
                moves.release(holder_id)
                Step(moves, token).try_again(moves.now, attempts=0, memory=Memory(answer=data))
            else:
                happen(moves, holder_id, event, data)


def caught_from(moves: Moves, token: Token) -> JsonValue:
    """The codes that are caught around the token of a call: the called instance has to know them."""
    caught: dict[str, list[str | None]] = {}
    for kind, name in ((ErrorEvent, "errors"), (EscalationEvent, "escalations")):
        events = [event for _, events in _climb(moves, token, kind) for event in events]
        codes = [getattr(event.details, "code", None) for event in events]
        caught[name] = list(dict.fromkeys([*codes, *_caught_outside(moves, name)]))
    return cast(JsonValue, caught)


def end_instance(
    moves: Moves, outcome: str, by: str | None = None, status: str = InstanceStatus.CANCELLED
) -> None:
    """Ends everything in the instance, and the instance."""
    for token in moves.tokens_in(moves.root):
        moves.end(token, outcome, by)
    for scope in [each for each in moves.scopes.values() if each.parent_id == moves.root]:
        moves.close(scope)
    moves.release(moves.root)
    moves.changes.status = status


def _climb(moves: Moves, token: Token, kind: type) -> Iterator[tuple[str, list[Node]]]:
    """The holders around a token, from the inside out, with their events of a kind."""
    nodes = moves.graph.nodes
    while True:
        if token.scope_id != moves.root and token.scope_id not in moves.scopes:
            _need_whole(moves)
        if not moves.is_body(token):
            events = [nodes[boundary] for boundary in nodes[token.node_id].boundaries]
            yield token.id, [event for event in events if isinstance(event.details, kind)]
        level = moves.level_of(token.scope_id)
        if level is not None and level.event_sub_processes:
            starts = event_starts(moves, token.scope_id, kind)
            # An event sub-process does not catch what it throws itself.
            yield token.scope_id, [start for start in starts if start.parent != token.node_id]
        if token.scope_id == moves.root:
            return
        if isinstance(moves.situation.seen, Alone):
            _need_whole(moves)
        token = moves.tokens[moves.scopes[token.scope_id].host_id or ""]


def _catcher(moves: Moves, token: Token, kind: type, code: str) -> tuple[str, Node] | None:
    for holder_id, events in _climb(moves, token, kind):
        for wanted in (code, None):
            for event in events:
                if getattr(event.details, "code", None) == wanted:
                    return holder_id, event
    return None


def _is_caught_outside(moves: Moves, name: str, code: str) -> bool:
    caught = _caught_outside(moves, name)
    return code in caught or None in caught


def _caught_outside(moves: Moves, name: str) -> list[str | None]:
    caught = moves.situation.instance.caught
    return cast(list[str | None], caught.get(name, [])) if isinstance(caught, dict) else []


def _is(event: Node, name: str) -> bool:
    return isinstance(event.details, SignalCatch) and event.details.name == name


def _need_whole(moves: Moves) -> None:
    if not isinstance(moves.situation.seen, Whole):
        raise WholeInstanceNeeded
