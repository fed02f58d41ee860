"""Sub-process, transaction and event sub-process: a scope of its own inside the token that waits for it."""

from workers.flow.graph import CompensationEvent, Graph, MessageCatch, Node
from workers.flow.json_value import JsonValue
from workers.semantics.kinds.kind import Kind
from workers.semantics.kinds.message import message_problems
from workers.semantics.listen import listen
from workers.semantics.memory import NOTHING, Memory
from workers.semantics.situation import SUB_PROCESS, Scope, Whole
from workers.semantics.step import Step
from workers.semantics.stuck import NothingToAsk, WholeInstanceNeeded
from workers.semantics.view import View


class SubProcess(Kind):
    of = ("subProcess", "transaction")

    def needs_whole(self, node: Node) -> bool:
        return False

    def enter(self, step: Step) -> None:
        self._open(step, NOTHING)

    def resumed(self, step: Step, came: dict[str, JsonValue]) -> None:
        """An event sub-process begins: the data that came goes to its start event."""
        self._open(step, Memory(answer=came))

    def scope_ended(self, step: Step, scope: Scope) -> None:
        seen = step.moves.seen_from(scope.id)
        written = step.write_output(seen, merges=False)
        self._end(step, scope)
        step.finish(written)

    def ask_again(self, step: Step) -> bool:
        """A sub-process that cannot go on begins anew; what it did stays done, and can be compensated."""
        over = step.moves.over_in(step.token)
        if over and self.goes_on_with(step, over):
            return False
        if step.node.triggered_by_event and (over or step.memory.answer is not None):
            raise NothingToAsk(step.node.id)
        for scope in over:
            self._end(step, scope)
        if over:
            step.visit_again()
        return bool(over)

    def answer_problems(
        self, graph: Graph, node: Node, answer: dict[str, JsonValue]
    ) -> list[tuple[str, str]]:
        """The data that came for an event sub-process goes to its start event."""
        details = graph.start_of(node.id).details
        return message_problems(details, answer) if isinstance(details, MessageCatch) else []

    def _end(self, step: Step, scope: Scope) -> None:
        if self._is_compensable(step, scope):
            step.moves.keep_done(scope)
        else:
            step.moves.close(scope)

    @staticmethod
    def _open(step: Step, memory: Memory) -> None:
        moves, token = step.moves, step.token
        level = step.graph.levels[step.node.id]
        if not level.starts and not isinstance(step.situation.seen, Whole):
            raise WholeInstanceNeeded  # it is over at once
        # The body of a loop has the variables of `input` already, in the scope around this one.
        local = {} if step.is_body else step.local_input(step.variables)
        scope = moves.open(SUB_PROCESS, step.node.id, parent_id=token.scope_id, host=token, variables=local)
        seen = moves.seen_from(scope.id)
        for each in level.event_sub_processes:
            listen(View(moves, token, step.graph.start_of(each)), scope.id, seen)
        for start in level.starts:
            moves.spawn(start, scope.id, memory=memory)
        step.park()

    @staticmethod
    def _is_compensable(step: Step, scope: Scope) -> bool:
        """Whether a handler can undo the sub-process: its own, or that of an activity inside."""
        if step.node.triggered_by_event:
            return False
        if step.node.compensated_by is not None:
            return True
        events = [step.graph.start_of(each) for each in step.graph.levels[scope.node_id].event_sub_processes]
        return bool(step.moves.done_in(scope.id)) or any(
            isinstance(event.details, CompensationEvent) for event in events
        )
