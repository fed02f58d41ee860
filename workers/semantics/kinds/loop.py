"""An activity that loops, or runs once for each element: its token waits, and hosts a scope a body."""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from models.incident_code import IncidentCode
from workers.flow.graph import MultiInstance, StandardLoop
from workers.flow.json_value import JsonValue, UnkeepableJson, check_keepable
from workers.flow.values.expression import UNDEFINED
from workers.semantics.kinds.kind import Kind
from workers.semantics.memory import LoopState, Memory
from workers.semantics.situation import BODY, Scope
from workers.semantics.step import Step
from workers.semantics.stuck import Stuck
from workers.semantics.view import shown

#: The most bodies that a multi-instance activity can have.
MOST_BODIES = 1000


class Loop(Kind):
    """Opens and closes bodies. Each body has `loopCounter`, from 1, as a local variable."""

    @staticmethod
    def open_body(step: Step, index: int, variables: Mapping[str, JsonValue]) -> None:
        local = {**variables, "loopCounter": index + 1}
        local.update(step.local_input({**step.variables, **local}))
        scope = step.moves.open(
            BODY,
            step.node.id,
            parent_id=step.token.scope_id,
            host=step.token,
            number=index,
            variables=local,
        )
        step.moves.spawn(step.node.id, scope.id)

    def ask_again(self, step: Step) -> bool:
        """A body that has ended, and with which the loop cannot go on, begins anew with its element."""
        over = step.moves.over_in(step.token)
        if self.goes_on_with(step, over):
            return False
        asked = [scope for scope in over if not self.goes_on_with(step, [scope])] or over
        element = getattr(step.node.loop, "element_variable", None)
        with step.moves.attempt():
            for scope in asked:
                own = step.moves.variables[scope.id]
                began = {element: own[element]} if element is not None and element in own else {}
                self.close_body(step, scope)
                self.open_body(step, scope.number, began)
        return False

    def close_body(self, step: Step, scope: Scope) -> None:
        if step.node.compensated_by is not None or step.moves.done_in(scope.id):
            step.moves.keep_done(scope)
        else:
            step.moves.close(scope)


class StandardLoopKind(Loop):
    def enter(self, step: Step) -> None:
        loop = cast(StandardLoop, step.node.loop)
        if loop.test_before and not self._goes_on(step, loop, 0):
            step.finish({})
            return
        self._next(step, 0)

    def scope_ended(self, step: Step, scope: Scope) -> None:
        loop = cast(StandardLoop, step.node.loop)
        done = scope.number + 1
        goes_on = self._goes_on(step, loop, done)
        self.close_body(step, scope)
        if goes_on:
            self._next(step, done)
        else:
            step.finish({})

    def _next(self, step: Step, done: int) -> None:
        self.open_body(step, done, {})
        step.park()

    @staticmethod
    def _goes_on(step: Step, loop: StandardLoop, done: int) -> bool:
        if loop.max_iterations is not None and done >= loop.max_iterations:
            return False
        if loop.condition is None:
            return True
        seen = {**step.variables, "loopCounter": done + 1}
        return step.is_true(loop.condition, seen, f"`loop.while` of node '{step.node.id}'")


