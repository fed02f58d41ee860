"""Pairs of stores for the tests: a database that is migrated and empty, and a Redis that is empty."""

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import redis
from psycopg import sql

from harness.postgres import PostgresServer, create_database, drop_database
from harness.processes import deployment
from harness.valkey import ValkeyServer

if TYPE_CHECKING:
    from models.settings import Settings

SQLITE_AND_FAKEREDIS = "sqlite+fakeredis"
POSTGRESQL_AND_VALKEY = "postgresql+valkey"
PAIRS = (SQLITE_AND_FAKEREDIS, POSTGRESQL_AND_VALKEY)


@dataclass(frozen=True)
class Stores:
    """One pair of stores, whose it is alone; `redis_url` is `fakeredis://` where Redis is in the process."""

    name: str
    database_url: str
    redis_url: str

    def settings(self, **overrides: object) -> "Settings":
        """The settings of a deployment on these stores."""
        from models.settings import load_settings

        keys = {"secret_key": "s" * 32, "key_peppers": "p" * 32, "encryption_keys": "e" * 32}
        return load_settings(
            database_url=self.database_url, redis_url=self.redis_url, **{**keys, **overrides}
        )

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a deployment on these stores, for processes of its own."""
        return deployment(self.database_url, self.redis_url, **more)


@dataclass(frozen=True)
class Run:
    """This process's place in the run of the tests."""

    id: str
    worker: int = 0
    workers: int = 1


class RealServers:
    """The PostgreSQL and the Redis of one run: those that the environment names, or our own, started once."""

    def __init__(self, environment: Mapping[str, str], run_id: str) -> None:
        self._run_id = run_id
        database, redis_url = environment.get("DATABASE_URL", ""), environment.get("REDIS_URL", "")
        driverless, named = re.subn(r"^postgres(ql)?(\+\w+)?://", "postgresql://", database)
        self._postgres_url = driverless if named else None
        self._redis_url = redis_url if redis_url.startswith(("redis://", "rediss://")) else None
        self._started: list[PostgresServer | ValkeyServer] = []
        self._asked = False

    def urls(self) -> tuple[str, str]:
        """Starts what does not run yet; returns the URLs of PostgreSQL and of Redis.

        Raises:
            WheelMissingError: a server is neither named nor installed.
        """
        if self._postgres_url is None:
            self._postgres_url = self._start(PostgresServer()).url
        if self._redis_url is None:
            self._redis_url = self._start(ValkeyServer()).url
        self._asked = True
        return self._postgres_url, self._redis_url

    def close(self) -> None:
        """Drops what the processes of the run shared, and stops our own servers."""
        if self._asked and self._postgres_url:
            drop_database(self._postgres_url, template_name(self._run_id))
        for server in self._started:
            server.close()

    def _start(self, server: PostgresServer | ValkeyServer) -> PostgresServer | ValkeyServer:
        self._started.append(server)
        return server.start()


def template_name(run_id: str) -> str:
    """The migrated database that this run copies."""
    return f"procession_test_{run_id[:8]}"


def migrate(url: str) -> None:
    """Brings the database of `url` to the newest tables and leaves no session in it."""
    from models.db import Database
    from models.migrate import upgrade

    with closing(Database(Stores("", url, "fakeredis://").settings())) as database:
        upgrade(database)


class StoreFactory:
    """Opens pairs of stores for one process of the run; `servers` returns the URLs of PostgreSQL and Redis.

    A PostgreSQL database costs 0.3 s, so one that is given back is emptied for the next test: a test that
    changes tables asks for `migrated=False` and gets one that nobody else sees.
    """

    def __init__(self, folder: Path, servers: Callable[[], tuple[str, str]], run: Run) -> None:
        self._folder = folder
        self.servers = servers
        self._run = run
        self._numbers = count()
        self._idle: list[str] = []
        self._names: list[str] = []
        self._redis_taken: set[int] = set()

    @contextmanager
    def open(self, pair: str, *, migrated: bool = True) -> Iterator[Stores]:
        """The pair of that name until the block ends; `migrated=False` leaves the database without tables."""
        if pair == SQLITE_AND_FAKEREDIS:
            yield Stores(pair, self._sqlite(migrated=migrated), "fakeredis://")
            return
        postgres_url, redis_url = self.servers()
        with self._postgres(postgres_url, migrated=migrated) as database, self._redis(redis_url) as numbered:
            yield Stores(pair, database, numbered)

    def close(self) -> None:
        """Drops the databases that this process made."""
        for name in self._names:
            drop_database(self.servers()[0], name)

    def _sqlite(self, *, migrated: bool) -> str:
        path = self._folder / f"{next(self._numbers)}.db"
        if migrated:
            template = self._folder / "template.db"
            if not template.exists():
                migrate(f"sqlite:///{template}")
            with closing(sqlite3.connect(template)) as source, closing(sqlite3.connect(path)) as target:
                source.backup(target)
        return f"sqlite:///{path}"

    @contextmanager
    def _postgres(self, server: str, *, migrated: bool) -> Iterator[str]:
        if migrated and self._idle:
            url = self._idle.pop()
        else:
            name = f"{template_name(self._run.id)}_{self._run.worker}_{next(self._numbers)}"
            url = create_database(server, name, self._template(server) if migrated else None)
            self._names.append(name)
        try:
            yield url
        finally:
            if migrated:
                _empty(url)
                self._idle.append(url)

    def _template(self, server: str) -> str:
        name = template_name(self._run.id)
        with psycopg.connect(server, autocommit=True) as connection:
            # The first process of the run makes it while the others wait here.
            connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                try:
                    migrate(create_database(server, name))
                except BaseException:
                    drop_database(server, name)
                    raise
        return name

    @contextmanager
    def _redis(self, server: str) -> Iterator[str]:
        """A database number that no other process of the run takes and that nobody else fills."""
        for number in count(self._run.worker, self._run.workers):
            url = urlsplit(server)._replace(path=f"/{number}").geturl()
            with redis.Redis.from_url(url) as client:
                if number in self._redis_taken or client.dbsize():  # an error where there is no such number
                    continue
                self._redis_taken.add(number)
                try:
                    yield url
                finally:
                    client.flushdb()
                    self._redis_taken.remove(number)
                return


def _empty(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND relname <> 'alembic_version'"
        ).fetchall()
        names = sql.SQL(", ").join(sql.Identifier(name) for (name,) in tables)
        if tables:
            connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(names))
