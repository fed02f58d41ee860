"""Every example of the reference does what its run says, on the pure plan."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import cast

import pytest

import examples.tasks  # noqa: F401 - registers what the examples call
from tests.examples import RUNS, Ended, callable_id, definition_of, play
from tests.flows import Json
from tests.world import Instance, World
from workers.engine.outside.attempt import Attempt
from workers.engine.outside.performers import performer_of
from workers.flow.interchange.export import export_bpmn
from workers.flow.interchange.read import import_bpmn
from workers.outbound import OutboundClient, OutboundRequest, OutboundResponse
from workers.semantics.kinds import kind_of
from workers.semantics.kinds.kind import OutsideKind
from workers.semantics.moves import Moves
from workers.semantics.situation import Returned, Token, Triggered
from workers.semantics.step import Step


class _Answers(OutboundClient):
    """Outside systems that answer as an example says."""

    def __init__(self, answers: list[Json]) -> None:
        super().__init__()
        self.left = list(answers)

    def send(self, request: OutboundRequest) -> OutboundResponse:
        answer = self.left.pop(0)
        return OutboundResponse(answer["status"], {}, answer.get("body"))


@dataclass
class _Outside:
    outbound: OutboundClient


@dataclass
class Plan:
    """A `System` without a store."""

    world: World = field(default_factory=World)
    outside: dict[str, _Outside] = field(default_factory=dict)

    def publish(self, name: str, definition: Json, answers: list[Json]) -> None:
        calls = {node["id"]: node["processId"] for node in definition["nodes"] if "processId" in node}
        self.world.deploy(callable_id(name), definition, calls)
        self.outside[callable_id(name)] = _Outside(_Answers(answers))

    def start(self, name: str, data: Json, key: str | None) -> None:
        self.world.start(callable_id(name), data, key)
        self._go()

    def complete(self, node_id: str, data: Json, assignee: str | None) -> None:
        for instance in self.world.instances.values():
            for task in instance.tasks.values():
                if task.node_id == node_id and assignee in {None, task.assignee}:
                    self.world.happen(instance, Triggered(task.token_id, node_id, data))
                    self._go()
                    return
        raise AssertionError(f"nobody waits at {node_id}")

    def message(self, name: str, key: str | None, data: Json) -> None:
        assert self.world.message(name, key or "", data), f"nobody waits for {name}"
        self._go()

    def signal(self, name: str, data: Json) -> None:
        self.world.signal(name, data)
        self._go()

    def timer(self, node_id: str) -> None:
        for instance in self.world.instances.values():
            for timer in instance.timers:
                if timer.node_id == node_id:
                    self.world.fire(instance, timer)
                    self._go()
                    return
        version = next(id_ for id_, graph in self.world.graphs.items() if node_id in graph.top.event_starts)
        self.world.start(version, at=node_id, came={})
        self._go()

    def job(self, topic: str, data: Json) -> None:
        for instance in self.world.instances.values():
            for job in instance.jobs.values():
                if job.topic == topic:
                    token = instance.tokens[job.token_id]
                    self.world.happen(instance, Triggered(token.id, token.node_id, data))
                    self._go()
                    return
        raise AssertionError(f"there is no job {topic}")

    def set_variables(self, values: Json) -> None:
        for instance in self.world.instances.values():
            self.world.set_variables(instance, **values)
        self._go()

    def ended(self) -> list[Ended]:
        names = {callable_id(name): name for name in RUNS}
        return [
            Ended(
                names[instance.facts.version_id],
                instance.status,
                instance.visited,
                instance.variables[instance.facts.id],
            )
            for instance in self.world.instances.values()
        ]

    def _go(self) -> None:
        self.world.go()
        while calling := next(self._calling(), None):
            self._call(*calling)
            self.world.go()

    def _calling(self) -> Iterator[tuple[Instance, Token]]:
        for instance in self.world.instances.values():
            for token in instance.ready():
                if instance.is_outside(token):
                    yield instance, token

    def _call(self, instance: Instance, token: Token) -> None:
        """Makes an outside call at once, even where an earlier attempt would make it wait."""
        node = instance.graph.nodes[token.node_id]
        kind = cast(OutsideKind, kind_of(node))
        step = Step(Moves(instance.graph, self.world.situation(instance)), token)
        value, _ = kind.prepare(step)
        services = self.outside[instance.facts.version_id]
        result = performer_of(node).perform(
            Attempt(node, value, "key", instance.facts.id, token.attempts + 1), services
        )
        claimed = replace(token, state="ACTIVE", epoch=token.epoch + 1)
        instance.tokens[token.id] = claimed
        self.world.happen(instance, Returned(claimed.id, claimed.epoch, result))


@pytest.mark.parametrize("name", RUNS)
def test_an_example_of_the_reference_does_what_it_says(name: str) -> None:
    play(name, Plan())


@pytest.mark.parametrize("name", RUNS)
def test_an_example_of_the_reference_goes_to_bpmn_and_back(name: str) -> None:
    definition = definition_of(name)
    (process,) = import_bpmn(export_bpmn(definition, process_id="p", name=name)).processes
    assert process.problems == []
    assert process.definition == definition
