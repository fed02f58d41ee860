"""What can happen to an instance at one moment, and a run in which drawn numbers choose."""

import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Protocol

from hypothesis import strategies as st

from models.incident_code import IncidentCode
from models.states import InstanceStatus
from tests.properties.checked import CheckedWorld
from tests.simulated import Instance
from workers.flow.graph import MessageCatch, Node, SignalCatch
from workers.semantics.changes import Changes, NewSubscription, NewTask, NewTimer
from workers.semantics.situation import (
    Event,
    Failed,
    Retried,
    Returned,
    Run,
    TaskCancelled,
    Token,
    Triggered,
)
from workers.semantics.stuck import NothingToAsk

#: The correlation key of every instance.
KEY = "key"

#: The numbers that choose what happens; those behind the end of a run are left over.
numbers = st.binary(min_size=100, max_size=240).map(
    lambda drawn: list(struct.unpack(f">{len(drawn) // 2}H", drawn[: len(drawn) // 2 * 2]))
)

#: The most tokens that a run goes on with: a graph at random may multiply them without end.
MANY_TOKENS = 25


class Events(Protocol):
    """What happens to instances; in the pure world, in a store, or in both."""

    world: CheckedWorld

    def run(self, token: Token, outcome: int) -> None: ...
    def repeat(self, delivered: Token) -> None: ...
    def send_again(self) -> None: ...
    def answer(self, task: NewTask) -> None: ...
    def cancel_task(self, task: NewTask) -> None: ...
    def message(self, name: str) -> None: ...
    def signal(self, name: str) -> None: ...
    def fire(self, timer: NewTimer) -> None: ...
    def set_variable(self, instance: Instance, name: str, value: bool | str) -> None: ...
    def retry(self, instance: Instance, *, anew: bool = False) -> None: ...
    def cancel(self, instance: Instance) -> None: ...


class PureEvents:
    """In the pure world."""

    def __init__(self, world: CheckedWorld) -> None:
        self.world = world

    def _of(self, thing: Token | NewTask | NewTimer) -> Instance:
        return self.world.instances[thing.instance_id]

    def run(self, token: Token, outcome: int) -> None:
        instance = self._of(token)
        if not instance.is_outside(token):
            self.world.happen(instance, Run(token.id, token.epoch))
            return
        epoch = self.world.claim(instance, token)
        happened: Event = (
            Returned(token.id, epoch, {"result": outcome}),
            Failed(token.id, epoch, IncidentCode.UNCAUGHT_ERROR, "E", error_code="E"),
            Failed(token.id, epoch, IncidentCode.TASK_FAILED, "RuntimeError: no"),
        )[outcome]
        self.world.happen(instance, happened)

    def repeat(self, delivered: Token) -> None:
        instance = self._of(delivered)
        known = instance.tokens.get(delivered.id)
        if known is not None and known.epoch == delivered.epoch:
            return  # it was not delivered yet, or in vain
        changes = self.world.happen(instance, Run(delivered.id, delivered.epoch))
        assert changes == Changes(instance.facts.id, self.world.now), "an old message does nothing"

    def send_again(self) -> None:
        """What is lost is still ready here."""

    def answer(self, task: NewTask) -> None:
        self.world.happen(self._of(task), Triggered(task.token_id, task.node_id, {"answer": task.node_id}))

    def cancel_task(self, task: NewTask) -> None:
        self.world.happen(self._of(task), TaskCancelled(task.token_id))

    def message(self, name: str) -> None:
        self.world.message(name, KEY, {"said": name})

    def signal(self, name: str) -> None:
        self.world.signal(name, {"told": name})

    def fire(self, timer: NewTimer) -> None:
        self.world.fire(self._of(timer), timer)

    def set_variable(self, instance: Instance, name: str, value: bool | str) -> None:
        self.world.set_variables(instance, **{name: value})

    def retry(self, instance: Instance, *, anew: bool = False) -> None:
        if instance.status == InstanceStatus.RUNNING:
            with suppress(NothingToAsk):
                self.world.happen(instance, Retried(anew=anew))

    def cancel(self, instance: Instance) -> None:
        self.world.cancel(instance)


class Course:
    """One run of an instance, and of those that it calls."""

    def __init__(self, instance: Instance, events: Events, switches: tuple[str, ...] = ()) -> None:
        self.instance = instance
        self.events = events
        self.switches = switches
        self.delivered: list[Token] = []

    @property
    def running(self) -> list[Instance]:
        return [
            each for each in self.events.world.instances.values() if each.status == InstanceStatus.RUNNING
        ]

    def step(self, number: int, *, trouble: bool) -> bool:
        """One event, which a number chooses; False when nothing can happen."""
        if not self.running or sum(len(each.tokens) for each in self.running) > MANY_TOKENS:
            return False
        kind, number = number % 8, number // 8
        order = [self._ready(number if trouble else 0), self._waited_for()]
        if kind >= 5:
            order.reverse()
        if trouble and kind >= 6:
            order.insert(0, self._repeats() if kind == 6 else self._troubles(number))
        for each in order:
            options = list(each)
            if options:
                options[number % len(options)]()
                return True
        return False

    def finish(self, limit: int) -> bool:
        """Runs, and lets come what no token can go on without, until nothing is left; False at the limit."""
        for turn in range(limit):
            options = list(self._ready(0)) or list(self._waited_for(only_needed=True))
            if not options:
                return True
            options[turn % len(options)]()
        return False

    def settle(self, limit: int) -> bool:
        """Runs what is ready, until there is nothing; False at the limit."""
        for _ in range(limit):
            act = next(self._ready(0), None)
            if act is None:
                return True
            if sum(len(each.tokens) for each in self.running) > MANY_TOKENS:
                return False
            act()
        return False

    def _ready(self, number: int) -> Iterator[Callable[[], None]]:
        for instance in self.running:
            for token in sorted(instance.ready(), key=lambda token: token.id):
                yield partial(self._run, token, number % 3)

    def _run(self, token: Token, outcome: int) -> None:
        self.delivered.append(token)
        self.events.run(token, outcome)

    def _repeats(self) -> Iterator[Callable[[], None]]:
        yield self.events.send_again
        for token in self.delivered:
            yield partial(self.events.repeat, token)

    def _waited_for(self, *, only_needed: bool = False) -> Iterator[Callable[[], None]]:
        """What somebody waits for; with `only_needed` without what would only add a token."""
        events = self.events
        for instance in self.running:
            for task in instance.tasks.values():
                yield partial(events.answer, task)
            nodes = instance.graph.nodes
            waiting = [each for each in instance.subscriptions if not only_needed or _is_needed(nodes, each)]
            for kind, name in sorted({(item.kind, item.name) for item in waiting}):
                yield partial(events.message if kind == "message" else events.signal, name)
            for timer in instance.timers:
                if not only_needed or _is_needed(nodes, timer):
                    yield partial(events.fire, timer)

    def _troubles(self, number: int) -> Iterator[Callable[[], None]]:
        """What people do, and messages and signals that may come when nobody waits for them."""
        events, running = self.events, self.running
        value = (True, False, "text")[number // 8 % 3]
        details = [node.details for node in self.instance.graph.nodes.values()]
        kinds: list[list[Callable[[], None]]] = [
            [partial(events.cancel_task, task) for each in running for task in each.tasks.values()],
            [partial(events.set_variable, each, name, value) for each in running for name in self.switches],
            [
                partial(events.retry, each, anew=anew)
                for each in running
                if each.incidents
                for anew in (False, True)
            ],
            [partial(events.message, each.name) for each in details if isinstance(each, MessageCatch)],
            [partial(events.signal, each.name) for each in details if isinstance(each, SignalCatch)],
            [partial(events.cancel, each) for each in running if number % 16 == 15],
        ]
        possible = [options for options in kinds if options]
        return iter(possible[number // 7 % len(possible)])


def _is_needed(nodes: Mapping[str, Node], item: NewSubscription | NewTimer) -> bool:
    return nodes[item.node_id].type in ("intermediateCatchEvent", "receiveTask")
