"""A caller of the product over HTTP, and a way to wait for what it brings about."""

import json
import time
from collections.abc import Callable
from typing import Any

import httpx2

#: Enough for a busy machine with two cores; a test that waits this long has failed.
PATIENCE = 60.0

Json = dict[str, Any]


class Api:
    """A caller with a key, over HTTP."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.http = httpx2.Client(base_url=url, headers={"X-API-Key": key}, timeout=PATIENCE, trust_env=False)

    def close(self) -> None:
        self.http.close()

    def is_ready(self) -> bool:
        """Whether the server answers, and reaches its stores."""
        try:
            return self.http.get("/health/ready").status_code == 200
        except httpx2.TransportError:
            return False

    def call(self, method: str, path: str, body: object = None, *, status: int = 200, **options: Any) -> Json:
        """Sends JSON and expects the status; the answer's JSON."""
        if body is not None:
            options["content"] = json.dumps(body)
            options["headers"] = {"Content-Type": "application/json", **options.get("headers", {})}
        response = self.http.request(method, path, **options)
        assert response.status_code == status, f"{method} {path}: {response.status_code} {response.text}"
        answer: Json = response.json() if response.content else {}
        return answer

    def publish(self, definition: Json, **publishing: Any) -> str:
        process_id: str = self.call(
            "POST", "/flows", {"name": definition.get("name", "flow"), "definition": definition}, status=201
        )["processId"]
        self.call("POST", f"/flows/{process_id}/publish", publishing, status=201)
        return process_id

    def start(self, process_id: str, data: Json | None = None, **fields: Any) -> str:
        body = {"processId": process_id, "data": data or {}, **fields}
        instance_id: str = self.call("POST", "/process/exec", body)["processInstanceId"]
        return instance_id

    def instance(self, instance_id: str) -> Json:
        return self.call("GET", f"/process/instances/{instance_id}")

    def history(self, instance_id: str) -> list[Json]:
        items: list[Json] = self.call("GET", f"/process/instances/{instance_id}/history?limit=500")["items"]
        return items

    def visited(self, instance_id: str) -> list[str]:
        """The nodes of the history, in its order."""
        return [step["nodeId"] for step in self.history(instance_id)]

    def complete(self, instance_id: str, node_id: str, data: Json | None = None, **expect: Any) -> Json:
        body = {"processInstanceId": instance_id, "nodeId": node_id, "action": "COMPLETE", "data": data or {}}
        return self.call("POST", "/process/task", body, **expect)

    def cancel_task(self, instance_id: str, node_id: str, **expect: Any) -> Json:
        body = {"processInstanceId": instance_id, "nodeId": node_id, "action": "CANCEL"}
        return self.call("POST", "/process/task", body, **expect)

    def message(self, name: str, correlation_key: str | None = None, **fields: Any) -> Json:
        body = {"name": name, **({"correlationKey": correlation_key} if correlation_key else {}), **fields}
        return self.call("POST", "/process/message", body)

    def until(self, instance_id: str, status: str, node_id: str | None = None) -> Json:
        """Waits until the instance has the status (and a token at the node); its state then."""

        def look() -> Json | None:
            state = self.instance(instance_id)
            there = node_id is None or any(token["nodeId"] == node_id for token in state["tokens"])
            return state if state["status"] == status and there else None

        seen: Json = wait_for(look, lambda: f"{status}, but is {json.dumps(self.instance(instance_id))}")
        return seen


def wait_for(
    look: Callable[[], Any],
    what: Callable[[], str] | str = "what was waited for",
    patience: float = PATIENCE,
    pause: float = 0.02,
) -> Any:
    """Looks until there is something to see, each `pause` seconds; fails after `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"not seen in {patience} s: {what() if callable(what) else what}")
        time.sleep(pause)
