"""Processes of the product, as a person would start them; stopped by their pid whatever happens."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.caller import Api, wait_for
from harness.server import free_port

ROOT = Path(__file__).parent.parent

#: Starting an interpreter on a busy machine.
BOOT = 120.0


def descendants(pid: int) -> list[int]:
    """The processes below a process, by the kernel's own list."""
    found, waiting = [], [pid]
    while waiting:
        for task in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                children = [int(child) for child in task.read_text().split()]
                found += children
                waiting += children
    return found


class Process:
    """One command with a log file; it is killed at the end with all that it started.

    It runs in the tree that its PYTHONPATH names, and else in this one.
    """

    def __init__(self, log: Path, *command: str, **environment: str) -> None:
        self.log = log
        self._command = command
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        path = f"{Path(sys.executable).parent}{os.pathsep}{inherited.get('PATH', '')}"
        self._environment = {**inherited, "PATH": path, "PYTHONUNBUFFERED": "1", **environment}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=_tree(self._environment), env=self._environment, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        return self

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def pause(self) -> None:
        """Stops the process and all that it started, until `resume`."""
        # One that is stopped starts no other while the list is made.
        self._signal(signal.SIGSTOP, self.pid)
        self._signal(signal.SIGSTOP, *descendants(self.pid))

    def resume(self) -> None:
        """Lets what `pause` stopped go on."""
        self._signal(signal.SIGCONT, *descendants(self.pid), self.pid)

    def kill(self) -> None:
        """Kill -9, of the process and of everything that it started."""
        self.pause()
        self._signal(signal.SIGKILL, *descendants(self.pid), self.pid)
        assert self._process is not None
        self._process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(60)

    def _signal(self, number: signal.Signals, *pids: int) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self.kill()


class Dev(Process):
    """`procession dev` on a data folder."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        super().__init__(
            folder.parent / f"{folder.name}.log",
            "procession", "dev", "--port", str(self.port), "--data", str(folder), **environment,
        )  # fmt: skip

    def facts(self) -> dict[str, Any]:
        """dev.json, once the server answers."""
        url = f"http://127.0.0.1:{self.port}"
        api = Api(url, "none")

        def answers() -> bool:
            assert self.is_running(), self.output
            return api.is_ready()

        wait_for(answers, "the server answers", BOOT)
        api.close()
        facts: dict[str, Any] = json.loads((self.folder / "dev.json").read_text())
        return facts


def deployment(database_url: str, redis_url: str, **more: str) -> dict[str, str]:
    """The environment of a deployment on these stores."""
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "s" * 32,
        "KEY_PEPPERS": "p" * 32,
        "ENCRYPTION_KEYS": "e" * 32,
        **more,
    }


def command(environment: dict[str, str], *words: str) -> dict[str, Any]:
    """Runs `procession … --json` and gives what it prints."""
    (answer,) = commands(environment, *words)
    return answer


def commands(environment: dict[str, str], *words: str) -> list[dict[str, Any]]:
    """The same for a command that prints an object for each thing that it did."""
    done = subprocess.run(
        [Path(sys.executable).with_name("procession"), *words, "--json"],
        cwd=_tree(environment), env={"PATH": os.environ["PATH"], **environment},
        capture_output=True, text=True, timeout=BOOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def _tree(environment: dict[str, str]) -> Path:
    """Where the code that runs is."""
    return Path(environment.get("PYTHONPATH", ROOT))
