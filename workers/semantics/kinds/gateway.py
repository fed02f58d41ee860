"""Gateways: which tokens a join takes, and which flows a fork takes (BPMN 2.0.2, 13.4.1 to 13.4.4)."""

from abc import ABC, abstractmethod
from collections.abc import Collection

from models.states import TokenState
from workers.flow.graph import Node, SequenceFlow
from workers.flow.json_value import JsonValue
from workers.semantics.kinds.kind import Kind
from workers.semantics.listen import listen
from workers.semantics.situation import Token, by_age
from workers.semantics.step import Step
from workers.semantics.view import View


class ExclusiveGateway(Kind):
    """Passes each token on alone: it does not join.

    13.4.2: each token that arrives on any incoming flow activates the gateway. The conditions are evaluated
    in order; the first one that is true determines the one flow that the token takes, and no more of them
    are evaluated. If none is true the token takes the default flow; without that it is an error.
    """

    of = ("exclusiveGateway",)

    def enter(self, step: Step) -> None:
        flow = next(step.open_flows(step.variables), step.node.default)
        if flow is None and step.node.outgoing:
            raise step.no_flow_to_take()
        step.pass_on([flow] if flow is not None else [], _read(step))


class EventBasedGateway(Kind):
    """Waits for the events behind it (see `workers.semantics.happen`).

    13.4.4: the first event that happens determines the one flow that the token takes.
    """

    of = ("eventBasedGateway",)

    def needs_whole(self, node: Node) -> bool:
        return False

    def enter(self, step: Step) -> None:
        for flow in step.node.outgoing:
            listen(View(step.moves, step.token, step.graph.nodes[flow.target]), step.token.id)
        step.park()


class Join(Kind, ABC):
    """Waits for tokens of other incoming flows, then takes one from each and goes on with the oldest.

    13.4.1 and 13.4.3: more tokens than one on an incoming flow stay there when the gateway fires.
    """

    def needs_whole(self, node: Node) -> bool:
        return node.joins or node.ends

    def enter(self, step: Step) -> None:
        if not step.node.joins:
            step.pass_on(self.flows(step), _read(step))
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
        survivor, *others = by_age(chosen)
        step.token = survivor
        for token in others:
            step.moves.drop(token)
        step.changes.resolved += [token.id for token in chosen if token.state == TokenState.INCIDENT]
        step.pass_on(self.flows(step), _read(step))
        return True

    def come(self, step: Step) -> list[Token]:
        """The tokens of the scope that have come to the node, the oldest first; the step's own among them."""
        here = step.moves.tokens_in(step.token.scope_id)
        return [token for token in here if token.node_id == step.node.id]

    @abstractmethod
    def is_complete(self, step: Step, came: Collection[str]) -> bool:
        """Whether tokens on these incoming flows are enough."""

    @abstractmethod
    def flows(self, step: Step) -> list[SequenceFlow]:
        """The flows that the token takes when the gateway fires."""


class ParallelGateway(Join):
    """Joins all flows, and forks into all.

    13.4.1: the gateway is activated if there is at least one token on each incoming flow. It consumes exactly
    one token from each incoming flow and produces exactly one token on each outgoing flow.
    """

    of = ("parallelGateway",)

    def come(self, step: Step) -> list[Token]:
        """Only tokens that were run: each of the others looks here again when it is run."""
        return [
            t
            for t in super().come(step)
            if t.id == step.token.id or t.state in (TokenState.WAITING, TokenState.INCIDENT)
        ]

    def is_complete(self, step: Step, came: Collection[str]) -> bool:
        return len(came) == len(step.node.incoming)

    def flows(self, step: Step) -> list[SequenceFlow]:
        return list(step.node.outgoing)


class InclusiveGateway(Join):
    """Joins the flows on which tokens come, and forks into those whose conditions are true.

    13.4.3: the gateway is activated if at least one incoming flow has a token, and for every path that starts
    with a flow that has a token, ends with an incoming flow that has none and does not visit the gateway,
    there is also such a path from the same flow that ends with an incoming flow that has a token.
    All conditions are evaluated, and each flow whose condition is true gets a token. If none is true the
    default flow gets it; without that it is an error.
    """

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

    def flows(self, step: Step) -> list[SequenceFlow]:
        return step.flows_to_take(step.variables)


def _read(step: Step) -> JsonValue:
    """The variables that the conditions of the gateway look at."""
    names = {name for flow in step.node.outgoing if flow.condition for name in flow.condition.names}
    if not names:
        return None
    seen = step.variables
    return {name: seen[name] for name in sorted(names) if name in seen} or None
