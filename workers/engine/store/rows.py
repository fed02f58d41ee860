"""The dataclasses of the semantics as rows of tables: their fields are the columns, by the same names.

Only what a token keeps is stored under an older name, `input`, as JSON.
"""

import dataclasses
from typing import Any

from workers.engine.store.transaction import JSON_COLUMNS, Row, json_text
from workers.semantics.memory import Memory
from workers.semantics.situation import Token

_COLUMN = {"memory": "input"}


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


TOKEN_COLUMNS = columns_of(Token)

#: What a move may change of a token.
MUTABLE = [name for name in TOKEN_COLUMNS if name not in ("id", "instance_id", "version_id")]
