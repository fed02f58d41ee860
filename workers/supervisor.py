"""Keeps several worker processes running: starts one again that died, while the others work on.

(Dramatiq's own command stops every process when one dies, which turns one killed node into an outage.)
"""

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType

import structlog

log = structlog.get_logger("supervisor")

#: A process that dies sooner than this after its start, in seconds, is started again only after a pause.
SHORT_LIFE = 5.0
PAUSE = 2.0

#: How long the processes have from SIGTERM to SIGKILL, in seconds; platforms give 30.
GRACE = 28.0


def supervise(processes: int, arguments: Sequence[str]) -> int:
    """Runs `processes` workers until SIGTERM or SIGINT; returns the exit code."""
    stopping = False

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)

    running: dict[int, tuple[subprocess.Popen[bytes], float]] = {}
    not_before = dict.fromkeys(range(processes), 0.0)
    while not stopping:
        for number in range(processes):
            if number in running:
                process, began = running[number]
                if process.poll() is None:
                    continue
                del running[number]
                lived = time.monotonic() - began
                not_before[number] = time.monotonic() + (PAUSE if lived < SHORT_LIFE else 0)
                log.error(
                    "a worker process ended and is started again", pid=process.pid, code=process.returncode
                )
            if time.monotonic() >= not_before[number]:
                running[number] = (_spawn(arguments), time.monotonic())
        time.sleep(0.1)
    return _stop([process for process, _ in running.values()])


def _spawn(arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C reaches the supervisor, which passes it on once.
    command = [sys.executable, "-m", "workers", *arguments]
    return subprocess.Popen(command, start_new_session=True)


def _stop(processes: list[subprocess.Popen[bytes]]) -> int:
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + GRACE
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("a worker process does not stop and is killed", pid=process.pid)
            process.kill()
            process.wait()
    return 0
