"""The largest move as each database is asked for it, whole, in files that can be read as SQL.

`python -m tests.unit.test_statements` writes the files anew.
"""

from dataclasses import fields
from datetime import timedelta
from inspect import cleandoc, isfunction
from pathlib import Path
from textwrap import wrap

import pytest
from sqlmodel import SQLModel

import models.tables  # noqa: F401 - fills the metadata
from models.types import UtcDateTime
from tests.largest_move import largest_move
from workers.engine import store
from workers.engine.store import (
    answers,
    incidents,
    instances,
    jobs,
    load,
    messages,
    move,
    starts,
    subscriptions,
    tasks,
    timers,
    versions,
)
from workers.engine.store.dialect import Dialect, Transaction
from workers.engine.store.postgres import PostgreSQL
from workers.engine.store.rows import Row
from workers.engine.store.sqlite import SQLite

FOLDER = Path(__file__).parent / "statements"

DIALECTS: dict[str, Dialect] = {"postgres": PostgreSQL(), "sqlite": SQLite()}

#: Checked by `tests.integration.test_store`.
_FOUND_BY = (
    "instances_pkey, ix_incidents_instance, ix_jobs_instance, ix_subscriptions_instance, ix_tasks_instance, "
    "ix_timers_instance, scopes_pkey, timers_pkey, tokens_pkey, variables_pkey"
)

HEAD = {
    "postgres": """
-- PostgreSQL: a move with every part that it can have, one statement. Mostly it has four of them.
-- Parameters are JSON arrays of rows (by the columns' names), lists of ids, or lists beside each other.
""",
    "sqlite": """
-- SQLite: a move with every part that it can have, in one transaction: each statement once for each row.
""",
}


class Recorder(Transaction):
    """Keeps what it is asked; everything succeeds."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(None, dialect, timedelta())
        self.asked: list[str] = []

    def rows(self, sql: str, **params: object) -> list[Row]:
        self.asked.append(sql)
        return [{"done": 1, "seq": 0}]

    def run(self, sql: str, **params: object) -> int:
        self.asked.append(sql)
        return 1


def written_out(name: str) -> str:
    recorder = Recorder(DIALECTS[name])
    assert recorder.dialect.move(recorder, largest_move())
    return (
        HEAD[name].lstrip()
        + f"\n-- Rows are found by {_FOUND_BY}.\n"
        + "".join(f"\n{_laid_out(sql)};\n" for sql in recorder.asked)
    )


def _laid_out(sql: str) -> str:
    lines = []
    for line in cleandoc(sql).splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        whole = line.replace(" = ", "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}")
        lines += wrap(whole, 110, subsequent_indent=f"{indent}    ", break_long_words=False)
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("name", DIALECTS)
def test_the_largest_move_is_the_sql_that_is_written_down(name: str) -> None:
    assert written_out(name) == (FOLDER / f"move.{name}.sql").read_text(encoding="utf-8")


def test_the_largest_move_has_every_part_that_the_store_writes() -> None:
    changes = largest_move()
    empty = {field.name for field in fields(changes) if not getattr(changes, field.name)}
    # They are instances of their own; `read_seq` is the count that was read, 0.
    assert empty == {"calls", "cancelled_calls", "read_seq"}
    assert changes.read_seq == 0


def test_a_column_name_is_of_one_kind_in_every_table() -> None:
    """SQLite's rows are read by the names of their columns."""
    kinds: dict[str, set[str]] = {}
    for table in SQLModel.metadata.tables.values():
        for column in table.columns:
            kind = "JSON" if str(column.type) == "JSON" else "text or number"
            if isinstance(column.type, UtcDateTime):
                kind = "time"
            kinds.setdefault(column.name, set()).add(kind)
    assert {name for name, found in kinds.items() if len(found) > 1} == set()
    # What queries call their results, beside columns.
    assert not {"now", "variables", "seq", "key", "one", "tokens"} & {
        name for name, found in kinds.items() if found != {"text or number"}
    }


def test_the_first_page_of_the_store_names_all_that_it_offers() -> None:
    page = store.__doc__ or ""
    for module in (
        answers,
        incidents,
        instances,
        jobs,
        load,
        messages,
        move,
        starts,
        subscriptions,
        tasks,
        timers,
        versions,
    ):
        for name, value in vars(module).items():
            if isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_"):
                assert f"`{name}`" in page, f"{module.__name__}.{name}"


if __name__ == "__main__":
    for name in DIALECTS:
        (FOLDER / f"move.{name}.sql").write_text(written_out(name), encoding="utf-8")
