"""The Procfile as it stands, under honcho, on real PostgreSQL and Valkey."""

import os
import signal
from pathlib import Path

import redis

from harness.caller import Api, wait_for
from harness.processes import BOOT, Process, command, descendants
from harness.server import free_port
from tests.stores import POSTGRESQL_AND_VALKEY, StoreFactory

ORDER = {"orderId": "O-1", "amount": 20, "items": ["pen", "paper"]}
VISITS = sorted(["start", "fork", "payment", "stock", "join", "confirm", "label", "end"])
INSTANCES = 200


def test_with_a_worker_killed_and_redis_flushed_200_orders_reach_their_pause_and_their_end(
    store_factory: StoreFactory, tmp_path: Path
) -> None:
    with store_factory.open(POSTGRESQL_AND_VALKEY, migrated=False) as stores:
        port = free_port()
        environment = stores.environment(PORT=str(port), TASK_MODULES="examples.tasks", WORKER_PROCESSES="2",
                                 LEASE_SECONDS="5")  # fmt: skip
        upgrade = ("honcho", "run", "flask", "--app", "wsgi", "db", "upgrade")
        release = Process(tmp_path / "release.log", *upgrade, **environment)
        with release:
            wait_for(lambda: not release.is_running(), "the release phase ends", BOOT)
        org = command(environment, "orgs", "create", "Orders")["organizationId"]
        permissions = [f"--permission={name}" for name in ("WORKFLOW_EXECUTE", "WORKFLOW_READ")]
        key = command(environment, "keys", "create", "--org", org, *permissions)["key"]
        published = command(environment, "flows", "publish", "examples/order.json", "--org", org)

        with Process(
            tmp_path / "procfile.log", "honcho", "start", "web", "worker", **environment
        ) as procfile:
            api = Api(f"http://127.0.0.1:{port}", key)
            wait_for(api.is_ready, lambda: procfile.output, BOOT)
            workers = wait_for(lambda: _workers_of(procfile.pid), lambda: procfile.output, BOOT)
            assert len(workers) == 2

            instances = []
            for number in range(INSTANCES):
                instances.append(api.start(published["processId"], ORDER))
                if number == INSTANCES // 3:
                    os.kill(workers[0], signal.SIGKILL)
                if number == INSTANCES // 2:
                    with redis.Redis.from_url(stores.redis_url) as client:
                        client.flushdb()
            for instance in instances:
                api.until(instance, "WAITING", "confirm")
            assert workers[0] not in wait_for(lambda: len(w := _workers_of(procfile.pid)) == 2 and w)
            for instance in instances:
                api.complete(instance, "confirm", {"carrier": "courier"})
            for instance in instances:
                assert api.until(instance, "COMPLETED")["variables"]["label"] == "courier-O-1"
                assert sorted(api.visited(instance)) == VISITS
            api.close()
            assert procfile.is_running()
            workers = descendants(procfile.pid)
            procfile.stop()
            assert [pid for pid in workers if _words(pid)] == []


def _workers_of(pid: int) -> list[int]:
    return sorted(child for child in descendants(pid) if _words(child)[1:3] == [b"-m", b"workers"])


def _words(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []
