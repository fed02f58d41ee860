"""Gateways. Which flows a token takes is `Step.flows_to_take`."""

from abc import ABC, abstractmethod
from collections.abc import Collection

from models.states import TokenState
from workers.flow.graph import Node
from workers.flow.json_value import JsonValue
from workers.semantics.kinds.kind import Kind
from workers.semantics.listen import listen
from workers.semantics.situation import Token
from workers.semantics.step import Step
from workers.semantics.view import View


class ExclusiveGateway(Kind):
    """Takes the first flow whose condition holds; as a join it passes every token on."""

    of = ("exclusiveGateway",)

    def enter(self, step: Step) -> None:
        step.leave(read=_read(step))


class EventBasedGateway(Kind):
    """Waits for the events behind it; the first one wins (see `workers.semantics.happen`)."""

    of = ("eventBasedGateway",)

    def needs_whole(self, node: Node) -> bool:
        return False

    def enter(self, step: Step) -> None:
        for flow in step.node.outgoing:
            listen(View(step.moves, step.token, step.graph.nodes[flow.target]), step.token.id)
        step.park()


class Join(Kind, ABC):
    """Waits for tokens of other incoming flows, then takes one from each and goes on with the oldest."""

    def needs_whole(self, node: Node) -> bool:
        return node.joins or node.ends

    def enter(self, step: Step) -> None:
        if not step.node.joins:
            step.leave(read=_read(step))
        elif not self.fire(step):
            step.park()

    def fire(self, step: Step) -> bool:
        """Lets tokens pass if the rule says so; the token of the step stays parked if it is not taken."""
        here = self.come(step)
        came = {token.flow_id for token in here}
        if not self.is_complete(step, {flow.id for flow in step.node.incoming if flow.id in came}):
            return False
        chosen = [
            next(token for token in here if token.flow_id == flow.id)
            for flow in step.node.incoming
            if flow.id in came
        ]
        if step.token.id not in {token.id for token in chosen}:
            step.park()
        # The first token goes on for all; the visit began when the first of them came.
        survivor, *others = sorted(chosen, key=lambda token: (token.entered_at, token.id))
        step.token = survivor
        for token in others:
            step.moves.drop(token)
        step.changes.resolved += [token.id for token in chosen if token.state == TokenState.INCIDENT]
        step.leave(read=_read(step))
        return True

    def come(self, step: Step) -> list[Token]:
        """The tokens of the scope that have come to the node, the oldest first; the step's own among them."""
        here = step.moves.tokens_in(step.token.scope_id)
        return [token for token in here if token.node_id == step.node.id]

    @abstractmethod
    def is_complete(self, step: Step, came: Collection[str]) -> bool:
        """Whether tokens on these incoming flows are enough."""


class ParallelGateway(Join):
    """Fires with a token on each incoming flow."""

    of = ("parallelGateway",)

    def come(self, step: Step) -> list[Token]:
        """Those that were run: each of the others looks here again itself."""
        return [
            t
            for t in super().come(step)
            if t.id == step.token.id or t.state in (TokenState.WAITING, TokenState.INCIDENT)
        ]

    def is_complete(self, step: Step, came: Collection[str]) -> bool:
        return len(came) == len(step.node.incoming)


class InclusiveGateway(Join):
    """Fires when no token could still come on an empty incoming flow only (BPMN 2.0.2, 13.4.3)."""

    of = ("inclusiveGateway",)

    def is_complete(self, step: Step, came: Collection[str]) -> bool:
        taken = frozenset(came)
        level = step.graph.levels[step.node.parent]
        reach = level.reach[step.node.id]
        for token in step.moves.tokens_in(step.token.scope_id):
            if token.node_id != step.node.id:
                reachable = reach.get(token.node_id, frozenset())
                if reachable and not reachable & taken:
                    return False
        return True


def _read(step: Step) -> JsonValue:
    """The variables that the conditions of the gateway look at."""
    names = {name for flow in step.node.outgoing if flow.condition for name in flow.condition.names}
    if not names:
        return None
    seen = step.variables
    return {name: seen[name] for name in sorted(names) if name in seen} or None
