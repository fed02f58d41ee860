"""The words in which a story is told."""

from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from typing import Any

from harness.caller import Api, wait_for
from tests.flows import Json
from tests.upgrade.stories.outside import Outside


class Story:
    """One story as it is told: who is asked, and the instance that it is about.

    Args:
        tag: what the names of its messages, signals and topics end in, so that they are its alone.
        outside: what its flows call.
    """

    def __init__(self, tag: str, outside: Outside) -> None:
        self.tag = tag
        self.outside = outside
        self.instance = ""
        self.sides: list[str] = []  # which of them ran a python task, in the order of the story
        self.ask([])

    def ask(self, webs: Sequence[Api]) -> None:
        """From now on these are asked in turn."""
        self._webs = cycle(webs)

    @property
    def api(self) -> Api:
        return next(self._webs)

    def name(self, name: str) -> str:
        return f"{name}-{self.tag}"

    def start(self, definition: Json, data: Json | None = None, **fields: Any) -> str:
        """Publishes the flow and starts an instance, which the story is about from now on."""
        self.instance = self.api.start(self.api.publish(definition), data, **fields)
        return self.instance

    def waits(self, *nodes: str) -> Json:
        """Waits until tokens are parked at exactly these nodes; the state of the instance then."""
        return self.rests("WAITING", *nodes)

    def rests(self, status: str, *nodes: str) -> Json:
        seen: Json = {}

        def look() -> Json | None:
            seen.update(self.api.instance(self.instance))
            stand = sorted(token["nodeId"] for token in seen["tokens"])
            return seen if seen["status"] == status and stand == sorted(nodes) else None

        state: Json = wait_for(look, lambda: f"{status} at {nodes}, but is {seen}")
        return state

    def tasks(self, number: int) -> list[Json]:
        """Waits until so many tasks are open."""

        def look() -> list[Json] | None:
            tasks: list[Json] = self.api.instance(self.instance)["tasks"]
            return tasks if len(tasks) == number else None

        found: list[Json] = wait_for(look, f"{number} open tasks")
        return found

    def complete(self, node: str, data: Json | None = None, who: str | None = None) -> None:
        """Answers the task of the node, or that one of its tasks which is `who`'s."""
        body = {"processInstanceId": self.instance, "nodeId": node, "action": "COMPLETE", "data": data or {}}
        if who is not None:
            body["taskId"] = wait_for(lambda: self._task_of(node, who), f"{who} is asked at {node}")
        assert self.api.call("POST", "/process/task", body)["status"] == "resumed"

    def _task_of(self, node: str, who: str) -> str | None:
        tasks = self.api.instance(self.instance)["tasks"]
        return next(
            (task["taskId"] for task in tasks if (task["nodeId"], task["assignee"]) == (node, who)), None
        )

    def send(self, name: str, key: str | None = None, **fields: Any) -> Json:
        """Publishes the message; what became of it."""
        return self.api.message(self.name(name), key, **{"timeToLive": "P30D", **fields})

    def signal(self, name: str, **data: Any) -> Json:
        return self.api.call("POST", "/process/signal", {"name": self.name(name), "data": data})

    def operate(self, verb: str, body: Json | None = None) -> None:
        self.api.call("POST", f"/process/instances/{self.instance}/{verb}", body or {})

    def set(self, **variables: Any) -> None:
        path = f"/process/instances/{self.instance}/variables"
        self.api.call("PATCH", path, {"variables": variables})

    def job(self, topic: str, **fields: Any) -> Json:
        """Locks the one job of the topic."""
        body = {"topic": self.name(topic), "workerName": "someone", "timeout": "PT0S", **fields}

        def look() -> list[Json]:
            jobs: list[Json] = self.api.call("POST", "/process/jobs/activate", body)["jobs"]
            return jobs

        (job,) = wait_for(look, f"a job of {topic}")
        return dict(job)

    def say(self, job: Json, verb: str, body: Json | None = None, **expect: Any) -> Json:
        """What a worker says of its job, and what it is told."""
        return self.api.call("POST", f"/process/jobs/{job['jobId']}/{verb}", body or {}, **expect)

    def ends(self, visited: str, **variables: Any) -> None:
        """The instance is completed, with these visits and no other, and these variables and no other."""
        seen = self.finishes("COMPLETED", visited)["variables"]
        assert seen == variables, f"{seen} is not {variables}"

    def finishes(self, status: str, visited: str) -> Json:
        state = self.rests(status)
        seen = self.api.visited(self.instance)
        assert sorted(seen) == sorted(visited.split()), f"{seen} is not {visited}"
        return state


Tale = Callable[[Story], Iterator[None]]
