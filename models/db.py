"""The database: one pool of connections, the transaction helpers, and the clock.

Two kinds of user share the pool. Authoring and reading code uses SQLModel sessions (`reading`, `writing`).
The engine uses the driver's own connection (`connection`) in autocommit mode, because a session costs
more than the rest of a hop together.
"""

import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import psycopg
from psycopg.types.json import set_json_loads
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlmodel import Session

from models.errors import Busy, Contended, Unavailable
from models.settings import Settings

#: How long a caller waits for a free connection before it is told that the database is away, in seconds.
POOL_WAIT = 5.0

#: SQLite's BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN and PROTOCOL.
_SQLITE_AWAY = frozenset({5, 6, 8, 10, 13, 14, 15})

#: Where the pool remembers when a session began, by the process's own clock.
_BORN = "born"

#: The server ends a transaction that stands still, so that a dead worker's locks go. A statement that waits
#: longer than `lock_timeout` for a lock fails as `Busy`, which does not mean that the database is away.
SESSION_OPTIONS = (
    "-c timezone=UTC -c lock_timeout=5s -c idle_in_transaction_session_timeout=10s"
    " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
)

#: How long connecting to PostgreSQL may take, in seconds.
CONNECT_WAIT = 5


class Database:
    """Safe to share between threads; one for each process and database."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.is_sqlite = settings.database_url.startswith("sqlite")
        self.clock_shift = settings.clock_shift
        self.engine = _sqlite_engine(settings) if self.is_sqlite else _postgres_engine(settings)
        self._good_since = 0.0  # older sessions than this are not trusted
        # SQLite has one writer at a time, and waits for it by polling, in no order. This lock does neither.
        self._writer = threading.RLock()

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads; it sees everything that was committed before it began."""
        with translated_errors(), Session(self._transactional(), expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session in one transaction: committed at the end of the block, rolled back when it raises."""
        with translated_errors(), self.writer_lock():
            engine = self._transactional().execution_options(writes=True)
            with Session(engine, expire_on_commit=False) as session, session.begin():
                yield session

    def now(self, session: Session) -> datetime:
        """The database's time, as tests may have shifted it."""
        if self.is_sqlite:
            return datetime.now(UTC) + self.clock_shift
        moment: datetime = session.connection().execute(text("SELECT clock_timestamp()")).scalar_one()
        return moment.astimezone(UTC) + self.clock_shift

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """The driver's own connection, in autocommit mode; for the engine's SQL only."""
        borrowed = self.engine.raw_connection()
        while borrowed.info.get(_BORN, self._good_since) < self._good_since:
            borrowed.invalidate()
            borrowed.close()
            borrowed = self.engine.raw_connection()
        connection = borrowed.driver_connection
        try:
            yield connection
        finally:
            if getattr(connection, "closed", False):
                # An event that ended this session has probably ended the other sessions of the pool too.
                self._good_since = time.monotonic()
                borrowed.invalidate()
            borrowed.close()

    @contextmanager
    def writer_lock(self) -> Iterator[None]:
        """Held around each write on SQLite; free on PostgreSQL."""
        if not self.is_sqlite:
            yield
            return
        with self._writer:
            yield

    def _transactional(self) -> Engine:
        # The pool's connections are in autocommit mode; sessions switch theirs for as long as they have it.
        return (
            self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="READ COMMITTED")
        )


def is_disconnect(error: BaseException) -> bool:
    """Whether an error of a driver or of SQLAlchemy says that the connection, or the server, is gone."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or (error.orig is not None and is_disconnect(error.orig))
    if isinstance(error, psycopg.OperationalError):
        state = error.sqlstate
        # No state: the socket broke. 08: connection, 57P: shut down or starting, 53300: no slot left,
        # 25P: ended because it stood still within a transaction.
        return state is None or state[:2] == "08" or state[:3] in ("57P", "25P") or state == "53300"
    return isinstance(error, psycopg.InterfaceError)


def is_away(error: BaseException) -> bool:
    """Whether the database serves no caller now: gone, full, read-only, or SQLite's one lock is held."""
    if isinstance(error, PoolTimeout):
        return True
    if isinstance(error, OperationalError) and error.orig is not None:
        return is_away(error.orig)
    if isinstance(error, DBAPIError) and error.orig is not None:
        return is_away(error.orig)
    if isinstance(error, psycopg.Error):
        # 53: no resources, 25006: read-only, 57014: cancelled.
        state = error.sqlstate or ""
        return is_disconnect(error) or state[:2] == "53" or state in ("25006", "57014")
    return isinstance(error, sqlite3.Error) and error.sqlite_errorcode & 0xFF in _SQLITE_AWAY


def meaning(error: BaseException) -> Busy | Unavailable | None:
    """The error for a caller whose request was right; None where the request itself was wrong."""
    driven = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(driven, psycopg.errors.DeadlockDetected | psycopg.errors.SerializationFailure):
        return Contended("Others changed the same at the same moment. Send the request again.")
    if isinstance(driven, psycopg.errors.LockNotAvailable):
        return Busy("Somebody else is still changing the same. Nothing was done; send the request again.")
    if is_away(error):
        return Unavailable("The database cannot be reached or cannot write at the moment.")
    return None


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turns errors of the drivers into `Unavailable` (the database is away) or `Busy` (rows are held)."""
    try:
        yield
    except (DBAPIError, PoolTimeout, psycopg.Error, sqlite3.Error) as error:
        ours = meaning(error)
        if ours is None:
            raise
        raise ours from error


def _postgres_engine(settings: Settings) -> Engine:
    url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", settings.database_url)
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=settings.database_pool,
        max_overflow=0,
        pool_timeout=POOL_WAIT,
        connect_args={
            "connect_timeout": CONNECT_WAIT,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 20_000,
            "application_name": "procession",
            "options": SESSION_OPTIONS,
        },
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: psycopg.Connection[Any], record: ConnectionPoolEntry) -> None:
        record.info[_BORN] = time.monotonic()
        set_json_loads(orjson.loads, connection)
        connection.prepare_threshold = 2
        connection.prepared_max = 500

    return engine


def _sqlite_engine(settings: Settings) -> Engine:
    path = settings.sqlite_path
    if path is not None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        settings.database_url,
        poolclass=QueuePool,
        pool_size=settings.database_pool,
        max_overflow=20,
        pool_timeout=POOL_WAIT,
        connect_args={"check_same_thread": False, "timeout": 30.0},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions are begun by name, below and in the engine
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
