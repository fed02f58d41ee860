"""Runs a case on the pure plan."""

from tests.conformance.counts import Seen, Visit
from tests.conformance.system import Json, NobodyWaits
from tests.world import Instance, World, compiled
from workers.flow.graph import CalledFlow


class PurePlan:
    """A `System` without a store."""

    def __init__(self) -> None:
        self._world = World()

    def deploy(self, bpmn: bytes, definitions: Json) -> None:
        for process, definition in definitions.items():
            called = {
                node.id: node.details.process_id
                for node in compiled(definition).nodes.values()
                if isinstance(node.details, CalledFlow)
            }
            self._world.deploy(process, definition, called)

    def start(self, process: str, key: str, data: Json) -> None:
        assert self._world.graphs[process].top.starts, f"{process} has no plain start"
        self._world.start(process, data, key)

    def set_variables(self, values: Json) -> None:
        for instance in self._running():
            self._world.set_variables(instance, **values)

    def complete(self, node_id: str) -> None:
        for instance in self._running():
            if any(task.node_id == node_id for task in instance.tasks.values()):
                self._world.complete(instance, node_id)
                return
        raise NobodyWaits(f"an answer at {node_id}")

    def message(self, name: str, key: str | None, data: Json) -> None:
        if not self._world.message(name, key or "", data):
            raise NobodyWaits(f"the message {name}")

    def signal(self, name: str, data: Json) -> None:
        self._world.signal(name, data)

    def key_at(self, node_id: str) -> str | None:
        for instance in self._running():
            for item in instance.subscriptions:
                if item.node_id == node_id:
                    return item.correlation_key or None
        raise NobodyWaits(node_id)

    def settle(self) -> None:
        self._world.go()

    def look(self) -> list[Seen]:
        return [_seen(instance) for instance in self._world.instances.values()]

    def _running(self) -> list[Instance]:
        return [each for each in self._world.instances.values() if each.status == "RUNNING"]


def _seen(instance: Instance) -> Seen:
    tokens = instance.tokens
    return Seen(
        process=instance.facts.version_id,
        running=instance.status == "RUNNING",
        visits=[Visit(step.node_id, step.node_type, step.outcome) for step in instance.steps],
        tokens=[token.node_id for token in tokens.values()],
        incidents={tokens[token_id].node_id: code for token_id, code in instance.incidents.items()},
    )
