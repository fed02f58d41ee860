"""A `World` that holds every move of an instance to what is always true of one."""

from collections import Counter
from contextlib import suppress
from dataclasses import fields, replace
from datetime import timedelta
from itertools import count

from models.states import InstanceStatus, TokenState
from tests.simulated import Instance
from tests.world import World
from workers.flow.graph import ConditionalEvent
from workers.semantics import plan
from workers.semantics.changes import Changes
from workers.semantics.kinds import kind_of
from workers.semantics.memory import VisitInput
from workers.semantics.situation import (
    BODY,
    DONE,
    Alone,
    Body,
    Event,
    Failed,
    Returned,
    Run,
    Situation,
    Token,
    Triggered,
)
from workers.semantics.stuck import WholeInstanceNeeded

#: The instance's count of moves as one token is loaded alone.
_SEQ = 7


class CheckedWorld(World):
    """Does nothing for an event that is not current, as the engine; time goes on with every event."""

    def happen(self, instance: Instance, event: Event) -> Changes:
        situation = self.situation(instance)
        if instance.status != InstanceStatus.RUNNING or not situation.is_current(event):
            return Changes(instance.facts.id, self.now)
        self.now += timedelta(milliseconds=1)
        self._check_narrow(instance, event)
        return super().happen(instance, event)

    def claim(self, instance: Instance, token: Token) -> int:
        """A worker takes a token for a call, as the store lets it; the token's new epoch."""
        memory = replace(token.memory, input=VisitInput({}, {}, "key"))
        claimed = replace(token, state=TokenState.RUNNING, epoch=token.epoch + 1, memory=memory)
        instance.tokens[token.id] = claimed
        return claimed.epoch

    def _follow(self, instance: Instance, changes: Changes) -> None:
        """What a called instance tells its caller is fired at once too."""
        super()._follow(instance, changes)
        for timer in changes.timers:
            holder = self.instances[timer.instance_id]
            if timer.due_at <= changes.now and timer in holder.timers:
                self.fire(holder, timer)

    def _check_narrow(self, instance: Instance, event: Event) -> None:
        """A plan that sees only its token, or only what is near it, asks for more or comes to the same."""
        token_id = event.holder_id if isinstance(event, Triggered) else getattr(event, "token_id", "")
        token = instance.tokens.get(token_id)
        if token is None:
            return
        first = next(self._ids)
        whole = self._planned(self.situation(instance), instance, event, first)
        near = self._planned(_near(instance, token, self.situation(instance)), instance, event, first)
        node = instance.graph.nodes[token.node_id]
        alone = None
        if isinstance(event, Returned | Failed) or (
            isinstance(event, Run) and not kind_of(node).needs_whole(node)
        ):
            alone = self._planned(_alone(instance, token, self.situation(instance)), instance, event, first)
        if alone is not None:
            # What is written without the lock is fenced by when the variables were read.
            assert alone.read_seq == (_SEQ if alone.variables else None)
            alone.read_seq = None
        for made in (near, alone):
            if made is not None and whole is not None:
                differ = [f.name for f in fields(Changes) if getattr(made, f.name) != getattr(whole, f.name)]
                assert differ == [], f"a narrow look makes {made}, the whole {whole}"
        self._ids = count(first)

    def _planned(
        self, situation: Situation | None, instance: Instance, event: Event, first: int
    ) -> Changes | None:
        if situation is None:
            return None
        self._ids = count(first)
        with suppress(WholeInstanceNeeded):
            return plan.plan(instance.graph, situation, event)
        return None

    def _apply(self, instance: Instance, changes: Changes) -> None:
        before = dict(instance.tokens)
        _check_changes(instance, changes)
        super()._apply(instance, changes)
        if instance.status == InstanceStatus.RUNNING:
            check_running(instance)
        else:
            check_ended(instance)
        if not (changes.thrown or changes.calls or changes.subscriptions or changes.timers):
            there = before.keys() - changes.dropped.keys() | changes.spawned.keys()
            assert instance.tokens.keys() == there


def _alone(instance: Instance, token: Token, situation: Situation) -> Situation:
    """As it is loaded without the instance's lock."""
    chain = _around(instance, token)
    situation.seen = Alone(_SEQ)
    situation.tokens = {token.id: token}
    situation.scopes = {each: instance.scopes[each] for each in chain if each in instance.scopes}
    situation.variables = {each: situation.variables[each] for each in chain}
    return situation


def _near(instance: Instance, token: Token, situation: Situation) -> Situation | None:
    """As it is loaded under the lock where the token stands in a body of a loop."""
    *chain, root = _around(instance, token)
    body = next((each for each in chain if instance.scopes[each].kind == BODY), None)
    if body is None or instance.graph.watchful:
        return None
    inside, hosts = {body}, {instance.scopes[each].host_id for each in chain}
    while more := {each.id for each in instance.scopes.values() if each.parent_id in inside} - inside:
        inside |= more
    situation.seen = Body(body)
    situation.tokens = {
        each.id: each for each in instance.tokens.values() if each.scope_id in inside or each.id in hosts
    }
    situation.scopes = {
        each.id: each for each in instance.scopes.values() if each.id in inside or each.id in chain
    }
    situation.variables = {each: situation.variables[each] for each in [root, *chain, *inside]}
    return situation


def _around(instance: Instance, token: Token) -> list[str]:
    """The scopes around a token, from the inside to the instance's own."""
    scope_id, chain = token.scope_id, []
    while scope_id != instance.facts.id:
        chain.append(scope_id)
        scope_id = instance.scopes[scope_id].parent_id
    return [*chain, scope_id]


