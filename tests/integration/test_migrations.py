"""The migrations make exactly the tables that the code knows."""

from contextlib import closing

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from models.db import Database
from models.migrate import is_current
from tests.stores import Stores


def test_a_migrated_database_has_the_tables_that_the_code_knows(stores: Stores) -> None:
    with closing(Database(stores.settings())) as database, database.engine.connect() as connection:
        assert is_current(database)
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
