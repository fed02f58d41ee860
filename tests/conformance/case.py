"""The suites in a folder, and what a case of token simulation says."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Happening:
    """What a node waits for or throws, whether its diagram says so or not."""

    kind: str
    role: str
    name: str | None

    @property
    def throws(self) -> bool:
        return self.role in {"throw", "send"}


@dataclass(frozen=True, slots=True)
class Case:
    """A diagram, what is done to it, and what is expected then."""

    name: str
    bpmn: bytes
    processes: tuple[str, ...]
    steps: tuple[Json, ...]
    events: dict[str, Happening]
    may_refuse: tuple[str, ...]
    constructs: tuple[str, ...]

    def steps_of(self, kind: str) -> list[Any]:
        return [step[kind] for step in self.steps if kind in step]

    def comes_from_outside(self, node_id: str) -> bool:
        """Whether a node is published as a message event, because nothing in the diagram can fire it."""
        event = self.events[node_id]
        if event.throws:
            return False
        if event.kind in {"timer", "conditional", "none"}:
            return True
        thrown = {each.name for each in self.events.values() if each.kind == "signal" and each.throws}
        return event.kind == "signal" and node_id in self.steps_of("trigger") and event.name not in thrown


@dataclass(frozen=True, slots=True)
class Suite:
    """A folder with an `index.json`; `name` is its path within the folder of suites."""

    name: str
    folder: Path
    index: Json

    @property
    def source(self) -> str:
        """Where the suite is from."""
        source = self.index.get("source", {})
        return " at ".join(str(source[key]) for key in ("repository", "commit") if key in source)

    def cases(self) -> list[Case]:
        return [read_case(self.folder, name) for name in self.index.get("cases", [])]


def find_suites(folder: Path) -> list[Suite]:
    """The suites in a folder and below it; a folder with an `index.json` may be one itself."""
    found = []
    for path in sorted(folder.rglob("index.json")):
        index = json.loads(path.read_bytes())
        if isinstance(index, dict) and ("cases" in index or "models" in index):
            name = path.parent.relative_to(folder).as_posix()
            found.append(Suite(path.parent.name if name == "." else name, path.parent, index))
    return found


def read_case(folder: Path, name: str) -> Case:
    given = json.loads((folder / f"{name}.json").read_bytes())
    return Case(
        name=given["name"],
        bpmn=(folder / given["bpmn"]).read_bytes(),
        processes=tuple(given["processes"]),
        steps=tuple(given["steps"]),
        events={
            node_id: Happening(event["kind"], event["role"], event["name"])
            for node_id, event in given["events"].items()
        },
        may_refuse=tuple(given.get("mayRefuse", ())),
        constructs=tuple(given.get("constructs", ())),
    )


def go(flow_id: str) -> str:
    """The variable that says whether a flow is chosen."""
    return f"go_{flow_id}"
