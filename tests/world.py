"""A whole system on the pure plan alone: what a store and its workers do, with a few dictionaries.

Every change is applied as a store would apply it, fences checked, so that a plan which breaks a fence fails
here too. What instances do to each other (calls, messages, signals) is done at once.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from models.states import InstanceStatus
from tests.simulated import Instance
from workers.flow.compiler.compile import compile_flow
from workers.flow.graph import Graph, MessageCatch, SignalCatch
from workers.semantics import plan
from workers.semantics.changes import Address, Changes, NewMessage, NewTimer
from workers.semantics.follow_up import DeliverKept, RouteMessage, RouteSignal, follow_ups
from workers.semantics.situation import (
    WHOLE,
    Event,
    FiredTimer,
    InstanceFacts,
    Run,
    Situation,
    TaskCancelled,
    Token,
    Triggered,
    VariablesSet,
)

__all__ = ["NOW", "Instance", "World", "compiled"]

NOW = datetime(2026, 2, 20, 10, tzinfo=UTC)

#: More moves than any flow of the tests makes: one that makes so many circles.
MANY_MOVES = 20_000


def compiled(definition: dict[str, Any], calls: dict[str, str] | None = None) -> Graph:
    graph, problems = compile_flow(definition, calls=calls)
    assert graph is not None, problems
    return graph


class World:
    """Instances of several flows. `choose` says which of the ready tokens runs next."""

    def __init__(self, choose: Callable[[list[Token]], Token] | None = None) -> None:
        self.graphs: dict[str, Graph] = {}
        self.instances: dict[str, Instance] = {}
        self.messages: list[NewMessage] = []  # kept ones
        self._sent: dict[str, NewMessage] = {}  # thrown, and not routed yet
        self.now = NOW
        self._ids = count()
        self._choose = choose or (lambda tokens: tokens[0])

    # -- flows and instances

    def deploy(
        self, version_id: str, definition: dict[str, Any], calls: dict[str, str] | None = None
    ) -> Graph:
        self.graphs[version_id] = compiled(definition, calls)
        return self.graphs[version_id]

    def start(
        self,
        version_id: str,
        data: dict[str, Any] | None = None,
        key: str | None = None,
        *,
        at: str | None = None,
        came: dict[str, Any] | None = None,
    ) -> Instance:
        facts = InstanceFacts(
            self._new_id("inst_"),
            "org_1",
            f"flow_{version_id}",
            version_id,
            "PRODUCTION",
            key,
            InstanceStatus.RUNNING,
        )
        return self._begin(facts, data or {}, at, came)

    def _begin(
        self, facts: InstanceFacts, data: dict[str, Any], at: str | None = None, came: Any = None
    ) -> Instance:
        instance = Instance(self.graphs[facts.version_id], facts, {facts.id: dict(data)})
        self.instances[facts.id] = instance
        self._apply(
            instance,
            plan.start(instance.graph, replace(self.situation(instance), variables={}), at, came),
        )
        return instance

    # -- events

    def happen(self, instance: Instance, event: Event) -> Changes:
        changes = plan.plan(instance.graph, self.situation(instance), event)
        self._apply(instance, changes)
        return changes

    def go(self) -> None:
        """Runs what is ready, and fires what is due, until nothing moves; calls outside are left."""
        for _ in range(MANY_MOVES):
            ready = [
                token
                for instance in self.instances.values()
                for token in instance.ready()
                if token.available_at <= self.now and not instance.is_outside(token)
            ]
            if ready:
                token = self._choose(ready)
                self.happen(self.instances[token.instance_id], Run(token.id, token.epoch))
            elif not self._fire_one() and not self._deliver_one():
                return
        raise AssertionError("the flow circles")

    def complete(self, instance: Instance, node_id: str, data: dict[str, Any] | None = None) -> None:
        token_id = next(task.token_id for task in instance.tasks.values() if task.node_id == node_id)
        self.happen(instance, Triggered(token_id, node_id, data or {}))

    def cancel_task(self, instance: Instance, node_id: str) -> None:
        token_id = next(task.token_id for task in instance.tasks.values() if task.node_id == node_id)
        self.happen(instance, TaskCancelled(token_id))

    def set_variables(self, instance: Instance, **values: Any) -> None:
        self.happen(instance, VariablesSet(values))

    def cancel(self, instance: Instance) -> None:
        self._apply(instance, plan.cancel(instance.graph, self.situation(instance), None))

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def message(self, name: str, key: str = "", data: dict[str, Any] | None = None) -> bool:
        """Publishes a message; with nobody waiting it is kept. Whether it reached somebody."""
        id_ = self._new_id("msg_")
        return self._route(
            NewMessage(
                id_, "org_1", "PRODUCTION", "message", name, key, id_, data or {}, "SENT", "",
                self.now + timedelta(hours=1), self.now,
            )
        )  # fmt: skip

    def signal(self, name: str, data: dict[str, Any] | None = None, origin_id: str = "") -> None:
        waiting = [
            (instance, item)
            for instance in self.instances.values()
            for item in instance.subscriptions
            if item.kind == "signal" and item.name == name and instance.facts.id != origin_id
        ]
        for instance, item in waiting:
            if item in instance.subscriptions:
                self.happen(instance, Triggered(item.holder_id, item.node_id, data or {}))
        for version_id, start in self._starts(SignalCatch, name):
            self.start(version_id, at=start, came=data or {})

    # -- the store

    def situation(self, instance: Instance) -> Situation:
        return Situation(
            self.now,
            instance.facts,
            dict(instance.tokens),
            {scope: dict(values) for scope, values in instance.variables.items()},
            WHOLE,
            self._new_id,
            dict(instance.scopes),
        )

    def _new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._ids):06}"

    def _apply(self, instance: Instance, changes: Changes) -> None:
        assert instance.status == InstanceStatus.RUNNING
        for called_id in changes.cancelled_calls:
            called = self.instances[called_id]
            if called.status == InstanceStatus.RUNNING:
                self._apply(called, plan.cancel(called.graph, self.situation(called), None, tell=False))
        instance.apply(changes)
        for timer in changes.timers:
            self.instances[timer.instance_id].timers.append(timer)
        self._follow(instance, changes)

    def _follow(self, instance: Instance, changes: Changes) -> None:
        """Begins what is called, as the engine does with the commit, and does what follows from it.

        Timers that are due are fired by `go`.
        """
        for call in changes.calls:
            facts = InstanceFacts(
                call.instance_id, "org_1", f"flow_{call.version_id}", call.version_id, "PRODUCTION",
                instance.facts.correlation_key, InstanceStatus.RUNNING, instance.facts.id, call.token_id,
                call.caught,
            )  # fmt: skip
            self._begin(facts, call.variables)
        self._sent |= {message.id: message for message in changes.thrown}
        for each in follow_ups([changes]):
            match each:
                case RouteMessage():
                    self._route(self._sent.pop(each.message_id))
                case RouteSignal():
                    thrown = self._sent.pop(each.signal_id)
                    assert isinstance(thrown.data, dict)
                    self.signal(thrown.name, thrown.data, thrown.origin_id)
                case DeliverKept():
                    self._deliver_to(each.address)

    def _deliver_to(self, address: Address) -> None:
        """Delivers the oldest first, as long as somebody waits."""
        place = ("message", address.name, address.key)
        while any(
            (item.kind, item.name, item.correlation_key) == place
            for instance in self.instances.values()
            for item in instance.subscriptions
        ):
            kept = [m for m in self.messages if (m.name, m.correlation_key) == (address.name, address.key)]
            if not kept:
                return
            self.messages.remove(kept[0])
            self._route(kept[0])

    def _route(self, message: NewMessage) -> bool:
        assert isinstance(message.data, dict)
        address = ("message", message.name, message.correlation_key)
        waiting = [
            (item.created_at, item.id, instance, item)
            for instance in self.instances.values()
            for item in instance.subscriptions
            if (item.kind, item.name, item.correlation_key) == address
        ]
        if waiting:
            _, _, instance, item = min(waiting, key=lambda each: each[:2])
            self.happen(instance, Triggered(item.holder_id, item.node_id, message.data))
            return True
        for version_id, start in self._startable(message):
            self.start(version_id, key=message.correlation_key or None, at=start, came=message.data)
            return True
        if message.expires_at > self.now:
            self.messages.append(message)
        return False

    def _startable(self, message: NewMessage) -> Iterator[tuple[str, str]]:
        """The starts that a message may begin at: of flows that no instance with its key runs of."""
        key = message.correlation_key
        for version_id, start in self._starts(MessageCatch, message.name):
            same = [
                i
                for i in self.instances.values()
                if i.facts.version_id == version_id and i.status == InstanceStatus.RUNNING
            ]
            if not key or all(instance.facts.correlation_key != key for instance in same):
                yield version_id, start

    def _deliver_one(self) -> bool:
        """A message that was kept while an instance with its key ran may start one now."""
        for message in self.messages:
            if any(self._startable(message)):
                self.messages.remove(message)
                return self._route(message)
        return False

    def _starts(self, kind: type, name: str) -> Iterator[tuple[str, str]]:
        for version_id, graph in list(self.graphs.items()):
            for start in graph.top.event_starts:
                details = graph.nodes[start].details
                if isinstance(details, kind) and getattr(details, "name", None) == name:
                    yield version_id, start

    def _fire_one(self) -> bool:
        due = [
            (timer.due_at, timer.id, instance, timer)
            for instance in self.instances.values()
            for timer in instance.timers
            if timer.due_at <= self.now
        ]
        if not due:
            return False
        _, _, instance, timer = min(due, key=lambda each: each[:2])
        if instance.status != InstanceStatus.RUNNING:
            instance.timers.remove(timer)
            return True
        self.fire(instance, timer)
        return True

    def fire(self, instance: Instance, timer: NewTimer) -> None:
        """Fires a timer, whether it is due or not."""
        fired = FiredTimer(timer.id, timer.due_at, timer.cycle, timer.remaining, timer.anchor_at)
        data = timer.data if isinstance(timer.data, dict) else {}
        event = Triggered(timer.holder_id, timer.node_id, data, timer=fired)
        if self.situation(instance).is_current(event):
            self.happen(instance, event)
        else:
            instance.timers.remove(timer)
