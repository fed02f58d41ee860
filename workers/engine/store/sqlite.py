"""SQLite: a move is several statements in one transaction, in the order that PostgreSQL's one implies."""

import re
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

import orjson

from workers.engine.store.dialect import Transaction
from workers.engine.store.rows import (
    JSON_COLUMNS,
    MUTABLE,
    TIME_COLUMNS,
    NewInstance,
    Row,
    instance_row,
    json_text,
    row_of,
)
from workers.semantics.changes import Changes

#: One writer at a time makes row locks needless. A list is JSON, and `= ANY(:ids)` a search in it.
_WORDS = {
    "{for_update}": "",
    "{for_share}": "",
    "{skip_locked}": "",
    "{clock}": "NULL",
    "{object_of_variables}": "json_group_object(v.name, json(v.value))",
}

#: Columns of results that are JSON: also what `{object_of_variables}` makes, by the name that it is given.
_JSON = JSON_COLUMNS | {"variables"}


class SQLite:
    one_writer = True

    def begin(self, connection: sqlite3.Connection, lock_wait: str | None) -> None:
        connection.execute("BEGIN IMMEDIATE")  # the process's writer lock is held: nobody is waited for

    def rows(self, connection: sqlite3.Connection, sql: str, params: Mapping[str, object]) -> list[Row]:
        cursor = connection.execute(_text(sql), _params(params))
        names = [column[0] for column in cursor.description or ()]
        return [_row(names, values) for values in cursor.fetchall()]

    def run(self, connection: sqlite3.Connection, sql: str, params: Mapping[str, object]) -> int:
        return connection.execute(_text(sql), _params(params)).rowcount

    def now(self, connection: sqlite3.Connection) -> datetime:
        return datetime.now(UTC)

    def lock(self, connection: sqlite3.Connection, name: str, *, wait: bool) -> bool:
        return True  # nobody else writes

    def move(self, transaction: Transaction, changes: Changes) -> bool:
        return _move(transaction, changes)

    def insert(self, transaction: Transaction, new: NewInstance) -> None:
        row = instance_row(new)
        transaction.run(_insert_sql("instances", *row), **row)
        _insert_rows(transaction, "tokens", new.tokens)
        _insert_variables(
            transaction, (((new.facts.id, name), value) for name, value in new.variables.items())
        )


@lru_cache(maxsize=512)
def _text(sql: str) -> str:
    for word, means in _WORDS.items():
        sql = sql.replace(word, means)
    return re.sub(r"= ANY\(:(\w+)\)", r"IN (SELECT value FROM json_each(:\1))", sql)


def _params(params: Mapping[str, object]) -> dict[str, object]:
    return {
        name: _text_of(value) if isinstance(value, (datetime, list)) else value
        for name, value in params.items()
    }


def _text_of(value: datetime | list[Any]) -> str:
    if isinstance(value, list):
        return json_text(value)
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")


def _row(names: list[str], values: tuple[Any, ...]) -> Row:
    row: Row = {}
    for name, value in zip(names, values, strict=True):
        if value is not None and name in TIME_COLUMNS:
            value = datetime.fromisoformat(value).replace(tzinfo=UTC)  # noqa: PLW2901
        elif value is not None and name in _JSON:
            value = orjson.loads(value)  # noqa: PLW2901
        row[name] = value
    return row


_UPDATE_TOKEN = (
    f"UPDATE tokens SET {', '.join(f'{name} = :{name}' for name in MUTABLE)}\n"
    "WHERE id = :id AND epoch = :epoch - 1"
)


