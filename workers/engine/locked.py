"""An instance whose row a transaction holds, and what can be planned of it."""

from contextlib import suppress
from functools import cached_property

from workers.engine.context import Context
from workers.engine.graphs import NotCompilable
from workers.engine.store import Transaction, load
from workers.flow.graph import Graph
from workers.semantics import plan
from workers.semantics.blindly import cancel_blindly
from workers.semantics.changes import Changes
from workers.semantics.situation import (
    AnswerSet,
    Event,
    InstanceFacts,
    Retried,
    Situation,
    TaskCancelled,
    Triggered,
    VariablesSet,
)
from workers.semantics.stuck import WholeInstanceNeeded


class Locked:
    """An instance whose row the transaction holds; what is loaded of it stays true until the commit."""

    def __init__(self, context: Context, transaction: Transaction, facts: InstanceFacts) -> None:
        self.transaction = transaction
        self.facts = facts
        self._context = context
        self._near: dict[str, Situation] = {}

    @property
    def graph(self) -> Graph:
        """The compiled version.

        Raises:
            NotCompilable: this code cannot run the version.
        """
        return self._context.graphs.get(self.facts.version_id, self.transaction)

    @cached_property
    def whole(self) -> Situation:
        """Every token of the instance."""
        return load.whole(self.transaction, self.facts)

    def near(self, holder_id: str) -> Situation:
        """What is around a token in the body of a loop, without the other bodies; else the whole.

        So what happens in one body of many does not load all of them.
        """
        if holder_id not in self._near:
            self._near[holder_id] = self._load_near(holder_id) or self.whole
        return self._near[holder_id]

    def plan(self, event: Event) -> Changes:
        """What the event changes: planned on what is near its token where that is enough.

        Raises:
            NotCompilable: this code cannot run the version.
        """
        match event:
            case Retried() | VariablesSet() | AnswerSet() | TaskCancelled():
                return plan.plan(self.graph, self.whole, event)
            case Triggered():
                holder_id = event.holder_id
            case _:
                holder_id = event.token_id
        with suppress(WholeInstanceNeeded):
            return plan.plan(self.graph, self.near(holder_id), event)
        return plan.plan(self.graph, self.whole, event)

    def cancel(self, by: str | None, *, tell: bool) -> Changes:
        """What cancelling changes, whether this code can run the version or not.

        The caller of the instance is told, unless the caller is what cancels it.
        """
        try:
            return plan.cancel(self.graph, self.whole, by, tell=tell)
        except NotCompilable:
            return cancel_blindly(self.whole, tell=tell)

    def _load_near(self, holder_id: str) -> Situation | None:
        with suppress(NotCompilable):
            if self.graph.loops and not self.graph.watchful:
                return load.near(self.transaction, self.facts, holder_id)
        return None
