"""The joins' rules, slowly and by the words of the standard, and a witness that holds the engine to them.

BPMN 2.0.2, 13.4.3. An inclusive gateway is activated if

- at least one incoming sequence flow has at least one token, and
- for every directed path formed by sequence flow that starts with a sequence flow that has a token, ends
  with an incoming sequence flow of the gateway that has no token, and does not visit the gateway, there is
  also such a path from the same flow that ends with an incoming sequence flow that has a token.

13.4.1: a parallel gateway is activated if there is at least one token on each incoming sequence flow, and
consumes exactly one from each.

A token that stands at a node counts as one on the flow by which it came: every path from that flow goes on
from the node. A boundary event that interrupts takes the token of its activity: that is one step of a path.
One that does not interrupt makes a token of its own and leaves that one where it is: no path of it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

from models.states import TokenState
from tests.simulated import Instance
from workers.flow.graph import CompensationEvent, Graph, SequenceFlow
from workers.semantics.kinds.gateway import Join
from workers.semantics.situation import Token
from workers.semantics.step import Step


def paths(graph: Graph, node_id: str, never: str, visited: tuple[str, ...] = ()) -> Iterator[SequenceFlow]:
    """The last flow of every directed path from a node that visits no node twice, and `never` not at all.

    The last flow may lead to `never`: that is where the path ends.
    """
    node = graph.nodes[node_id]
    visited = (*visited, node_id)
    for flow in node.outgoing:
        yield flow
        if flow.target != never and flow.target not in visited:
            yield from paths(graph, flow.target, never, visited)
    for boundary in node.boundaries:
        event = graph.nodes[boundary]
        takes = event.interrupting and not isinstance(event.details, CompensationEvent)
        if takes and boundary not in visited:
            yield from paths(graph, boundary, never, visited)


class Rules:
    """The rules for one graph; what paths there are is looked up once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._ends: dict[tuple[str, str], set[str]] = {}

    def may_fire(self, join: str, scope: Iterable[Token]) -> bool:
        """Whether the join is activated by the tokens of a scope."""
        node = self.graph.nodes[join]
        tokens = list(scope)
        incoming = {flow.id for flow in node.incoming}
        held = {token.flow_id for token in tokens if token.node_id == join} & incoming
        if node.type == "parallelGateway":
            return held == incoming
        empty = incoming - held
        return bool(held) and all(
            not (self._ends_at(token.node_id, join) & empty) or self._ends_at(token.node_id, join) & held
            for token in tokens
            if token.node_id != join
        )

    def _ends_at(self, node_id: str, join: str) -> set[str]:
        """The incoming flows of a join with which paths from a node end."""
        key = (node_id, join)
        if key not in self._ends:
            self._ends[key] = {flow.id for flow in paths(self.graph, node_id, join) if flow.target == join}
        return self._ends[key]

    def check_waiting(self, instance: Instance) -> None:
        """No join of an instance still waits that is activated."""
        tokens = instance.tokens.values()
        for scope_id, join in {(token.scope_id, token.node_id) for token in tokens}:
            here = [token for token in tokens if (token.scope_id, token.node_id) == (scope_id, join)]
            waits = all(token.state == TokenState.WAITING for token in here)
            if not self.graph.nodes[join].joins or not waits:
                continue
            inside = [token for token in tokens if token.scope_id == scope_id]
            assert not self.may_fire(join, inside), f"'{join}' waits though the rule lets it fire"


@dataclass
class Witness:
    """What joins did while it looked."""

    asked: int = 0
    fired: Counter[str] = field(default_factory=Counter)


@contextmanager
def witness() -> Iterator[Witness]:
    """Within the block, a join that fires or not against the rule, or takes other tokens, is an error."""
    seen = Witness()
    rules: dict[int, Rules] = {}
    original = Join.fire

    def fire(self: Join, step: Step) -> bool:
        moves, join, scope_id = step.moves, step.node.id, step.token.scope_id
        rule = rules.setdefault(id(step.graph), Rules(step.graph))
        before = moves.tokens_in(scope_id)
        here = [token for token in before if token.node_id == join]
        if step.node.type == "parallelGateway":
            # A token that is still to be run has not come: it asks the join itself.
            here = [token for token in here if token.id == step.token.id or token.state != TokenState.READY]
            before = here
        may = rule.may_fire(join, before)
        fired = original(self, step)
        seen.asked += 1
        assert fired == may, f"'{join}' {'fired' if fired else 'waits'}, which the rule forbids"
        if fired:
            seen.fired[join] += 1
            still = {t.id: t.activation for t in moves.tokens.values() if t.node_id == join}
            taken = Counter(t.flow_id for t in here if still.get(t.id) != t.activation)
            assert taken == dict.fromkeys({t.flow_id for t in here}, 1), f"'{join}' took {taken}"
        return fired

    with patch.object(Join, "fire", fire):
        yield seen
