"""The hooks of a kind of node. docs/kinds.md draws the life cycle and lists the words of a step."""

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
    """Ends an attempt that only tries; the attempt is undone."""


Of = tuple[type[Details] | str, ...]
"""Which nodes: by the class of their details, or by their type with any details."""


class Kind:
    """What a token does at one sort of node. A kind is pure: its hooks only change the step that they get.

    Each hook may raise `Stuck`: nothing that it changed stays, and the token stands still with an incident.
    """

    of: ClassVar[Of] = ()
    """The nodes that are of this kind."""

    def enter(self, step: Step) -> None:
        """Called when a worker runs a ready token that keeps no answer: the visit begins, or is retried.

        May open what the visit waits for and `park`, or `leave`, or throw.
        Next: `triggered` or `scope_ended`, where the token is parked.
        """
        raise AssertionError(f"{type(self).__name__} is not entered")

    def triggered(self, step: Step, event: Triggered) -> None:
        """Called when an answer, a message, a signal, a time or the end of a call came for the waiting token.

        May end the wait and go on. Next: `resumed`, with the data that came.
        """
        step.moves.release(step.token.id, "COMPLETED", event.by)
        self.resumed(step, dict(event.data))

    def resumed(self, step: Step, came: dict[str, JsonValue]) -> None:
        """Called with the answer that came: by `triggered`, or when a worker runs a token that keeps it.

        A token keeps an answer at an event that has happened, and while an incident holds it up.
        May check the answer and `leave` with it. Next: the visit is over.
        """
        step.leave(came)

    def ask_again(self, step: Step) -> bool:
        """Called when an operator retries an incident and wants the node to ask for another answer.

        May put the answer aside by `visit_again`, and returns True then. False where no answer came: the
        token goes on as after any retry. Next: `enter` of the new visit.

        Raises:
            NothingToAsk: the node never asked for the answer that came, so it cannot ask again.
        """
        if step.memory.answer is None:
            return False
        step.visit_again()
        return True

    def answer_problems(
        self, graph: Graph, node: Node, answer: dict[str, JsonValue]
    ) -> list[tuple[str, str]]:
        """Called when an operator replaces the answer that came.

        May only read. Returns the faults of the new answer, as (path, message).
        Next: `resumed` with the new answer, after the retry.
        """
        return []

    def returned(self, step: Step, result: dict[str, JsonValue]) -> None:
        """Called when an attempt of the call outside came back with `result`.

        May `leave`, throw an error, or `try_again`. Next: the visit is over, or another attempt.
        """
        raise AssertionError(f"{type(self).__name__} calls nothing")

    def scope_ended(self, step: Step, scope: Scope) -> None:
        """Called when no token is left in a scope that the waiting token hosts.

        May close the scope or keep its record, then `park` again, `leave` or `finish`.
        Next: `scope_ended` of the next scope, or the visit is over.
        """
        raise AssertionError(f"{type(self).__name__} hosts nothing")

    def goes_on_with(self, step: Step, over: Iterable[Scope]) -> bool:
        """Called by `ask_again` of a host: whether `scope_ended` would do for these scopes.

        Changes nothing.
        """
        moves = step.moves
        try:
            with moves.attempt():
                for scope in over:
                    if moves.scopes.get(scope.id) is scope:  # the end of another scope may have closed it
                        self.scope_ended(Step(moves, moves.tokens[step.token.id]), scope)
                raise _Tried
        except _Tried:
            return True
        except Stuck:
            return False

    def is_retried(self, step: Step, failed: Failed) -> bool:
        """Called when an attempt failed: whether another attempt makes sense. May only read.

        Next: `try_again` after a pause, or an incident where no attempt is left.
        """
        return failed.retryable

    def needs_whole(self, node: Node) -> bool:
        """Called before the node is run: whether `enter` is known to depend on the instance's other tokens.

        Next: `enter`, under the instance's lock if so. A token that leaves its scope may be the last one
        there, and a body may be the last of its loop.
        """
        return node.ends or node.loop is not None


class OutsideKind(Kind, ABC):
    """The pure half of a kind with outside effect; `workers.engine.outside` makes the attempts.

    The token is claimed before each attempt, and the input is worked out once for the visit.
    """

    def enter(self, step: Step) -> None:
        """Arms the boundary events. The token stays ready: the call comes with its next message."""
        step.try_again(step.now, attempts=step.token.attempts, memory=Memory(begun=step.begin()))

    @abstractmethod
    def prepare(self, step: Step) -> tuple[JsonValue, Mapping[str, list[Part]]]:
        """Called once in a visit, before its first attempt: works out the input of all attempts.

        May only read. Returns the input with its secrets masked, as it is kept, and by JSON pointer the parts
        that put the secrets in. Next: the engine claims the token and makes an attempt.
        """

    def throws(self, step: Step, result: Mapping[str, JsonValue], message: str) -> bool:
        """Called by the kind itself: throws the error of the first `throws` that is true of the result.

        False where none is true; then nothing was changed.
        """
        seen = {**step.variables, **result}
        for each in step.node.throws:
            if step.is_true(each.when, seen, f"a `throws` of node '{step.node.id}'"):
                throw(step, each.error_code, message, read=step.memory.input_value)
                return True
        return False
