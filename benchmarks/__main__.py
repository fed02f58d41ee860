"""Measures starts and nodes per second: `python -m benchmarks` (or `make bench`).

Each round starts a fresh deployment. On PostgreSQL and Valkey (from wheels, fsync on) starts are measured
while no worker runs, then two worker processes of eight threads run what has gathered. With SQLite and
FakeRedis one process does both at once. `--clone` measures a new user's way from `git clone` to the first
completed instance, `--slow` how fast a start is answered whose node takes its time. Median, least and most of
the rounds are printed.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2

from harness.caller import Api, wait_for
from harness.postgres import PostgresServer
from harness.processes import ROOT, Dev, Process, command
from harness.server import free_port
from harness.valkey import ValkeyServer
from tests.flows import http, line, node
from tests.stores import POSTGRESQL_AND_VALKEY, Stores, migrate

#: Long enough for the slowest machine to run what was started.
LONG = 600.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--instances", type=int, default=300, help="instances of each round (default: 300)")
    parser.add_argument("--nodes", type=int, default=10, help="nodes of each instance (default: 10)")
    parser.add_argument("--callers", type=int, default=8, help="HTTP callers at once (default: 8)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds on each pair of stores (default: 3)")
    parser.add_argument("--clone", action="store_true", help="measure clone to first completed instance only")
    parser.add_argument("--slow", action="store_true", help="measure starts whose first node takes 3 s only")
    arguments = parser.parse_args()
    if arguments.slow:
        figures = {"POST /process/exec while its node works, ms": starts_of_a_slow_node()}
    elif arguments.clone:
        figures = {"clone to first completed instance (s)": [clone_to_first_instance()]}
    else:
        figures = {}
        for name, measure in {"PostgreSQL + Valkey": on_servers, "SQLite + FakeRedis": embedded}.items():
            for number in range(arguments.rounds):
                print(f"... {name}, round {number + 1} of {arguments.rounds}", file=sys.stderr)
                starts, nodes = measure(arguments.instances, arguments.nodes, arguments.callers)
                figures.setdefault(f"{name}: POST /process/exec per second", []).append(starts)
                figures.setdefault(f"{name}: nodes per second", []).append(nodes)
    print(f"{'':52}{'median':>9}{'least':>9}{'most':>9}")
    for what, values in figures.items():
        print(f"{what:52}{statistics.median(values):9.1f}{min(values):9.1f}{max(values):9.1f}")


def on_servers(instances: int, nodes: int, callers: int) -> tuple[float, float]:
    """(starts per second, nodes per second) on PostgreSQL and Valkey, as the Procfile runs it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        PostgresServer() as postgres,
        ValkeyServer() as valkey,
    ):
        stores = Stores(POSTGRESQL_AND_VALKEY, postgres.create_database("bench"), valkey.url)
        migrate(stores.database_url)
        port = free_port()
        environment = stores.environment(PORT=str(port), LOG_LEVEL="WARNING")
        org = command(environment, "orgs", "create", "Bench")["organizationId"]
        key = command(environment, "keys", "create", "--org", org, *_permissions())["key"]
        with Process(Path(folder) / "web.log", "honcho", "start", "web", **environment) as web:
            api = Api(f"http://127.0.0.1:{port}", key)
            wait_for(lambda: _answers(api), lambda: web.output, LONG)
            process_id = api.publish(_flow(nodes))
            starts, started = _start_all(lambda: Api(api.url, key), process_id, instances, callers)
            with Process(Path(folder) / "worker.log", "honcho", "start", "worker", **environment):
                return starts, _nodes_per_second(api, started)


