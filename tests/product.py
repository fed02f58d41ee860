"""The whole product in one process for a test: HTTP on loopback, workers, and words to drive it."""

import threading
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self

from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app
from app.administration.keys import create_key
from app.administration.organizations import create_organization
from app.services import make_services
from harness.caller import Api, Json
from models.db import Database
from models.permission import ORGANIZATION_PERMISSIONS
from models.settings import Settings
from tests.stores import Stores
from workers.engine.context import FOLLOW_UPS
from workers.engine.engine import Engine
from workers.runtime import WorkerRuntime
from workers.sweeper import Pace, Sweeper


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: the app has its own log."""


class Product(AbstractContextManager["Product"]):
    """Serves HTTP from the start; workers run between `work` and `rest`."""

    def __init__(
        self, stores: Stores, *, pace: Pace | None = None, follow_ups: int = FOLLOW_UPS, **settings: Any
    ) -> None:
        chosen: Json = {
            "sweep_seconds": 0.05,
            "task_modules": ["tests.integration.tasks_for_tests"],
            **settings,
        }
        self.settings: Settings = stores.settings(**chosen)
        self.database = Database(self.settings)
        self.runtime: WorkerRuntime | None = None
        # With FakeRedis the doorbell has to be the one that the workers listen to.
        self.embedded = WorkerRuntime(
            self.settings, threads=4, database=self.database, pace=pace, follow_ups=follow_ups
        )
        self.engine: Engine = self.embedded.engine
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

    def sweeper(self, pace: Pace | None = None) -> Sweeper:
        """Another sweeper, which does a round when it is asked to."""
        return Sweeper(self.engine, self.embedded.doorbell, pace)

    def work(self) -> Self:
        """Starts the workers."""
        self.embedded.start()
        self.runtime = self.embedded
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
