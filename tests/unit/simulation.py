"""Runs a flow by the pure plan alone: the stored state is a few dictionaries."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from models.states import READY, RUNNING
from workers.engine import plan as planning
from workers.engine.changes import Changes, Step
from workers.engine.plan import plan
from workers.engine.situation import InstanceFacts, Run, Situation, Token, TokenEvent
from workers.flow.compile import compile_flow

NOW = datetime(2026, 2, 20, 10, tzinfo=UTC)


class Simulation:
    """One instance. Its stored state changes as a store would change it, fences checked."""

    def __init__(
        self, definition: dict[str, Any], data: dict[str, Any] | None = None, key: str | None = None
    ) -> None:
        graph, problems = compile_flow(definition)
        assert graph is not None, problems
        self.graph = graph
        self.facts = InstanceFacts("inst_1", "org_1", "flow_1", "ver_1", "PRODUCTION", key, RUNNING)
        self.variables: dict[str, dict[str, Any]] = {"inst_1": dict(data or {})}
        self.tokens: dict[str, Token] = {}
        self.steps: list[Step] = []
        self.incidents: dict[str, str] = {}  # token to code
        self.status = RUNNING
        self.now = NOW
        self._ids = count()
        self._apply(planning.start(graph, self._situation()))

    @property
    def visited(self) -> Counter[str]:
        return Counter(step.node_id for step in self.steps)

    def ready(self) -> list[Token]:
        return [token for token in self.tokens.values() if token.state == READY]

    def at(self, node_id: str) -> Token:
        (token,) = [token for token in self.tokens.values() if token.node_id == node_id]
        return token

    def happen(self, event: TokenEvent) -> Changes:
        changes = plan(self.graph, self._situation(), event)
        self._apply(changes)
        return changes

    def cancel(self) -> None:
        self._apply(planning.cancel(self.graph, self._situation(), None))

    def run(self) -> "Simulation":
        """Runs what is ready until nothing moves."""
        while tokens := self.ready():
            self.happen(Run(tokens[0].id, tokens[0].epoch))
        return self

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def _situation(self) -> Situation:
        tokens, variables = dict(self.tokens), {scope: dict(v) for scope, v in self.variables.items()}
        return Situation(
            self.now, self.facts, tokens, variables, True, lambda prefix: f"{prefix}{next(self._ids)}"
        )

    def _apply(self, changes: Changes) -> None:
        for token in changes.moved.values():
            assert self.tokens[token.id].epoch == token.epoch - 1
            self.tokens[token.id] = token
        for token_id, epoch in changes.dropped.items():
            assert self.tokens.pop(token_id).epoch == epoch
        for token in changes.spawned:
            assert token.id not in self.tokens
            self.tokens[token.id] = token
        for (scope, name), value in changes.variables.items():
            self.variables[scope][name] = value
        for token_id in changes.resolved:
            self.incidents.pop(token_id, None)
        self.incidents.update((incident.token_id, incident.code) for incident in changes.incidents)
        self.steps += changes.steps
        self.status = changes.status or self.status
