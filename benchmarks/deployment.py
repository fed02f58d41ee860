"""What the Procfile of a tree runs, on PostgreSQL and Valkey."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.caller import Api, wait_for
from harness.postgres import PostgresServer
from harness.processes import BOOT, Process, command, deployment
from harness.server import free_port
from harness.valkey import ValkeyServer

PERMISSIONS = ("WORKFLOW_EXECUTE", "WORKFLOW_READ", "WORKFLOW_CREATE")

#: The worker processes that the Procfile starts, and what each says when it has begun.
WORKERS = 2
READY = "worker is ready"


@dataclass(frozen=True)
class Template:
    """A database that the code of `tree` has migrated, to be copied; it has one organization with a key."""

    tree: Path
    database: str
    key: str


@dataclass(frozen=True)
class Deployment:
    """Its processes, and a caller who may do all that is measured."""

    web: Process
    worker: Process
    api: Api

    def caller(self) -> Api:
        """One more such caller."""
        return Api(self.api.url, str(self.api.http.headers["X-API-Key"]))

    def wait_for_web(self) -> None:
        """Waits until web answers."""
        wait_for(self.api.is_ready, lambda: self.web.output, BOOT)

    def wait_for_workers(self) -> None:
        """Waits until all worker processes have begun."""
        wait_for(lambda: self.worker.output.count(READY) == WORKERS, lambda: self.worker.output, BOOT)


def make_template(tree: Path, postgres: PostgresServer, folder: Path) -> Template:
    """Runs the release phase of the Procfile, and makes the organization and its key; logs go to `folder`."""
    logs = Path(tempfile.mkdtemp(dir=folder))
    # None of these commands asks Redis.
    environment = _environment(tree, postgres.create_database(logs.name), "redis://127.0.0.1")
    with Process(logs / "release.log", "honcho", "start", "release", **environment) as release:
        wait_for(lambda: not release.is_running(), lambda: release.output, BOOT)
    org = command(environment, "orgs", "create", "Bench")["organizationId"]
    permissions = [f"--permission={name}" for name in PERMISSIONS]
    key = command(environment, "keys", "create", "--org", org, *permissions)["key"]
    return Template(tree, logs.name, key)


@contextmanager
def deployed(
    template: Template, postgres: PostgresServer, folder: Path, **settings: str
) -> Iterator[Deployment]:
    """A fresh deployment until the block ends: web is starting, worker is the block's to start and end."""
    logs = Path(tempfile.mkdtemp(dir=folder))
    database_url = postgres.create_database(logs.name, template.database)
    port = free_port()
    with ValkeyServer() as valkey, closing(Api(f"http://127.0.0.1:{port}", template.key)) as api:
        environment = _environment(template.tree, database_url, valkey.url, PORT=str(port), **settings)
        with Process(logs / "web.log", "honcho", "start", "web", **environment) as web:
            yield Deployment(
                web, Process(logs / "worker.log", "honcho", "start", "worker", **environment), api
            )
    postgres.drop_database(logs.name)


def _environment(tree: Path, database_url: str, redis_url: str, **more: str) -> dict[str, str]:
    return deployment(database_url, redis_url, PYTHONPATH=str(tree), **more)
