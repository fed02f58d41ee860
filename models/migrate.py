"""Brings a database to the newest schema, by Alembic."""

import time
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from models.db import Database, translated_errors
from models.errors import Busy, Unavailable

_MIGRATIONS = Path(__file__).parent / "migrations"

#: One migration at a time, whatever number of releases start at once (an advisory lock of PostgreSQL).
_LOCK = 0x50524F43


@dataclass(frozen=True, slots=True)
class Patience:
    """How migrations wait for tables that others use."""

    #: PostgreSQL's `lock_timeout`: everybody who comes later in the queue for the table waits as long.
    table_wait: str = "1s"
    #: How often a migration asks for its tables, and the pause between two times, in seconds.
    tries: int = 30
    pause: float = 1.0


def upgrade(database: Database, patience: Patience | None = None) -> None:
    """Applies what is missing; does nothing on a database that is up to date.

    Each migration is one short transaction, so that the release before goes on serving meanwhile.

    Raises:
        Busy: a table stayed locked by others. The migrations that are left are applied the next time.
        Unavailable: the database is away.
    """
    patience = patience or Patience()
    with translated_errors(), database.writer_lock(), database.engine.connect() as connection:
        if database.is_sqlite:
            command.upgrade(alembic_config(connection), "head")
            connection.commit()
            return
        # Another release may take its time.
        connection.execute(text("SET lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        try:
            connection.execute(text(f"SET lock_timeout = '{patience.table_wait}'"))
            connection.commit()
            _apply(connection.execution_options(isolation_level="READ COMMITTED"), patience)
        finally:
            connection.rollback()
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
            connection.execute(text("RESET lock_timeout"))


def _apply(connection: Connection, patience: Patience) -> None:
    for tries_left in reversed(range(patience.tries)):
        try:
            with translated_errors():
                command.upgrade(alembic_config(connection), "head")
                connection.commit()
            return
        except (Busy, Unavailable):
            # Where the session is gone, the lock is too: another release may migrate by now.
            if connection.invalidated or not tries_left:
                raise
            connection.rollback()
            time.sleep(patience.pause)


def is_current(database: Database) -> bool:
    """Whether the database has this code's newest schema."""
    with translated_errors(), database.engine.connect() as connection:
        heads = ScriptDirectory.from_config(alembic_config()).get_heads()
        return set(MigrationContext.configure(connection).get_current_heads()) == set(heads)


def alembic_config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config
