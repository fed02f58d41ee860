"""What follows from a move within the instance: scopes that end, joins that fire, conditions that came true.

It depends on the other tokens, so a plan that sees one token alone leaves it out.
"""

from collections.abc import Iterator

from models.incident_code import IncidentCode
from models.states import InstanceStatus, TokenState
from workers.semantics.conditions import look_at_conditions, stop_parked
from workers.semantics.kinds import behaviour, kind_of
from workers.semantics.kinds.gateway import InclusiveGateway
from workers.semantics.kinds.kind import Kind
from workers.semantics.memory import NOTHING
from workers.semantics.moves import Moves
from workers.semantics.raising import end_instance
from workers.semantics.situation import DONE, Token, by_age
from workers.semantics.step import Step
from workers.semantics.stuck import Stuck


def settle(moves: Moves) -> None:
    """Lets one thing after the other follow until nothing does; an instance without tokens is complete."""
    while moves.changes.status is None:
        if not (_end_scope(moves) or _fire_join(moves) or look_at_conditions(moves)):
            break
    if moves.changes.status is not None:
        return
    if not moves.tokens:
        _complete(moves)
    else:
        _strand(moves)


def _complete(moves: Moves) -> None:
    variables = dict(moves.variables.get(moves.root, {}))
    end_instance(moves, "completed", status=InstanceStatus.COMPLETED)
    moves.tell_caller({"variables": variables})


def _end_scope(moves: Moves) -> bool:
    """Lets one host go on whose scope has no token left."""
    busy = {token.scope_id for token in moves.tokens.values()}
    for scope in sorted(moves.scopes.values(), key=lambda scope: (scope.node_id, scope.number)):
        host = moves.tokens.get(scope.host_id or "")
        if scope.kind == DONE or scope.id in busy or host is None or host.state != TokenState.WAITING:
            continue
        if not moves.sees(scope.id):
            continue
        try:
            with moves.attempt():
                step = Step(moves, host)
                behaviour(step).scope_ended(step, scope)
        except Stuck as stuck:
            stop_parked(moves, host, stuck)
        return True
    return False


def _fire_join(moves: Moves) -> bool:
    """Lets one inclusive gateway fire that waits no longer for anything."""
    for kind, tokens in _waiting_joins(moves):
        if not isinstance(kind, InclusiveGateway) or any(
            token.state == TokenState.INCIDENT for token in tokens
        ):
            continue
        step = Step(moves, tokens[0])
        try:
            with moves.attempt():
                fired = kind.fire(step)
        except Stuck as stuck:
            moves.stop(tokens[0], stuck, NOTHING, tokens[0].attempts + 1)
            fired = True
        if fired:
            return True
    return False


def _strand(moves: Moves) -> None:
    """Where a scope has tokens at joins only, the joins can never fire."""
    by_scope: dict[str, list[Token]] = {}
    for token in moves.tokens.values():
        by_scope.setdefault(token.scope_id, []).append(token)
    for inside in by_scope.values():
        if all(
            token.state == TokenState.WAITING and moves.graph.nodes[token.node_id].joins for token in inside
        ):
            for token in by_age(inside):
                reason = f"node '{token.node_id}' waits for tokens that nothing which is left could bring"
                moves.stop(token, Stuck(IncidentCode.JOIN_NEVER_FIRES, reason), NOTHING, token.attempts)


def _waiting_joins(moves: Moves) -> Iterator[tuple[Kind, list[Token]]]:
    """The tokens that wait at a join, by join and scope, in an order that does not depend on the store."""
    places: dict[tuple[str, str], list[Token]] = {}
    for token in moves.tokens.values():
        if (
            token.state in (TokenState.WAITING, TokenState.INCIDENT)
            and moves.graph.nodes[token.node_id].joins
        ):
            places.setdefault((token.scope_id, token.node_id), []).append(token)
    waiting = [by_age(tokens) for tokens in places.values()]
    for tokens in sorted(waiting, key=lambda tokens: (tokens[0].entered_at, tokens[0].node_id)):
        yield kind_of(moves.graph.nodes[tokens[0].node_id]), tokens
