"""Compensation: what was completed in a scope is undone, the last first; and cancelled transactions."""

from collections.abc import Iterator

from workers.flow.graph import CancelEvent, CompensationEvent, Node
from workers.nodes.kind import Kind
from workers.semantics.happen import happen
from workers.semantics.moves import Moves
from workers.semantics.situation import COMPENSATION, Scope
from workers.semantics.step import Step
from workers.semantics.stuck import Stuck


class CompensationThrowEvent(Kind):
    """Runs the handlers of completed activities one after the other, and goes on after the last.

    Inside an event sub-process it is the scope around that which is compensated.
    """

    def needs_whole(self, node: Node) -> bool:
        return True

    def enter(self, step: Step) -> None:
        self._next(step)

    def scope_ended(self, step: Step, scope: Scope) -> None:
        """A handler has run: what it undid is not done any more."""
        step.moves.close(step.moves.scopes[scope.parent_id])
        self._next(step)

    def _next(self, step: Step) -> None:
        moves = step.moves
        for record in _to_undo(moves, _compensated_scope(moves, step.token.scope_id), self.activity(step)):
            scope = moves.open(COMPENSATION, step.node.id, parent_id=record.id, host=step.token)
            moves.spawn(_handler(moves, record) or "", scope.id)
            step.park()
            return
        self.finish(step)

    def activity(self, step: Step) -> str | None:
        """The one activity to compensate, or None for all."""
        return step.node.details_as(CompensationEvent).activity

    def finish(self, step: Step) -> None:
        step.leave()


class CancelEndEvent(CompensationThrowEvent):
    """Ends all else in the transaction, undoes what was completed in it, and leaves by its boundary."""

    def enter(self, step: Step) -> None:
        self._boundary(step)
        for token in step.moves.tokens_in(step.token.scope_id):
            if token.id != step.token.id:
                step.moves.end(token, "cancelled")
        step.moves.release(step.token.scope_id)
        self._next(step)

    def activity(self, step: Step) -> str | None:
        return None

    def finish(self, step: Step) -> None:
        boundary = self._boundary(step)
        host_id = step.moves.scopes[step.token.scope_id].host_id or ""
        step.moves.record(step.token, "completed", attempts=step.token.attempts + 1)
        step.moves.drop(step.token)
        happen(step.moves, host_id, boundary, {}, "cancelled")

    @staticmethod
    def _boundary(step: Step) -> Node:
        nodes = step.graph.nodes
        for each in nodes[step.node.parent or ""].boundaries:
            if isinstance(nodes[each].details, CancelEvent):
                return nodes[each]
        raise Stuck(
            "UNCAUGHT_CANCEL", f"the transaction '{step.node.parent}' has no boundary event for its cancel"
        )


def _compensated_scope(moves: Moves, scope_id: str) -> str:
    """The scope whose activities a throw in `scope_id` undoes."""
    while scope_id != moves.root:
        scope = moves.scopes[scope_id]
        if scope.kind != COMPENSATION and not moves.graph.nodes[scope.node_id].triggered_by_event:
            return scope_id
        scope_id = scope.parent_id
    return scope_id


def _to_undo(moves: Moves, scope_id: str, activity: str | None) -> Iterator[Scope]:
    """The records to undo, the last first; a sub-process without a handler is undone from the inside."""
    for record in moves.done_in(scope_id):
        if activity is not None and record.node_id != activity:
            continue
        inner = [scope for scope in moves.scopes.values() if scope.parent_id == record.id]
        if any(scope.kind == COMPENSATION for scope in inner):
            continue  # another throw is at it
        if _handler(moves, record) is not None:
            yield record
        else:
            yield from _to_undo(moves, record.id, None)


def _handler(moves: Moves, record: Scope) -> str | None:
    """The node that undoes a completed activity: its handler, or its compensation event sub-process."""
    node = moves.graph.nodes[record.node_id]
    if node.compensated_by is not None:
        return node.compensated_by
    level = moves.graph.levels.get(node.id)
    for each in level.event_sub_processes if level else ():
        if isinstance(moves.graph.start_of(each).details, CompensationEvent):
            return each
    return None