def embedded(instances: int, nodes: int, callers: int) -> tuple[float, float]:
    """(starts per second, nodes per second) of `procession dev`, which does both at once."""
    with tempfile.TemporaryDirectory() as folder, Dev(Path(folder) / "data", LOG_LEVEL="WARNING") as dev:
        facts = dev.facts()
        api = Api(facts["url"], facts["orgKey"])
        process_id = api.publish(_flow(nodes))
        starts, started = _start_all(lambda: Api(api.url, facts["orgKey"]), process_id, instances, callers)
        return starts, _nodes_per_second(api, started)


def clone_to_first_instance() -> float:
    """Seconds from `git clone` by way of `make run` to a completed instance."""
    with tempfile.TemporaryDirectory() as folder:
        clone, port, began = Path(folder) / "procession", free_port(), time.monotonic()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        run = Process(Path(folder) / "run.log", "make", "-C", str(clone), "run", f"PORT={port}")
        with run:
            file = clone / ".procession" / "dev.json"
            wait_for(lambda: file.exists() or not run.is_running(), lambda: run.output, LONG)
            facts = _read(file)
            api = Api(facts["url"], facts["orgKey"])
            wait_for(lambda: _answers(api), lambda: run.output, LONG)
            api.message("reminder-seen", "first", data={"by": "me"})
            instance = api.start(facts["flows"]["Reminder"], {"delay": "PT0S"}, correlationKey="first")
            api.until(instance, "COMPLETED")
            return time.monotonic() - began


def starts_of_a_slow_node() -> list[float]:
    """Milliseconds until `procession dev` answers, for twenty starts of a node that takes three seconds."""

    class Slow(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            time.sleep(3)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own word
            """Nothing to say."""

    slow = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=slow.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{slow.server_port}"
    with (
        tempfile.TemporaryDirectory() as folder,
        Dev(Path(folder) / "data", ALLOWED_PRIVATE_HOSTS=host) as dev,
    ):
        facts = dev.facts()
        api = Api(facts["url"], facts["orgKey"])
        process_id = api.publish(line(http("slow", f"http://{host}/")))
        waits = []
        for _ in range(20):
            began = time.monotonic()
            instance = api.start(process_id)
            waits.append((time.monotonic() - began) * 1000)
        api.until(instance, "COMPLETED")
    slow.shutdown()
    return waits


def _read(file: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(file.read_text())
    return facts


def _flow(nodes: int) -> dict[str, Any]:
    """A sequence of that many nodes, start and end among them."""
    return line(*[node(f"n{number}", "task") for number in range(nodes - 2)])


def _permissions() -> list[str]:
    names = ("WORKFLOW_EXECUTE", "WORKFLOW_READ", "WORKFLOW_CREATE")
    return [f"--permission={name}" for name in names]


def _answers(api: Api) -> bool:
    try:
        return api.http.get("/health/ready").status_code == 200
    except httpx2.TransportError:
        return False


def _start_all(
    connect: Callable[[], Api], process_id: str, instances: int, callers: int
) -> tuple[float, list[str]]:
    started: list[str] = []
    share = [instances // callers + (number < instances % callers) for number in range(callers)]
    ready = threading.Barrier(callers + 1)

    def call(many: int) -> None:
        api = connect()
        ready.wait()
        started.extend(api.start(process_id) for _ in range(many))
        api.close()

    threads = [threading.Thread(target=call, args=(many,)) for many in share]
    for thread in threads:
        thread.start()
    ready.wait()
    began = time.monotonic()
    for thread in threads:
        thread.join()
    return instances / (time.monotonic() - began), started


def _is_done(api: Api, instance: str) -> bool:
    return bool(api.instance(instance)["status"] == "COMPLETED")


def _nodes_per_second(api: Api, started: list[str]) -> float:
    """From the end of the first node to the end of the last, by the history's own times."""
    ends: list[datetime] = []
    for instance in started:
        wait_for(partial(_is_done, api, instance), patience=LONG)
        ends += [datetime.fromisoformat(step["endTime"]) for step in api.history(instance)]
    return len(ends) / (max(ends) - min(ends)).total_seconds()


if __name__ == "__main__":
    main()
