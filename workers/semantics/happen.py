"""An event happens to a holder that waits for it: at a boundary, at a gateway, around a scope."""

from collections.abc import Iterator

from models.states import TokenState
from workers.flow.graph import CancelEvent, Node
from workers.flow.json_value import JsonValue
from workers.flow.values.cycle import parse_cycle
from workers.semantics.changes import NewTimer
from workers.semantics.memory import Memory
from workers.semantics.moves import Moves
from workers.semantics.situation import SUB_PROCESS, FiredTimer, Token
from workers.semantics.step import Step


def happen(
    moves: Moves, holder_id: str, event: Node, came: dict[str, JsonValue], outcome: str = "interrupted"
) -> None:
    """The event `event` happens, with what came; it interrupts what it is attached to, or adds a token."""
    token = moves.tokens.get(holder_id)
    if event.attached_to is not None and token is not None:
        _happen_at_boundary(moves, token, event, came, outcome)
    elif token is not None:
        # One of the events behind an event-based gateway wins; the others are given up.
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
    """Who waits in this instance for events of a kind, as (holder, event), the oldest token first."""
    nodes = moves.graph.nodes
    for token in sorted(moves.tokens.values(), key=lambda token: (token.entered_at, token.id)):
        node = nodes[token.node_id]
        waits = token.state == TokenState.WAITING
        if waits and node.type == "intermediateCatchEvent" and isinstance(node.details, kind):
            yield token.id, node
        elif waits and node.type == "eventBasedGateway":
            targets = [nodes[flow.target] for flow in node.outgoing]
            yield from ((token.id, target) for target in targets if isinstance(target.details, kind))
        if token.memory.begun or (token.state == TokenState.RUNNING and not moves.is_body(token)):
            events = [nodes[boundary] for boundary in node.boundaries]
            yield from ((token.id, event) for event in events if isinstance(event.details, kind))
    open_scopes = [scope.id for scope in moves.scopes.values() if scope.kind == SUB_PROCESS]
    for scope_id in [moves.root, *open_scopes]:
        yield from ((scope_id, start) for start in event_starts(moves, scope_id, kind))


def event_starts(moves: Moves, scope_id: str, kind: type) -> list[Node]:
    """The start events of a scope's event sub-processes that still wait for events of a kind.

    None does where one that interrupts runs, or a transaction is being cancelled.
    """
    level = moves.level_of(scope_id)
    if level is None or not level.event_sub_processes:
        return []
    nodes = moves.graph.nodes
    for token in moves.tokens_in(scope_id):
        node = nodes[token.node_id]
        cancels = isinstance(node.details, CancelEvent) and token.state == TokenState.WAITING
        if cancels or (node.triggered_by_event and node.interrupting):
            return []
    starts = [moves.graph.start_of(each) for each in level.event_sub_processes]
    return [start for start in starts if isinstance(start.details, kind)]