class MultiInstanceKind(Loop):
    """The collection is read once, and kept at the token with the outputs so far."""

    def enter(self, step: Step) -> None:
        loop = cast(MultiInstance, step.node.loop)
        items = self._items(step, loop)
        # Of parallel bodies each has its own item, and the state is written again whenever one ends.
        kept = items if loop.sequential else _nulls(len(items))
        state = LoopState(items=kept, outputs=_nulls(len(items)), completed=0)
        if not items:
            self._finish(step, loop, state)
            return
        for index in range(1 if loop.sequential else len(items)):
            self._open(step, loop, items, index)
        step.park(Memory(loop=state))

    def scope_ended(self, step: Step, scope: Scope) -> None:
        loop = cast(MultiInstance, step.node.loop)
        state = cast(LoopState, step.memory.loop)
        items, outputs = state.items, list(state.outputs)
        seen = step.moves.seen_from(scope.id)
        if loop.output_element is not None:
            outputs[scope.number] = self._output(step, loop, seen)
        completed = state.completed + 1
        state = replace(state, outputs=outputs, completed=completed)
        self.close_body(step, scope)
        running = 0 if loop.sequential else len(items) - completed
        over = self._is_complete(step, loop, seen, len(items), completed, running)
        if loop.sequential and not over and completed < len(items):
            self._open(step, loop, items, completed)
        elif over or not running:
            for body in step.moves.hosted_by(step.token):
                step.moves.end_scope(body, "cancelled")
            self._finish(step, loop, state)
            return
        step.park(replace(step.memory, loop=state))

    def _open(self, step: Step, loop: MultiInstance, items: list[JsonValue], index: int) -> None:
        name = loop.element_variable
        self.open_body(step, index, {name: items[index]} if name is not None else {})

    def close_body(self, step: Step, scope: Scope) -> None:
        """The record of a body that may be undone keeps the local variables with which the body began."""
        loop = cast(MultiInstance, step.node.loop)
        began = {loop.element_variable, "loopCounter", *(step.node.input.keys if step.node.input else ())}
        step.moves.forget(scope.id, step.moves.variables[scope.id].keys() - began)
        super().close_body(step, scope)

    @staticmethod
    def _items(step: Step, loop: MultiInstance) -> list[JsonValue]:
        template = loop.collection or loop.cardinality
        what = "loop.collection" if loop.collection else "loop.cardinality"
        value = step.expand(template, step.variables, what).value if template else None
        if loop.collection is None:
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value == int(value):
                raise Stuck(
                    IncidentCode.WRONG_TYPE,
                    f"{what} of node '{step.node.id}' is no whole number from 0: {shown(value)}",
                )
            items: list[JsonValue] = list(range(min(int(value), MOST_BODIES + 1)))
        elif value is None:
            raise Stuck(IncidentCode.WRONG_TYPE, f"{what} of node '{step.node.id}' is null, not a list")
        elif value is UNDEFINED:
            items = []
        else:
            items = cast(list[JsonValue], value if isinstance(value, list) else [value])
        if len(items) > MOST_BODIES:
            raise Stuck(
                IncidentCode.COLLECTION_TOO_LARGE,
                f"{what} of node '{step.node.id}' has more than {MOST_BODIES} elements",
            )
        return items

    @staticmethod
    def _output(step: Step, loop: MultiInstance, seen: Mapping[str, JsonValue]) -> JsonValue:
        if loop.output_element is None:
            return None
        value = step.expand(loop.output_element, seen, "loop.outputElement").value
        if value is UNDEFINED:
            return None
        try:
            check_keepable(value)
        except UnkeepableJson as error:
            raise Stuck(
                IncidentCode.VALUE_NOT_KEEPABLE, f"loop.outputElement of node '{step.node.id}': {error}"
            ) from None
        return cast(JsonValue, value)

    @staticmethod
    def _is_complete(
        step: Step,
        loop: MultiInstance,
        seen: Mapping[str, JsonValue],
        size: int,
        completed: int,
        running: int,
    ) -> bool:
        if loop.completion_condition is None:
            return False
        numbers = {
            "numberOfInstances": size,
            "numberOfCompletedInstances": completed,
            "numberOfActiveInstances": running,
        }
        what = f"`loop.completionCondition` of node '{step.node.id}'"
        return step.is_true(loop.completion_condition, {**seen, **numbers}, what)

    @staticmethod
    def _finish(step: Step, loop: MultiInstance, state: LoopState) -> None:
        written: dict[str, JsonValue] = {}
        if loop.output_collection is not None:
            written[loop.output_collection] = state.outputs
            step.write(loop.output_collection, state.outputs)
        step.finish(written)


def _nulls(count: int) -> list[JsonValue]:
    return [None] * count
