"""Starts of instances by several callers at once."""

import threading
import time
from collections.abc import Callable

from benchmarks.flows import Json
from harness.caller import Api


def start_all(
    connect: Callable[[], Api], process_id: str, data: Json, instances: int, callers: int
) -> tuple[float, list[str]]:
    """(seconds from the first start to the last answer, the instances)."""
    started: list[str] = []
    share = [instances // callers + (number < instances % callers) for number in range(callers)]
    ready = threading.Barrier(callers + 1)

    def call(many: int) -> None:
        api = connect()
        ready.wait()
        started.extend(api.start(process_id, data) for _ in range(many))
        api.close()

    threads = [threading.Thread(target=call, args=(many,)) for many in share]
    for thread in threads:
        thread.start()
    ready.wait()
    began = time.monotonic()
    for thread in threads:
        thread.join()
    assert len(started) == instances, "a start was not answered; the log above says why"
    return time.monotonic() - began, started