def _check_changes(instance: Instance, changes: Changes) -> None:
    """Every token that is made or taken is accounted for, and what it leaves is in the history."""
    moved, dropped, spawned = changes.moved.keys(), changes.dropped.keys(), changes.spawned.keys()
    assert not moved & dropped
    assert not spawned & instance.tokens.keys()
    assert moved | dropped <= instance.tokens.keys()
    for token in changes.moved.values():
        known = instance.tokens[token.id]
        assert token.scope_id == known.scope_id, "a token never leaves its scope"
        assert token.activation - known.activation in (0, 1)
    left = Counter(
        known.node_id
        for known in instance.tokens.values()
        if known.id in dropped
        or (known.id in moved and changes.moved[known.id].activation != known.activation)
    )
    recorded = Counter(step.node_id for step in changes.steps)
    for node_id, times in left.items():
        # Of the tokens that a join takes only one has its visit recorded.
        least = 1 if instance.graph.nodes[node_id].joins else times
        assert recorded[node_id] >= least, f"a visit of '{node_id}' is not in the history"
    assert [step.seq for step in changes.steps] == list(range(1, len(changes.steps) + 1))


def check_ended(instance: Instance) -> None:
    """Nothing is left of an instance that has ended but its variables and its history."""
    left = (
        instance.tokens, instance.scopes, instance.tasks, instance.jobs, instance.subscriptions,
        instance.timers, instance.incidents,
    )  # fmt: skip
    assert not any(left), left
    assert instance.variables.keys() == {instance.facts.id}


def check_running(instance: Instance) -> None:
    assert instance.tokens, "an instance without tokens has ended"
    _check_scopes(instance)
    _check_holders(instance)
    stuck = {token.id for token in instance.tokens.values() if token.state == TokenState.INCIDENT}
    assert instance.incidents.keys() == stuck
    for token in instance.tokens.values():
        if token.state == TokenState.WAITING:
            assert waits_for(instance, token), f"the token at '{token.node_id}' waits for nothing"


def _check_scopes(instance: Instance) -> None:
    root = instance.facts.id
    assert instance.variables.keys() == {root, *instance.scopes}
    busy = {token.scope_id for token in instance.tokens.values()}
    assert busy <= {root, *instance.scopes}
    for scope in instance.scopes.values():
        assert scope.parent_id == root or scope.parent_id in instance.scopes
        if scope.kind == DONE:
            assert scope.host_id is None
            assert scope.id not in busy
            continue
        host = instance.tokens[scope.host_id or ""]
        assert host.state in (TokenState.WAITING, TokenState.INCIDENT), "the host of an open scope waits"
        assert scope.id in busy or host.state == TokenState.INCIDENT, "a scope without tokens is over"


def _check_holders(instance: Instance) -> None:
    """What waits belongs to somebody who is there, and who can have what comes."""
    for token_id, task in instance.tasks.items():
        token = instance.tokens[token_id]
        assert (token.node_id, token.state in (TokenState.WAITING, TokenState.INCIDENT)) == (
            task.node_id,
            True,
        )
    holders = [(item.holder_id, item.node_id) for item in instance.subscriptions]
    holders += [(timer.holder_id, timer.node_id) for timer in instance.timers]
    for holder_id, node_id in holders:
        if node_id and holder_id in instance.tokens:
            _check_waiting_token(instance, instance.tokens[holder_id], node_id)
        elif node_id:  # what a called instance tells has none
            _check_listening_scope(instance, holder_id, node_id)


def _check_waiting_token(instance: Instance, token: Token, event_id: str) -> None:
    node = instance.graph.nodes[token.node_id]
    behind = {flow.target for flow in node.outgoing} if node.type == "eventBasedGateway" else set()
    assert event_id in {node.id, *node.boundaries, *behind}
    assert token.memory.begun or token.state != TokenState.READY


def _check_listening_scope(instance: Instance, scope_id: str, event_id: str) -> None:
    nodes = instance.graph.nodes
    owner = nodes[nodes[event_id].parent or ""]
    assert owner.triggered_by_event
    if scope_id == instance.facts.id:
        assert owner.parent is None
    else:
        scope = instance.scopes[scope_id]
        assert (scope.kind not in (DONE, BODY), scope.node_id) == (True, owner.parent)


def waits_for(instance: Instance, token: Token) -> str | None:
    """What a parked token waits for, by name; None where that is nothing."""
    node = instance.graph.nodes[token.node_id]
    if token.id in instance.tasks:
        return "a task"
    if token.id in instance.jobs:
        return "a job"
    own = {node.id, *(flow.target for flow in node.outgoing)}
    if any(item.holder_id == token.id and item.node_id in own for item in instance.subscriptions):
        return "a message or signal"
    if any(item.holder_id == token.id and item.node_id in own for item in instance.timers):
        return "a time"
    if token.memory.called is not None:
        return "an instance that it called"
    if any(scope.host_id == token.id for scope in instance.scopes.values()):
        return "what it hosts"
    if isinstance(node.details, ConditionalEvent):
        return "a condition"
    others = [each for each in instance.tokens.values() if each.scope_id == token.scope_id]
    if node.joins and not all(each.state == TokenState.WAITING and _joins(instance, each) for each in others):
        return "a join"
    return None


def _joins(instance: Instance, token: Token) -> bool:
    return instance.graph.nodes[token.node_id].joins


def is_over_or_waits(instance: Instance) -> bool:
    """Whether an instance with nothing more to run has ended or waits for something with a name."""
    if instance.status != InstanceStatus.RUNNING:
        return True
    return all(
        token.state in (TokenState.INCIDENT, TokenState.RUNNING)
        or (token.state == TokenState.WAITING and waits_for(instance, token))
        for token in instance.tokens.values()
    )
