"""The examples of the reference, and what `docs/examples/runs.json` says is done with each."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.flows import Json

FOLDER = Path(__file__).parent.parent / "docs" / "examples"
RUNS: dict[str, Json] = json.loads((FOLDER / "runs.json").read_text())


def definition_of(name: str) -> Json:
    flow: Json = json.loads((FOLDER / f"{name}.json").read_text())
    return flow


def callable_id(name: str) -> str:
    """The process id by which another example calls this one."""
    return {"callActivity-called": "rate-customer"}.get(name, name)


@dataclass(frozen=True, slots=True)
class Ended:
    """An instance of the example `flow` as it is at the end."""

    flow: str
    status: str
    visited: Counter[str]
    variables: Json


class System(Protocol):
    """What an example is run on; each verb waits until nothing moves any more."""

    def publish(self, name: str, definition: Json, answers: list[Json]) -> None:
        """Makes the flow known; `answers` are those of the systems that it calls, one after the other."""

    def start(self, name: str, data: Json, key: str | None) -> None: ...

    def complete(self, node_id: str, data: Json, assignee: str | None) -> None: ...

    def message(self, name: str, key: str | None, data: Json) -> None: ...

    def signal(self, name: str, data: Json) -> None: ...

    def timer(self, node_id: str) -> None:
        """Makes the time come that the node, or a start event, waits for."""

    def job(self, topic: str, data: Json) -> None:
        """Fetches a job of the topic and completes it."""

    def set_variables(self, values: Json) -> None: ...

    def ended(self) -> list[Ended]:
        """Every instance."""


def play(name: str, system: System) -> None:
    """Publishes an example with those that it needs, does what its run says, and checks what came of it."""
    run = RUNS[name]
    for other in run.get("with", ()):
        system.publish(other, definition_of(other), [])
    system.publish(name, definition_of(name), run.get("answers", []))
    if "start" in run:
        system.start(name, run["start"].get("data", {}), run["start"].get("correlationKey"))
    for step in run.get("steps", ()):
        _do(system, step)
    instances = {ended.flow: ended for ended in system.ended()}
    assert instances.keys() == {name, *run.get("with", ())}
    ended = instances.pop(name)
    assert (ended.status, ended.visited) == (run["ends"], Counter(run["visits"]))
    assert run.get("variables", {}).items() <= ended.variables.items()
    for other in instances.values():
        assert (other.status, other.visited) == ("COMPLETED", Counter(run["with"][other.flow]))


def _do(system: System, step: Json) -> None:
    given: dict[str, Any] = step.get("data", {})
    match step:
        case {"complete": node_id, **rest} if "job" not in rest:
            system.complete(node_id, given, step.get("assignee"))
        case {"message": message}:
            system.message(message, step.get("correlationKey"), given)
        case {"signal": signal}:
            system.signal(signal, given)
        case {"timer": node_id}:
            system.timer(node_id)
        case {"job": topic, "complete": result}:
            system.job(topic, result)
        case {"variables": values}:
            system.set_variables(values)
        case _:
            raise AssertionError(f"{step} is no step")
