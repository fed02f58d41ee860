"""One instance as a store would keep it, in a few dictionaries."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from models.states import InstanceStatus, TokenState
from workers.engine.attempt import is_at_attempt
from workers.flow.graph import Graph
from workers.semantics.changes import Changes, HistoryStep, NewJob, NewSubscription, NewTask, NewTimer
from workers.semantics.kinds import kind_of
from workers.semantics.kinds.kind import OutsideKind
from workers.semantics.situation import WHOLE, InstanceFacts, Scope, Situation, Token


@dataclass
class Instance:
    """Its rows; `apply` writes changes as a store does, and fails where one would find a fence broken."""

    graph: Graph
    facts: InstanceFacts
    variables: dict[str, dict[str, Any]]
    tokens: dict[str, Token] = field(default_factory=dict)
    scopes: dict[str, Scope] = field(default_factory=dict)
    steps: list[HistoryStep] = field(default_factory=list)
    incidents: dict[str, str] = field(default_factory=dict)  # token to code
    tasks: dict[str, NewTask] = field(default_factory=dict)  # open ones, by token
    jobs: dict[str, NewJob] = field(default_factory=dict)  # by token
    subscriptions: list[NewSubscription] = field(default_factory=list)
    timers: list[NewTimer] = field(default_factory=list)
    status: str = InstanceStatus.RUNNING

    def at(self, node_id: str) -> Token:
        (token,) = [token for token in self.tokens.values() if token.node_id == node_id]
        return token

    @property
    def visited(self) -> Counter[str]:
        return Counter(step.node_id for step in self.steps)

    def ready(self) -> list[Token]:
        return [token for token in self.tokens.values() if token.state == TokenState.READY]

    def is_outside(self, token: Token) -> bool:
        """Whether the token is at a call that the test has to answer itself."""
        kind = kind_of(self.graph.nodes[token.node_id])
        situation = Situation(
            token.entered_at, self.facts, self.tokens, self.variables, WHOLE, str, self.scopes
        )
        return isinstance(kind, OutsideKind) and is_at_attempt(self.graph, situation, token)

    def apply(self, changes: Changes) -> None:
        self._apply_tokens(changes)
        self._apply_scopes(changes)
        for token_id in changes.resolved:
            self.incidents.pop(token_id, None)
        self.incidents.update((incident.token_id, incident.code) for incident in changes.incidents)
        for task in changes.ended_tasks:
            self.tasks.pop(task.token_id, None)
        for token_id in changes.ended_jobs:
            self.jobs.pop(token_id, None)
        self.tasks.update((task.token_id, task) for task in changes.tasks)
        self.jobs.update((job.token_id, job) for job in changes.jobs)
        gone = set(changes.released)
        self.subscriptions = [item for item in self.subscriptions if item.holder_id not in gone]
        self.subscriptions += changes.subscriptions
        self.timers = [t for t in self.timers if t.holder_id not in gone and t.id not in changes.fired]
        self.steps += changes.steps
        self.status = changes.status or self.status
        self.facts = replace(self.facts, status=self.status)

    def _apply_tokens(self, changes: Changes) -> None:
        for token in changes.moved.values():
            assert self.tokens[token.id].epoch == token.epoch - 1
            self.tokens[token.id] = token
        for token_id, epoch in changes.dropped.items():
            assert token_id not in changes.moved
            assert self.tokens.pop(token_id).epoch == epoch
        for token in changes.spawned.values():
            assert token.id not in self.tokens
            self.tokens[token.id] = token

    def _apply_scopes(self, changes: Changes) -> None:
        for scope_id in changes.closed:
            del self.scopes[scope_id]
            self.variables.pop(scope_id, None)
        for scope in changes.opened.values():
            assert scope.id not in self.scopes
            self.scopes[scope.id] = scope
            self.variables[scope.id] = {}
        for scope in changes.done.values():
            assert scope.id in self.scopes
            self.scopes[scope.id] = scope
        for scope_id, name in changes.forgotten:
            del self.variables[scope_id][name]
        for (scope_id, name), value in changes.variables.items():
            self.variables[scope_id][name] = value
