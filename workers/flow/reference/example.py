"""The examples in `docs/examples/`, and in words what is done to run them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]

_WIDTH = 108


@dataclass(frozen=True, slots=True)
class Example:
    """A small flow; `run` is its entry in `runs.json`.

    `run.shows` lists the entries of the reference that it is an example of, the first one is where it
    stands. It begins by `start` (with `data`) or by its first step; `steps` follow each other, and nothing
    moves between them; `answers` are those of the HTTP services that it calls; `with` are other examples
    that are published before it, and the nodes that an instance of each visits. `ends`, `visits` and
    `variables` (some of them) are what comes of it.
    """

    name: str
    definition: Json
    run: Json

    @property
    def home(self) -> str:
        shows: list[str] = self.run["shows"]
        return shows[0]

    def nodes(self) -> list[Json]:
        """The nodes that the example is there for."""
        return [node for node in all_nodes(self.definition) if self.home in entries_of(node)]


def entries_of(node: Json) -> set[str]:
    """The entries of the reference that a node belongs to."""
    type_, event, loop = node["type"], node.get("event"), node.get("loop")
    found = {f"{type_} {event['type']}" if event else type_}
    if "implementation" in node:
        found = {f"{type_} {node['implementation']}"}
    if node.get("triggeredByEvent"):
        found = {f"{type_} event"}
    if loop:
        found.add("loop multiInstance" if loop.keys() & {"collection", "cardinality"} else "loop standard")
    return found


def all_nodes(scope: Json) -> Iterator[Json]:
    """The nodes of a flow, with those in its sub-processes."""
    for node in scope["nodes"]:
        yield node
        if "nodes" in node:
            yield from all_nodes(node)


def pretty(value: Any, depth: int = 0) -> str:
    """JSON that is broken into lines only where one would be too long."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + 2 * depth <= _WIDTH or not isinstance(value, dict | list):
        return line
    opens, *inner, closes = (
        ["{", *(f"{json.dumps(key)}: {pretty(each, depth + 1)}" for key, each in value.items()), "}"]
        if isinstance(value, dict)
        else ["[", *(pretty(each, depth + 1) for each in value), "]"]
    )
    pad = "  " * depth
    return f"{opens}\n{pad}  " + f",\n{pad}  ".join(inner) + f"\n{pad}{closes}"


def read_examples(folder: Path) -> list[Example]:
    """The examples, in the order of their names."""
    runs = json.loads((folder / "runs.json").read_text())
    return [
        Example(name, json.loads((folder / f"{name}.json").read_text()), run)
        for name, run in sorted(runs.items())
    ]


def told(example: Example) -> str:
    """What is done to run an example, and what comes of it."""
    run = example.run
    words = [*_begin(run), *(_step(step) for step in run.get("steps", ()))]
    text = ", then ".join(words)
    end = f"It is {run['ends']} by way of {_chain(run['visits'])}"
    if run.get("variables"):
        end += f", with {_json(run['variables'])}"
    return f"{text[0].upper()}{text[1:]}. {end}."


def _begin(run: Json) -> Iterator[str]:
    for name in run.get("with", ()):
        yield f"publish [{name}](examples/{name}.json) beside it"
    if "start" in run:
        data = run["start"].get("data")
        yield f"start it with {_json(data)}" if data else "start it"
    if "answers" in run:
        answers = [f"{each['status']}{_with(each, 'body')}" for each in run["answers"]]
        yield f"the service answers {', then '.join(answers)}"


def _step(step: Json) -> str:
    match step:
        case {"job": topic, "complete": result}:
            return f"a worker completes the job `{topic}` with {_json(result)}"
        case {"complete": node_id}:
            who = f" of {step['assignee']}" if "assignee" in step else ""
            return f"complete `{node_id}`{who}{_with(step, 'data')}"
        case {"message": name}:
            key = f" for the key `{step['correlationKey']}`" if "correlationKey" in step else ""
            return f"publish the message `{name}`{key}{_with(step, 'data')}"
        case {"signal": name}:
            return f"throw the signal `{name}`{_with(step, 'data')}"
        case {"timer": node_id}:
            return f"the time of `{node_id}` comes"
        case {"variables": values}:
            return f"set the variables {_json(values)}"
    raise ValueError(f"{step} is no step")


def _with(holder: Json, name: str) -> str:
    return f" with {_json(holder[name])}" if holder.get(name) else ""


def _chain(node_ids: list[str]) -> str:
    return " → ".join(f"`{node_id}`" for node_id in node_ids)


def _json(value: object) -> str:
    return f"`{json.dumps(value, ensure_ascii=False)}`"
