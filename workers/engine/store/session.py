"""Sessions: how statements are put into transactions, and what is tried again."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import ContextVar
from typing import TypeVar

import psycopg

from models.db import Database, translated_errors
from models.errors import Contended
from workers.engine.store.dialect import Dialect, Transaction
from workers.engine.store.postgres import PostgreSQL
from workers.engine.store.sqlite import SQLite

#: How often a transaction that lost a race is tried again.
RACES = 5

Result = TypeVar("Result")

#: PostgreSQL's `lock_timeout` for the transactions of this thread; None: as the session has it.
_lock_wait: ContextVar[str | None] = ContextVar("lock_wait", default=None)


class Stale(Exception):
    """Somebody else changed a row between the load and the commit; nothing was changed."""


@contextmanager
def impatient(lock_wait: str) -> Iterator[None]:
    """Within the block this thread's transactions wait no longer than that for a lock: then `Busy`."""
    before = _lock_wait.set(lock_wait)
    try:
        yield
    finally:
        _lock_wait.reset(before)


def retrying(call: Callable[[], Result]) -> Result:
    """Calls again, a few times, where a token changed in the middle of the transaction, or on a deadlock."""
    for _ in range(RACES):
        try:
            return call()
        except (Stale, Contended):
            continue
    try:
        return call()
    except Stale as error:
        raise Contended("The same tokens changed again and again.") from error


class Sessions:
    """Opens transactions on the pool of a database. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.dialect: Dialect = SQLite() if database.is_sqlite else PostgreSQL()

    @contextmanager
    def autocommit(self) -> Iterator[Transaction]:
        """Each statement is a transaction of its own; on SQLite for reading only."""
        database = self.database
        with translated_errors(), database.connection() as connection:
            yield Transaction(connection, self.dialect, database.clock_shift)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A writing transaction: committed at the end of the block, rolled back when it raises."""
        database = self.database
        with translated_errors(), database.writer_lock(), database.connection() as connection:
            self.dialect.begin(connection, _lock_wait.get())
            try:
                yield Transaction(connection, self.dialect, database.clock_shift)
                connection.execute("COMMIT")
            except BaseException:
                # SQLite rolls back by itself when the disk is full; a session that is gone has rolled back.
                with suppress(psycopg.Error, sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    def statements(self) -> AbstractContextManager[Transaction]:
        """Statements that stand alone: no lock of one is held while the next waits for another.

        On SQLite they are one transaction all the same, rolled back when the block raises.
        """
        return self.transaction() if self.dialect.one_writer else self.autocommit()
