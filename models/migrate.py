"""Brings a database to the newest schema, by Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from models.db import Database, translated_errors

_MIGRATIONS = Path(__file__).parent / "migrations"

#: One migration at a time, whatever number of releases start at once (an advisory lock of PostgreSQL).
_LOCK = 0x50524F43


def upgrade(database: Database) -> None:
    """Applies what is missing; does nothing on a database that is up to date."""
    with database.writer_lock(), database.engine.connect() as connection:
        if not database.is_sqlite:
            # Another release may take its time.
            connection.execute(text("SET lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        try:
            command.upgrade(alembic_config(connection), "head")
            connection.commit()
        finally:
            if not database.is_sqlite:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
                connection.execute(text("RESET lock_timeout"))


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
