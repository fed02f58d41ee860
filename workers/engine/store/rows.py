"""Rows of tables: which columns are JSON or times, and the dataclasses of the semantics as rows.

The fields of a dataclass are the columns, by the same names. Only what a token keeps is stored under an older
name, `input`, as JSON.
"""

import dataclasses
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import JSON
from sqlmodel import SQLModel

import models.tables  # noqa: F401 - fills the metadata
from models.types import UtcDateTime
from workers.semantics.memory import Memory
from workers.semantics.situation import InstanceFacts, Token

Row = dict[str, Any]

_COLUMNS = [column for table in SQLModel.metadata.tables.values() for column in table.columns]

#: Columns by what they hold: SQLite gives both as text. A name is of one kind in every table.
JSON_COLUMNS = frozenset(column.name for column in _COLUMNS if isinstance(column.type, JSON))
TIME_COLUMNS = frozenset(column.name for column in _COLUMNS if isinstance(column.type, UtcDateTime))

_COLUMN = {"memory": "input"}


@dataclasses.dataclass(frozen=True, slots=True)
class NewInstance:
    """A row of `instances` that begins, with its first tokens and its variables by name."""

    facts: InstanceFacts
    version_number: int
    tokens: Collection[Token]
    variables: Mapping[str, object]
    started_at: datetime


def instance_row(new: NewInstance) -> Row:
    """The row of `instances` itself, ready to be parameters."""
    return {**row_of(new.facts), "version_number": new.version_number, "seq": 0, "started_at": new.started_at}


def columns_of(kind: type) -> list[str]:
    return [_COLUMN.get(field.name, field.name) for field in dataclasses.fields(kind)]


def values_of(item: Any) -> Row:
    """A row by column, JSON as it is."""
    values = {field.name: getattr(item, field.name) for field in dataclasses.fields(item)}
    return {
        _COLUMN.get(name, name): value.to_json() if isinstance(value, Memory) else value
        for name, value in values.items()
    }


def row_of(item: Any) -> Row:
    """A row by column; JSON as text, ready to be a parameter."""
    return {
        name: json_text(value) if name in JSON_COLUMNS and value is not None else value
        for name, value in values_of(item).items()
    }


def token_of(row: Row) -> Token:
    """A token from a row that has its columns, and perhaps others."""
    values = {name: row[name] for name in TOKEN_COLUMNS if name != "input"}
    return Token(**values, memory=Memory.from_json(row["input"]))


def memory_text(memory: Memory) -> str | None:
    """What a token keeps, ready to be a parameter."""
    stored = memory.to_json()
    return None if stored is None else json_text(stored)


def json_text(value: object) -> str:
    return orjson.dumps(value).decode()


TOKEN_COLUMNS = columns_of(Token)

INSTANCE_COLUMNS = [*columns_of(InstanceFacts), "version_number", "seq", "started_at"]

#: What a move may change of a token.
MUTABLE = [name for name in TOKEN_COLUMNS if name not in ("id", "instance_id", "version_id")]
