"""What every kind of node has in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import ClassVar

from workers.flow.graph import Details, Graph, Node
from workers.flow.json_value import JsonValue
from workers.flow.values.template import Part
from workers.semantics.memory import Memory
from workers.semantics.raising import throw
from workers.semantics.situation import Failed, Scope, Triggered
from workers.semantics.step import Step
from workers.semantics.stuck import Stuck


class _Tried(Exception):
    """Undoes what was only tried."""


Of = tuple[type[Details] | str, ...]
"""Nodes: by the class of their details, or by their type whatever the details are."""


class Kind:
    """The pure part of a kind: what a step does when a token enters, and when what it waits for comes."""

    of: ClassVar[Of] = ()
    """The nodes that are of this kind."""

    def enter(self, step: Step) -> None:
        """A ready token reached the node."""
        raise AssertionError(f"{type(self).__name__} is not entered")

    def triggered(self, step: Step, event: Triggered) -> None:
        """What the parked token waited for came."""
        step.moves.release(step.token.id, "COMPLETED", event.by)
        self.resumed(step, dict(event.data))

    def resumed(self, step: Step, came: dict[str, JsonValue]) -> None:
        """What came is going on, for the first time or after an incident was mended."""
        step.leave(came)

    def ask_again(self, step: Step) -> bool:
        """After an incident what came is put aside and asked for anew, where anything came.

        False: the token itself goes on as after any retry.

        Raises:
            NothingToAsk: what came is no answer to anything that the node could ask again.
        """
        if step.memory.answer is None:
            return False
        step.visit_again()
        return True

    def answer_problems(
        self, graph: Graph, node: Node, answer: dict[str, JsonValue]
    ) -> list[tuple[str, str]]:
        """What is wrong, as (path, message), with an answer that is put in the place of what came."""
        return []

    def returned(self, step: Step, result: dict[str, JsonValue]) -> None:
        """The outside call came back with `result`."""
        raise AssertionError(f"{type(self).__name__} calls nothing")

    def scope_ended(self, step: Step, scope: Scope) -> None:
        """No token is left in a scope that the parked token hosts."""
        raise AssertionError(f"{type(self).__name__} hosts nothing")

    def goes_on_with(self, step: Step, over: Iterable[Scope]) -> bool:
        """Tries whether the token can go on with scopes that are over; changes nothing."""
        moves = step.moves
        try:
            with moves.attempt():
                for scope in over:
                    if moves.scopes.get(scope.id) is scope:  # the end of one before may have ended it
                        self.scope_ended(Step(moves, moves.tokens[step.token.id]), scope)
                raise _Tried
        except _Tried:
            return True
        except Stuck:
            return False

    def is_retried(self, step: Step, failed: Failed) -> bool:
        """Whether another attempt after this failure makes sense."""
        return failed.retryable

    def needs_whole(self, node: Node) -> bool:
        """Whether entering this node is known to depend on the instance's other tokens.

        A body that ends may be the last of its loop.
        """
        return node.ends or node.loop is not None


class OutsideKind(Kind, ABC):
    """The pure half of a kind with outside effect; `workers.engine.outside` makes the attempts.

    The token is claimed before each attempt, and the input is worked out once for the visit.
    """

    def enter(self, step: Step) -> None:
        """Where boundary events wait, they are armed first; the call comes with the next message."""
        step.try_again(step.now, attempts=step.token.attempts, memory=Memory(begun=step.begin()))

    @abstractmethod
    def prepare(self, step: Step) -> tuple[JsonValue, Mapping[str, list[Part]]]:
        """The input of the visit as it may be kept (secrets masked), and the overlay that puts them in."""

    def throws(self, step: Step, result: Mapping[str, JsonValue], message: str) -> bool:
        """Throws the error of the first `throws` that holds for the result; False when none does."""
        seen = {**step.variables, **result}
        for each in step.node.throws:
            if step.is_true(each.when, seen, f"a `throws` of node '{step.node.id}'"):
                throw(step, each.error_code, message, read=step.memory.input_value)
                return True
        return False
