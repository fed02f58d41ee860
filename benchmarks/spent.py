"""What a deployment spends on instances of a flow."""

import time
from dataclasses import dataclass

from benchmarks.deployment import Deployment
from benchmarks.flows import Json
from benchmarks.processor import processor_seconds
from benchmarks.starts import start_all
from harness.caller import Api, wait_for

#: Long enough for the slowest machine to run what was started, in seconds.
LONG = 600.0


@dataclass(frozen=True)
class Spent:
    """Processor seconds of `web` on starts and of `workers` on nodes, who took `clock` seconds for those."""

    starts: int = 0
    web: float = 0.0
    nodes: int = 0
    workers: float = 0.0
    clock: float = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            self.starts + other.starts,
            self.web + other.web,
            self.nodes + other.nodes,
            self.workers + other.workers,
            self.clock + other.clock,
        )


def spend(deployment: Deployment, process_id: str, data: Json, instances: int, callers: int) -> Spent:
    """Starts instances while the workers are paused, lets these run them to their end, and pauses them."""
    api, web, worker = deployment.api, deployment.web, deployment.worker
    worker.pause()
    web_before, worker_before = processor_seconds(web.pid), processor_seconds(worker.pid)
    _, started = start_all(deployment.caller, process_id, data, instances, callers)
    on_starts = processor_seconds(web.pid) - web_before
    began = time.monotonic()
    worker.resume()
    wait_for(lambda: not _any(api, process_id, "RUNNING"), lambda: worker.output, LONG, pause=0.1)
    clock = time.monotonic() - began
    worker.pause()
    on_nodes = processor_seconds(worker.pid) - worker_before
    assert not _any(api, process_id, "INCIDENT"), worker.output
    return Spent(instances, on_starts, instances * len(api.history(started[-1])), on_nodes, clock)


def _any(api: Api, process_id: str, status: str) -> bool:
    answer = api.call("GET", f"/process/instances?processId={process_id}&status={status}&limit=1")
    return bool(answer["items"])
