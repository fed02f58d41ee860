"""A move on SQLite: several statements in one transaction, in the order that PostgreSQL's one implies."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from workers.engine.store.rows import MUTABLE, row_of
from workers.engine.store.transaction import Transaction, json_text
from workers.semantics.changes import Changes

_UPDATE_TOKEN = (
    f"UPDATE tokens SET {', '.join(f'{name} = :{name}' for name in MUTABLE)} "
    "WHERE id = :id AND epoch = :epoch - 1"
)


def move(transaction: Transaction, changes: Changes) -> bool:
    """Applies the changes within the open transaction; on False the caller rolls it back."""
    run, instance_id = transaction.run, changes.instance_id
    ends = ", status = :status, ended_at = :now" if changes.status else ""
    guard = transaction.rows(
        f"""UPDATE instances SET seq = seq + :moves{ends} WHERE id = :instance_id AND status = 'RUNNING'
        AND seq = coalesce(:read_seq, seq) RETURNING seq - :moves AS seq""",
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
    insert_rows(transaction, "tokens", changes.spawned.values())
    insert_rows(transaction, "scopes", changes.opened.values())
    insert_rows(transaction, "tasks", changes.tasks)
    insert_rows(transaction, "jobs", changes.jobs)
    insert_rows(transaction, "subscriptions", changes.subscriptions)
    insert_rows(transaction, "timers", changes.timers)
    insert_rows(transaction, "messages", changes.thrown)
    insert_rows(transaction, "incidents", changes.incidents)
    first = guard[0]["seq"]
    for step in changes.steps:
        row = {**row_of(step), "seq": first + step.seq, "instance_id": instance_id}
        run(_insert_sql("history", *row), **row)
    insert_variables(transaction, changes.variables.items())
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


def insert_rows(transaction: Transaction, table: str, rows: Iterable[Any]) -> None:
    for item in rows:
        row = row_of(item)
        transaction.run(_insert_sql(table, *row), **row)


def insert_variables(transaction: Transaction, variables: Iterable[tuple[tuple[str, str], object]]) -> None:
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
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"
