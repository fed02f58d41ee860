"""INSERT … ON CONFLICT, which both databases know and SQLAlchemy writes for each."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel


def insert_new(session: Session, table: type[SQLModel], row: Mapping[str, Any]) -> None:
    """Adds a row; one that is there already stays as it is."""
    session.execute(_insert(session, table, row).on_conflict_do_nothing())


def insert_or_change(
    session: Session,
    table: type[SQLModel],
    row: Mapping[str, Any],
    *,
    key: Collection[str],
    changed: Collection[str],
) -> None:
    """Adds a row; one that has the same `key` takes over the columns named in `changed`."""
    values = {name: row[name] for name in changed}
    session.execute(_insert(session, table, row).on_conflict_do_update(index_elements=list(key), set_=values))


def _insert(
    session: Session, table: type[SQLModel], row: Mapping[str, Any]
) -> postgresql.Insert | sqlite.Insert:
    dialect = session.get_bind().dialect.name
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(table).values(**row)
