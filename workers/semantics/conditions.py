"""Conditional events: looked at when they are reached, and whenever a variable that they name has changed."""

from collections.abc import Mapping
from dataclasses import replace

from models.incident_code import IncidentCode
from models.states import TokenState
from workers.flow.graph import ConditionalEvent, Node
from workers.flow.json_value import JsonValue
from workers.flow.values.expression import UNDEFINED, Expression, ExpressionError
from workers.semantics.happen import awaited_by, happen, listeners, still_listens
from workers.semantics.moves import Moves, Variables
from workers.semantics.situation import Token
from workers.semantics.step import Step
from workers.semantics.stuck import Stuck
from workers.semantics.view import shown


def look_at_conditions(moves: Moves) -> bool:
    """Lets the conditional events happen that have become true; whether one did.

    Each event is looked at once for all changes. A condition that cannot be worked out yet, because a
    variable is not set, is not true; a condition that is wrong is an incident. An event that does not
    interrupt happens when its condition turns from not true (or wrong) to true, so that the nodes behind it
    can write the same variables.
    """
    armed, written = moves.armed, moves.written
    moves.armed, moves.written = set(), set()
    if not armed and not written:
        return False
    happened = False
    for holder_id, event in list(listeners(moves, ConditionalEvent)):
        condition = event.details_as(ConditionalEvent).condition
        # Which variables it reads cannot be seen in every condition.
        concerned = written & condition.names if condition.reads is not None else written
        if (holder_id, event.id) not in armed and not concerned:
            continue
        if happened and not still_listens(moves, holder_id, event):
            continue  # an event that happened before has ended it
        try:
            if not _is_true(moves, holder_id, event, moves.variables):
                continue
            repeats = not event.interrupting and (holder_id, event.id) not in armed
            if repeats and _was_true(moves, holder_id, event):
                continue
            with moves.attempt():
                _let_happen(moves, holder_id, event)
        except Stuck as stuck:
            _stop(moves, holder_id, stuck)
        happened = True
    return happened


def _was_true(moves: Moves, holder_id: str, event: Node) -> bool:
    try:
        return _is_true(moves, holder_id, event, moves.situation.variables)
    except Stuck:
        return False


def _is_true(moves: Moves, holder_id: str, event: Node, variables: Variables) -> bool:
    token = moves.tokens.get(holder_id)
    scope_id = token.scope_id if token is not None else holder_id
    condition = event.details_as(ConditionalEvent).condition
    seen = moves.seen_from(scope_id, variables)
    try:
        answer = condition.evaluate(seen, now=moves.now)
    except ExpressionError as error:
        if error.asserted and _lacks(condition, seen):
            return False
        raise Stuck(error.code, f"the condition of event '{event.id}': {error.message}") from None
    if answer is UNDEFINED or (answer is None and _lacks(condition, seen)):
        return False
    if not isinstance(answer, bool):
        raise Stuck(
            IncidentCode.CONDITION_NOT_BOOLEAN,
            f"the condition of event '{event.id}' is {shown(answer)}, not true or false",
        )
    return answer


def _lacks(condition: Expression, seen: Mapping[str, JsonValue]) -> bool:
    """Whether a variable of the condition is not set.

    A condition translated from JUEL then fails by `$assert`, as JUEL fails; one translated from FEEL is null.
    """
    return not condition.names <= seen.keys()


def _let_happen(moves: Moves, holder_id: str, event: Node) -> None:
    token = moves.tokens.get(holder_id)
    if token is not None and token.node_id == event.id:
        moves.release(token.id)
        Step(moves, token).leave()
    else:
        happen(moves, holder_id, event, {})


def _stop(moves: Moves, holder_id: str, stuck: Stuck) -> None:
    """The incident stands at the holder; where that is the instance, at its oldest token."""
    token = moves.tokens.get(holder_id)
    if token is None:
        scope = moves.scopes.get(holder_id)
        token = moves.tokens.get(scope.host_id or "") if scope else None
    if token is None:
        token = next(iter(moves.tokens_in(moves.root)), None)
    if token is not None:
        stop_parked(moves, token, stuck)


def stop_parked(moves: Moves, token: Token, stuck: Stuck) -> None:
    """An incident at a token that may wait for something: a retry lets it wait on."""
    waited = token.memory.parked or token.state == TokenState.WAITING
    moves.stop(token, stuck, replace(token.memory, parked=waited), token.attempts)


def park_again(moves: Moves, token: Token) -> bool:
    """Lets a token wait on that was stopped while it waited, its conditions looked at; False for others."""
    if not token.memory.parked:
        return False
    moves.park(token, replace(token.memory, parked=False))
    waits = moves.tokens[token.id]
    moves.armed |= {(token.id, event.id) for event in awaited_by(moves, waits, ConditionalEvent)}
    return True
