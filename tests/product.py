"""The whole product in one process for a test: HTTP on loopback, workers, and words to drive it."""

import json
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self

import httpx2
from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app
from app.administration.administration import create_key, create_organization
from app.services import make_services
from models.db import Database
from models.permission import ORGANIZATION_PERMISSIONS
from models.settings import Settings
from tests.stores import Stores
from workers.engine.engine import Engine
from workers.runtime import WorkerRuntime

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
    look: Callable[[], Any], what: Callable[[], str] | str = "what was waited for", patience: float = PATIENCE
) -> Any:
    """Looks until there is something to see; fails after `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"not seen in {patience} s: {what() if callable(what) else what}")
        time.sleep(0.02)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: the app has its own log."""


class Product(AbstractContextManager["Product"]):
    """Serves HTTP from the start; workers run between `work` and `rest`."""

    def __init__(self, stores: Stores, **settings: Any) -> None:
        chosen: Json = {
            "sweep_seconds": 0.05,
            "task_modules": ["tests.integration.tasks_for_tests"],
            **settings,
        }
        self.settings: Settings = stores.settings(**chosen)
        self.database = Database(self.settings)
        self.runtime: WorkerRuntime | None = None
        # With FakeRedis the doorbell has to be the one that the workers listen to.
        self._embedded = WorkerRuntime(self.settings, threads=4, database=self.database)
        self.engine: Engine = self._embedded.engine
        services = make_services(self.settings, database=self.database, engine=self.engine)
        self._server = make_server(
            "127.0.0.1", 0, create_app(services), threaded=True, request_handler=_Quiet
        )
        self._serving = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._serving.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.organization_id = create_organization(self.database, "Test").id
        self.api = self.caller()

    def caller(self, **key: Any) -> Api:
        """A caller with a new key; one of the test's organization with every permission by default."""
        chosen: Json = {
            "name": "test",
            "permissions": ORGANIZATION_PERMISSIONS,
            "organization_id": self.organization_id,
            **key,
        }
        return Api(self.url, create_key(self.database, **chosen)[1])

    def work(self) -> Self:
        """Starts the workers."""
        self._embedded.start()
        self.runtime = self._embedded
        return self

    def rest(self) -> None:
        """Stops the workers for good; HTTP goes on."""
        if self.runtime is not None:
            self.runtime.stop()
            self.runtime = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.rest()
        self.api.close()
        self._server.shutdown()
        self._server.server_close()
        self._serving.join()
        self.engine.close()
        self.database.close()
