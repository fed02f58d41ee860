"""Lists by keyset: a page, and an opaque cursor from which the next one goes on."""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, Integer, Row, Select, tuple_

from app.http.schemas import PageQuery
from models.db import Database, translated_errors
from models.errors import Unprocessable
from models.types import UtcDateTime


@contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """A read-only connection. All of its queries see the database as it was at the first."""
    engine = database.engine
    if not database.is_sqlite:
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with translated_errors(), engine.connect() as connection:
        yield connection


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is ordered: by `columns`, which are unique together. `kind` marks its cursors."""

    kind: str
    columns: Sequence[Column[Any]]
    newest_first: bool = False

    def page(
        self, connection: Connection, query: Select[Any], asked: PageQuery
    ) -> tuple[Sequence[Row[Any]], str | None]:
        """The rows of a page in the list's order, and the cursor of the next page in the direction asked for.

        The cursor is None on the last page.

        Raises:
            Unprocessable: the cursor is broken or of another list, or both were given.
        """
        if asked.after is not None and asked.before is not None:
            raise Unprocessable("One cursor is enough.", [("before", "cannot be given together with after")])
        forward = asked.before is None
        falling = self.newest_first if forward else not self.newest_first
        field, cursor = ("after", asked.after) if forward else ("before", asked.before)
        if cursor is not None:
            key, last = tuple_(*self.columns), self._decode(field, cursor)
            query = query.where(key < last if falling else key > last)
        order = [column.desc() if falling else column.asc() for column in self.columns]
        rows = connection.execute(query.order_by(*order).limit(asked.limit + 1)).all()
        more = len(rows) > asked.limit
        rows = rows[: asked.limit]
        following = self._encode(rows[-1]) if more else None
        return rows if forward else rows[::-1], following

    def _encode(self, row: Row[Any]) -> str:
        values = [getattr(row, column.name) for column in self.columns]
        texts = [value.isoformat() if isinstance(value, datetime) else value for value in values]
        return base64.urlsafe_b64encode(json.dumps([self.kind, *texts]).encode()).decode().rstrip("=")

    def _decode(self, field: str, cursor: str) -> tuple[object, ...]:
        try:
            text = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
            kind, *values = json.loads(text)
            if kind != self.kind or len(values) != len(self.columns):
                raise ValueError("a cursor of another list")
            return tuple(_value(column, value) for column, value in zip(self.columns, values, strict=True))
        except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
            raise Unprocessable("The cursor is broken.", [(field, "is not a cursor of this list")]) from None


def _value(column: Column[Any], value: object) -> object:
    """A column's value in a cursor; ValueError for one that the database could not compare."""
    if isinstance(column.type, UtcDateTime):
        moment = datetime.fromisoformat(str(value))
        if moment.tzinfo is None:
            raise ValueError("no offset")
        return moment.astimezone(UTC)
    if isinstance(column.type, Integer):
        if not isinstance(value, int) or not 0 <= value < 2**31:
            raise ValueError("not a number")
        return value
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError("not a text")
    return value
