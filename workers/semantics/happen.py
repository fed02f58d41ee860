"""An event happens to a holder that waits for it: at a boundary, at a gateway, around a scope."""

from collections.abc import Iterable, Iterator

from models.states import TokenState
from workers.flow.graph import CancelEvent, Node
from workers.flow.json_value import JsonValue
from workers.flow.values.cycle import parse_cycle
from workers.semantics.changes import NewTimer
from workers.semantics.memory import Memory
from workers.semantics.moves import Moves
from workers.semantics.situation import SUB_PROCESS, FiredTimer, Token, by_age
from workers.semantics.step import Step


def happen(
    moves: Moves, holder_id: str, event: Node, came: dict[str, JsonValue], outcome: str = "interrupted"
) -> None:
    """The event happens with the data that came: it interrupts its activity or scope, or adds a token."""
    token = moves.tokens.get(holder_id)
    if event.attached_to is not None and token is not None:
        _happen_at_boundary(moves, token, event, came, outcome)
    elif token is not None:
        # The first event behind an event-based gateway wins; the others are awaited no more.
        moves.release(token.id)
        moves.record(token, "completed", attempts=token.attempts + 1)
        Step(moves, token).jump(event.id, came)
    else:
        sub_process = moves.graph.nodes[event.parent or ""]
        if event.interrupting:
            for inside in moves.tokens_in(holder_id):
                moves.end(inside, outcome)
            moves.release(holder_id)
        moves.spawn(sub_process.id, holder_id, memory=Memory(answer=came))


def _happen_at_boundary(
    moves: Moves, host: Token, event: Node, came: dict[str, JsonValue], outcome: str
) -> None:
    if not event.interrupting:
        moves.spawn(event.id, host.scope_id, memory=Memory(answer=came))
        return
    moves.end_inside(host, outcome)
    moves.release(host.id, "CANCELLED")
    moves.record(host, outcome, attempts=host.attempts + 1)
    Step(moves, host).jump(event.id, came)


def arm_again(moves: Moves, timer: FiredTimer, holder_id: str, event: Node) -> None:
    if timer.cycle is None or timer.remaining == 0 or event.interrupting:
        return
    cycle = parse_cycle(timer.cycle, anchor=timer.anchor_at)
    due_at = cycle.after(timer.due_at, moves.now)
    if due_at is not None:
        moves.changes.timers.append(
            NewTimer(
                id=moves.situation.new_id("timer_"),
                instance_id=moves.situation.instance.id,
                holder_id=holder_id,
                node_id=event.id,
                due_at=due_at,
                cycle=timer.cycle,
                remaining=None if timer.remaining is None else timer.remaining - 1,
                anchor_at=cycle.anchor,
            )
        )


def listeners(moves: Moves, kind: type) -> Iterator[tuple[str, Node]]:
    """The holders that wait for events of a kind, each with the event, the oldest token first."""
    inside: dict[str, list[Token]] = {}
    for token in by_age(moves.tokens.values()):
        inside.setdefault(token.scope_id, []).append(token)
        yield from ((token.id, event) for event in awaited_by(moves, token, kind))
    open_scopes = [scope.id for scope in moves.scopes.values() if scope.kind == SUB_PROCESS]
    for scope_id in [moves.root, *open_scopes]:
        starts = event_starts(moves, scope_id, kind, inside.get(scope_id, []))
        yield from ((scope_id, start) for start in starts)


def still_listens(moves: Moves, holder_id: str, event: Node) -> bool:
    """Whether `listeners` would name this holder with this event now."""
    kind = type(event.details)
    token, scope = moves.tokens.get(holder_id), moves.scopes.get(holder_id)
    if token is not None:
        events = awaited_by(moves, token, kind)
    elif holder_id == moves.root or (scope is not None and scope.kind == SUB_PROCESS):
        events = event_starts(moves, holder_id, kind)
    else:
        events = []
    return any(each.id == event.id for each in events)


def awaited_by(moves: Moves, token: Token, kind: type) -> list[Node]:
    """The events of a kind that a token waits for: where it stands, behind its gateway, at its boundary."""
    nodes = moves.graph.nodes
    node = nodes[token.node_id]
    events: list[Node] = []
    if token.state == TokenState.WAITING and node.type == "intermediateCatchEvent":
        events.append(node)
    elif token.state == TokenState.WAITING and node.type == "eventBasedGateway":
        events += [nodes[flow.target] for flow in node.outgoing]
    if token.memory.begun or (token.state == TokenState.RUNNING and not moves.is_body(token)):
        events += [nodes[boundary] for boundary in node.boundaries]
    return [event for event in events if isinstance(event.details, kind)]


def event_starts(
    moves: Moves, scope_id: str, kind: type, inside: Iterable[Token] | None = None
) -> list[Node]:
    """The start events of a scope's event sub-processes that still wait for events of a kind.

    Empty while an interrupting event sub-process runs, or while the transaction is being cancelled.
    `inside` are the tokens that stand directly in the scope, where the caller knows them.
    """
    level = moves.level_of(scope_id)
    if level is None or not level.event_sub_processes:
        return []
    nodes = moves.graph.nodes
    for token in moves.tokens_in(scope_id) if inside is None else inside:
        node = nodes[token.node_id]
        cancels = isinstance(node.details, CancelEvent) and token.state == TokenState.WAITING
        if cancels or (node.triggered_by_event and node.interrupting):
            return []
    starts = [moves.graph.start_of(each) for each in level.event_sub_processes]
    return [start for start in starts if isinstance(start.details, kind)]
