"""Compensation: the completed activities of a scope are undone, the last first; cancelled transactions."""

from collections.abc import Iterator
from itertools import chain
from typing import ClassVar

from models.incident_code import IncidentCode
from workers.flow.graph import CancelEvent, CompensationEvent, Node
from workers.semantics.happen import happen
from workers.semantics.kinds.kind import Kind, Of
from workers.semantics.moves import Moves
from workers.semantics.situation import COMPENSATION, Scope
from workers.semantics.step import Step
from workers.semantics.stuck import Stuck


class CompensationThrowEvent(Kind):
    """Runs the handlers of completed activities one after the other, and goes on after the last.

    Inside an event sub-process the scope around that is compensated too.
    """

    of: ClassVar[Of] = (CompensationEvent,)

    def needs_whole(self, node: Node) -> bool:
        return True

    def enter(self, step: Step) -> None:
        self._next(step)

    def scope_ended(self, step: Step, scope: Scope) -> None:
        """A handler has run: the record of the activity that it undid goes."""
        step.moves.close(step.moves.scopes[scope.parent_id])
        self._next(step)

    def _next(self, step: Step) -> None:
        moves = step.moves
        activity = self.activity(step)
        scopes = _compensated(moves, step.token.scope_id, activity)
        for record in chain.from_iterable(_to_undo(moves, each, activity) for each in scopes):
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
    """Ends the other tokens of the transaction, undoes its completed activities, leaves by its boundary."""

    of = (CancelEvent,)

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
        moves = step.moves
        boundary = self._boundary(step)
        host = moves.tokens[moves.scopes[step.token.scope_id].host_id or ""]
        moves.record(step.token, "completed", attempts=step.token.attempts + 1)
        moves.drop(step.token)
        # A body cancels the whole loop: the boundary event belongs to the activity that loops.
        holder_id = moves.scopes[host.scope_id].host_id if moves.is_body(host) else host.id
        happen(moves, holder_id or "", boundary, {}, "cancelled")

    @staticmethod
    def _boundary(step: Step) -> Node:
        nodes = step.graph.nodes
        for each in nodes[step.node.parent or ""].boundaries:
            if isinstance(nodes[each].details, CancelEvent):
                return nodes[each]
        raise Stuck(
            IncidentCode.UNCAUGHT_CANCEL,
            f"the transaction '{step.node.parent}' has no boundary event for its cancel",
        )


def _compensated(moves: Moves, scope_id: str, activity: str | None) -> Iterator[str]:
    """The scopes whose activities a throw in `scope_id` undoes, from the inside out.

    Where it names one `activity`, that may stand around its handler as well.
    """
    yield scope_id
    while scope_id != moves.root:
        scope = moves.scopes[scope_id]
        handles = scope.kind == COMPENSATION or moves.graph.nodes[scope.node_id].triggered_by_event
        if activity is None and not handles:
            return
        scope_id = scope.parent_id
        yield scope_id


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
    """The node that undoes a completed activity: its handler, or its compensation event sub-process.

    An activity that looped left a record of each body, and in that the record of the sub-process.
    """
    node = moves.graph.nodes[record.node_id]
    if node.compensated_by is not None:
        return node.compensated_by
    around = moves.scopes.get(record.parent_id)
    is_body = node.loop is not None and (around is None or around.node_id != node.id)
    level = None if is_body else moves.graph.levels.get(node.id)
    for each in level.event_sub_processes if level else ():
        if isinstance(moves.graph.start_of(each).details, CompensationEvent):
            return each
    return None
