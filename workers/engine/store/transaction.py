"""SQL with `:named` parameters on the driver's own connection, the same text for both databases."""

import re
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol

import orjson
import psycopg
from psycopg.rows import dict_row
from sqlalchemy import JSON
from sqlmodel import SQLModel

import models.tables  # noqa: F401 - fills the metadata
from models.types import UtcDateTime

Row = dict[str, Any]

_COLUMNS = [column for table in SQLModel.metadata.tables.values() for column in table.columns]

#: Columns by what they hold; a name means the same in every table.
JSON_COLUMNS = frozenset(column.name for column in _COLUMNS if isinstance(column.type, JSON))
TIME_COLUMNS = frozenset(column.name for column in _COLUMNS if isinstance(column.type, UtcDateTime))


class Transaction(Protocol):
    """An open transaction, or a connection in autocommit mode."""

    def rows(self, sql: str, **params: object) -> list[Row]:
        """What a query, or a statement with RETURNING, gives.

        It names its columns: one that is prepared with `*` fails once another release has added a column.
        """

    def run(self, sql: str, **params: object) -> int:
        """Runs a statement; how many rows it wrote."""

    def now(self) -> datetime:
        """The database's clock, as tests may have shifted it."""

    def lock(self, *name: str, wait: bool = True) -> bool:
        """Takes the lock of that name until the transaction ends; whether it was taken.

        Without `wait` it is not where somebody else holds it.
        """


class PostgresTransaction:
    """`{for_update}` and `{skip_locked}` in the text become PostgreSQL's words."""

    def __init__(self, connection: psycopg.Connection[Any], shift: timedelta) -> None:
        self._connection = connection
        self._shift = shift

    def rows(self, sql: str, **params: object) -> list[Row]:
        with self._connection.cursor(row_factory=dict_row) as cursor:
            cursor.execute(_postgres_text(sql), params)
            return cursor.fetchall() if cursor.description else []

    def run(self, sql: str, **params: object) -> int:
        return self._connection.execute(_postgres_text(sql), params).rowcount

    def now(self) -> datetime:
        moment: datetime = self.rows("SELECT clock_timestamp() AS now")[0]["now"]
        return moment + self._shift

    def lock(self, *name: str, wait: bool = True) -> bool:
        lock = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
        taken = self.rows(f"SELECT {lock}(hashtextextended(:text, 0)) AS taken", text="\x1f".join(name))
        return wait or bool(taken[0]["taken"])


class SqliteTransaction:
    """One writer at a time makes row locks needless: `{for_update}` and `{skip_locked}` become nothing.

    Lists are JSON there: `= ANY(:ids)` becomes a search in it.
    """

    def __init__(self, connection: sqlite3.Connection, shift: timedelta) -> None:
        self._connection = connection
        self._shift = shift

    def rows(self, sql: str, **params: object) -> list[Row]:
        cursor = self._connection.execute(_sqlite_text(sql), _sqlite_params(params))
        names = [column[0] for column in cursor.description or ()]
        return [_sqlite_row(names, values) for values in cursor.fetchall()]

    def run(self, sql: str, **params: object) -> int:
        return self._connection.execute(_sqlite_text(sql), _sqlite_params(params)).rowcount

    def now(self) -> datetime:
        return datetime.now(UTC) + self._shift

    def lock(self, *name: str, wait: bool = True) -> bool:
        return True  # nobody else writes


@lru_cache(maxsize=512)
def _postgres_text(sql: str) -> str:
    sql = sql.replace("{for_update}", "FOR NO KEY UPDATE").replace("{for_share}", "FOR SHARE")
    sql = sql.replace("{skip_locked}", "FOR UPDATE SKIP LOCKED")
    return re.sub(r"(?<![:\w]):([a-z_]\w*)", r"%(\1)s", sql)


@lru_cache(maxsize=512)
def _sqlite_text(sql: str) -> str:
    sql = sql.replace("{for_update}", "").replace("{for_share}", "").replace("{skip_locked}", "")
    return re.sub(r"= ANY\(:(\w+)\)", r"IN (SELECT value FROM json_each(:\1))", sql)


def json_text(value: object) -> str:
    return orjson.dumps(value).decode()


def _sqlite_params(params: Mapping[str, object]) -> dict[str, object]:
    return {name: _sqlite_value(value) for name, value in params.items()}


def _sqlite_value(value: object) -> object:
    if isinstance(value, datetime):
        return _sqlite_time(value)
    return json_text(value) if isinstance(value, list) else value


def _sqlite_time(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")


def _sqlite_row(names: list[str], values: tuple[Any, ...]) -> Row:
    row: Row = {}
    for name, value in zip(names, values, strict=True):
        if value is not None and name in TIME_COLUMNS:
            value = datetime.fromisoformat(value).replace(tzinfo=UTC)  # noqa: PLW2901
        elif value is not None and (name in JSON_COLUMNS or name == "variables"):
            value = orjson.loads(value)  # noqa: PLW2901
        row[name] = value
    return row