def _move(transaction: Transaction, changes: Changes) -> bool:
    run, instance_id = transaction.run, changes.instance_id
    ends = ", status = :status, ended_at = :now" if changes.status else ""
    guard = transaction.rows(
        f"""UPDATE instances SET seq = seq + :moves{ends}
        WHERE id = :instance_id AND status = 'RUNNING' AND seq = coalesce(:read_seq, seq)
        RETURNING seq - :moves AS seq""",
        moves=changes.moves,
        read_seq=changes.read_seq,
        instance_id=instance_id,
        status=changes.status,
        now=changes.now,
    )
    fenced = sum(run(_UPDATE_TOKEN, **row_of(token)) for token in changes.moved.values())
    for token_id, epoch in changes.dropped.items():
        fenced += run("DELETE FROM tokens WHERE id = :id AND epoch = :epoch", id=token_id, epoch=epoch)
    if not guard or fenced != len(changes.moved) + len(changes.dropped):
        return False

    _delete(transaction, changes)
    for task in changes.ended_tasks:
        run(
            """UPDATE tasks SET state = :state, ended_at = :now, ended_by = :by
            WHERE instance_id = :instance_id AND token_id = :token_id AND state = 'OPEN'""",
            state=task.state,
            now=changes.now,
            by=task.by,
            instance_id=instance_id,
            token_id=task.token_id,
        )
    for scope in changes.done.values():
        run(
            "UPDATE scopes SET kind = :kind, host_id = :host_id, number = :number WHERE id = :id",
            kind=scope.kind,
            host_id=scope.host_id,
            number=scope.number,
            id=scope.id,
        )
    for token_id in changes.resolved:
        run(
            """UPDATE incidents SET resolved_at = :now
            WHERE instance_id = :instance_id AND token_id = :token_id AND resolved_at IS NULL""",
            now=changes.now,
            instance_id=instance_id,
            token_id=token_id,
        )
    _insert_rows(transaction, "tokens", changes.spawned.values())
    _insert_rows(transaction, "scopes", changes.opened.values())
    _insert_rows(transaction, "tasks", changes.tasks)
    _insert_rows(transaction, "jobs", changes.jobs)
    _insert_rows(transaction, "subscriptions", changes.subscriptions)
    _insert_rows(transaction, "timers", changes.timers)
    _insert_rows(transaction, "messages", changes.thrown)
    _insert_rows(transaction, "incidents", changes.incidents)
    first = guard[0]["seq"]
    for step in changes.steps:
        row = {**row_of(step), "seq": first + step.seq, "instance_id": instance_id}
        run(_insert_sql("history", *row), **row)
    _insert_variables(transaction, changes.variables.items())
    return True


def _delete(transaction: Transaction, changes: Changes) -> None:
    of_instance = "WHERE instance_id = :instance_id AND"
    for sql, ids in (
        (f"DELETE FROM subscriptions {of_instance} holder_id = :id", changes.released),
        (f"DELETE FROM timers {of_instance} holder_id = :id", changes.released),
        (f"DELETE FROM timers {of_instance} id = :id", changes.fired),
        (f"DELETE FROM jobs {of_instance} token_id = :id", changes.ended_jobs),
        (f"DELETE FROM scopes {of_instance} id = :id", changes.closed),
    ):
        for id_ in ids:
            transaction.run(sql, instance_id=changes.instance_id, id=id_)
    for scope_id in changes.closed:
        transaction.run("DELETE FROM variables WHERE scope_id = :id", id=scope_id)
    for scope_id, name in changes.forgotten:
        transaction.run("DELETE FROM variables WHERE scope_id = :id AND name = :name", id=scope_id, name=name)


def _insert_rows(transaction: Transaction, table: str, rows: Iterable[Any]) -> None:
    for item in rows:
        row = row_of(item)
        transaction.run(_insert_sql(table, *row), **row)


def _insert_variables(transaction: Transaction, variables: Iterable[tuple[tuple[str, str], object]]) -> None:
    for (scope_id, name), value in variables:
        transaction.run(
            """INSERT INTO variables (scope_id, name, value) VALUES (:scope_id, :name, :value)
            ON CONFLICT (scope_id, name) DO UPDATE SET value = excluded.value""",
            scope_id=scope_id,
            name=name,
            value=json_text(value),
        )


@cache
def _insert_sql(table: str, *names: str) -> str:
    return f"INSERT INTO {table} ({', '.join(names)})\nVALUES ({', '.join(f':{name}' for name in names)})"
