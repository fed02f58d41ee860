"""One worker process: `python -m workers [--threads N] [--queues a,b]`. `procession worker` runs several."""

import argparse
import os
import signal
import sys
import threading
from types import FrameType

import structlog

from models.errors import ConfigurationError
from models.logging import configure_logging
from models.settings import load_settings
from workers.runtime import WorkerRuntime

log = structlog.get_logger("worker")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m workers", description=__doc__)
    parser.add_argument("--threads", type=int, default=8, help="nodes that run at once (default: 8)")
    parser.add_argument("--queues", default="", help="only these queues, separated by commas (default: all)")
    arguments = parser.parse_args()

    settings = load_settings()
    configure_logging(settings)
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)

    parent = os.getppid()
    runtime = WorkerRuntime(
        settings, threads=arguments.threads, queues=[q for q in arguments.queues.split(",") if q]
    )
    runtime.start()
    log.info("worker is ready", threads=arguments.threads, queues=arguments.queues or "all")
    # Without its supervisor nothing would ever stop this worker.
    while not stop.wait(1.0) and os.getppid() == parent:
        pass
    log.info("worker stops")
    runtime.stop()


if __name__ == "__main__":
    try:
        main()
    except ConfigurationError as error:
        sys.exit(f"procession: {error}")
