"""Starts and nodes per second: `python -m benchmarks speed` (or `make bench`).

Each round starts a fresh deployment. On PostgreSQL and Valkey (from wheels, fsync on) starts are measured
while no worker runs, then two worker processes of eight threads run what has gathered. With SQLite and
FakeRedis one process does both at once. Median, least and most of the rounds are printed.
"""

import argparse
import sys
import tempfile
from datetime import datetime
from functools import partial
from pathlib import Path

from benchmarks.deployment import deployed, make_template
from benchmarks.flows import plain
from benchmarks.spent import LONG
from benchmarks.starts import start_all
from benchmarks.table import print_table
from harness.caller import Api, wait_for
from harness.postgres import PostgresServer
from harness.processes import ROOT, Dev


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--instances", type=int, default=300, help="instances of each round (default: 300)")
    parser.add_argument("--nodes", type=int, default=10, help="nodes of each instance (default: 10)")
    parser.add_argument("--callers", type=int, default=8, help="HTTP callers at once (default: 8)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds on each pair of stores (default: 3)")


def run(arguments: argparse.Namespace) -> None:
    """Measures the rounds on both pairs of stores, and prints them."""
    figures: dict[str, list[float]] = {}
    for name, measure in {"PostgreSQL + Valkey": on_servers, "SQLite + FakeRedis": embedded}.items():
        for number in range(arguments.rounds):
            print(f"... {name}, round {number + 1} of {arguments.rounds}", file=sys.stderr)
            starts, nodes = measure(arguments.instances, arguments.nodes, arguments.callers)
            figures.setdefault(f"{name}: POST /process/exec per second", []).append(starts)
            figures.setdefault(f"{name}: nodes per second", []).append(nodes)
    print_table(figures)


def on_servers(instances: int, nodes: int, callers: int) -> tuple[float, float]:
    """(starts per second, nodes per second) on PostgreSQL and Valkey, as the Procfile runs it."""
    with tempfile.TemporaryDirectory() as name, PostgresServer() as postgres:
        folder, load = Path(name), plain(nodes)
        template = make_template(ROOT, postgres, folder)
        with deployed(template, postgres, folder, LOG_LEVEL="WARNING") as deployment:
            deployment.wait_for_web()
            process_id = deployment.api.publish(load.definition)
            seconds, started = start_all(deployment.caller, process_id, load.data, instances, callers)
            with deployment.worker:
                return instances / seconds, _nodes_per_second(deployment.api, started)


def embedded(instances: int, nodes: int, callers: int) -> tuple[float, float]:
    """(starts per second, nodes per second) of `procession dev`, which does both at once."""
    with tempfile.TemporaryDirectory() as folder, Dev(Path(folder) / "data", LOG_LEVEL="WARNING") as dev:
        facts = dev.facts()

        def connect() -> Api:
            return Api(facts["url"], facts["orgKey"])

        api = connect()
        load = plain(nodes)
        process_id = api.publish(load.definition)
        seconds, started = start_all(connect, process_id, load.data, instances, callers)
        return instances / seconds, _nodes_per_second(api, started)


def _nodes_per_second(api: Api, started: list[str]) -> float:
    """From the end of the first node to the end of the last, by the history's own times."""
    ends: list[datetime] = []
    for instance in started:
        wait_for(partial(_is_done, api, instance), patience=LONG)
        ends += [datetime.fromisoformat(step["endTime"]) for step in api.history(instance)]
    return len(ends) / (max(ends) - min(ends)).total_seconds()


def _is_done(api: Api, instance: str) -> bool:
    return bool(api.instance(instance)["status"] == "COMPLETED")
