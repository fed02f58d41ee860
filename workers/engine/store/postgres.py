"""PostgreSQL: a move is one statement and so one round trip, and the start of an instance is another.

Every part of a move hangs on `fence`, and `fence` on `guard`: `guard` takes the instance's row (so that moves
of one instance come one after the other, and none after a cancel), and `fence` holds only if every token
still had the epoch that was read.

Where it does not hold, `guard` has written all the same: the instance's count of moves (`seq`) is higher, so
its history has a gap and what others worked out before is void, and where the instance was to end, its row
says so. Of several fenced tokens those that were not stale are written too. So a move by itself, in
autocommit, has one fenced token at most and ends no instance (`move.alone`); any other is rolled back.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.rows import dict_row

from workers.engine.store.dialect import Transaction
from workers.engine.store.rows import (
    INSTANCE_COLUMNS,
    MUTABLE,
    TOKEN_COLUMNS,
    NewInstance,
    Row,
    columns_of,
    instance_row,
    json_text,
    values_of,
)
from workers.semantics.changes import (
    Changes,
    HistoryStep,
    NewIncident,
    NewJob,
    NewMessage,
    NewSubscription,
    NewTask,
    NewTimer,
)
from workers.semantics.situation import Scope, Token

_WORDS = {
    "{for_update}": "FOR NO KEY UPDATE",
    "{for_share}": "FOR SHARE",
    "{skip_locked}": "FOR UPDATE SKIP LOCKED",
    "{clock}": "clock_timestamp()",
    "{object_of_variables}": "json_object_agg(v.name, v.value)",
}


class PostgreSQL:
    one_writer = False

    def begin(self, connection: psycopg.Connection[Any], lock_wait: str | None) -> None:
        if lock_wait is None:
            connection.execute("BEGIN")
        else:
            connection.execute(f"BEGIN; SET LOCAL lock_timeout = '{lock_wait}'", prepare=False)

    def rows(self, connection: psycopg.Connection[Any], sql: str, params: Mapping[str, object]) -> list[Row]:
        with connection.cursor(row_factory=dict_row) as cursor:
            cursor.execute(_text(sql), params)
            return cursor.fetchall() if cursor.description else []

    def run(self, connection: psycopg.Connection[Any], sql: str, params: Mapping[str, object]) -> int:
        return connection.execute(_text(sql), params).rowcount

    def now(self, connection: psycopg.Connection[Any]) -> datetime:
        moment: datetime = self.rows(connection, "SELECT clock_timestamp() AS now", {})[0]["now"]
        return moment

    def lock(self, connection: psycopg.Connection[Any], name: str, *, wait: bool) -> bool:
        lock = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
        taken = self.rows(connection, f"SELECT {lock}(hashtextextended(:name, 0)) AS taken", {"name": name})
        return wait or bool(taken[0]["taken"])

    def move(self, transaction: Transaction, changes: Changes) -> bool:
        params = _params(changes)
        return bool(transaction.rows(_statement(frozenset(params)), **params)[0]["done"])

    def insert(self, transaction: Transaction, new: NewInstance) -> None:
        transaction.run(
            _INSERT,
            **instance_row(new),
            variable_names=list(new.variables),
            variable_values=[json_text(value) for value in new.variables.values()],
            tokens=json_text([values_of(token) for token in new.tokens]),
        )


@lru_cache(maxsize=512)
def _text(sql: str) -> str:
    for word, means in _WORDS.items():
        sql = sql.replace(word, means)
    return re.sub(r"(?<![:\w]):([a-z_]\w*)", r"%(\1)s", sql)


_INSERT = f"""WITH instance AS (
    INSERT INTO instances ({", ".join(INSTANCE_COLUMNS)})
    VALUES ({", ".join(f":{name}" for name in INSTANCE_COLUMNS)})
),
variable AS (
    INSERT INTO variables (scope_id, name, value)
    SELECT :id, r.name, r.value::json
    FROM unnest(:variable_names::text[], :variable_values::text[]) AS r(name, value)
)
INSERT INTO tokens ({", ".join(TOKEN_COLUMNS)})
SELECT {", ".join(f"r.{name}" for name in TOKEN_COLUMNS)}
FROM json_populate_recordset(NULL::tokens, :tokens) AS r"""

#: The table and the row of what a move inserts, by the part of the changes that has it.
_INSERTED = {
    "spawned": ("tokens", Token),
    "opened": ("scopes", Scope),
    "tasks": ("tasks", NewTask),
    "jobs": ("jobs", NewJob),
    "subscriptions": ("subscriptions", NewSubscription),
    "timers": ("timers", NewTimer),
    "thrown": ("messages", NewMessage),
    "incidents": ("incidents", NewIncident),
}

#: Lists of ids that need nothing but to be passed on.
_IDS = ("closed", "ended_jobs", "fired", "released", "resolved")


def _params(changes: Changes) -> dict[str, object]:
    """The parameters of the statement; their names say which parts it has."""
    params: dict[str, object] = {
        "instance_id": changes.instance_id,
        "now": changes.now,
        "move_count": changes.moves,
        "fenced": len(changes.moved) + len(changes.dropped),
    }
    for name in (*_INSERTED, "done", "steps"):
        if rows := getattr(changes, name):
            each = rows.values() if isinstance(rows, dict) else rows
            params[name] = json_text([values_of(row) for row in each])
    for name in _IDS:
        if ids := getattr(changes, name):
            params[name] = ids
    if changes.moved:
        params["moved"] = json_text([values_of(token) for token in changes.moved.values()])
    if changes.dropped:
        params["dropped"] = list(changes.dropped)
        params["dropped_epochs"] = list(changes.dropped.values())
    if changes.variables:
        params["variables"] = [json_text(value) for value in changes.variables.values()]
        params["variable_scopes"] = [scope for scope, _ in changes.variables]
        params["variable_names"] = [name for _, name in changes.variables]
    if changes.forgotten:
        params["forgotten"] = [scope for scope, _ in changes.forgotten]
        params["forgotten_names"] = [name for _, name in changes.forgotten]
    if changes.ended_tasks:
        params["ended_tasks"] = [task.token_id for task in changes.ended_tasks]
        params["task_states"] = [task.state for task in changes.ended_tasks]
        params["ended_by"] = [task.by for task in changes.ended_tasks]
    if changes.status is not None:
        params["status"] = changes.status
    if changes.read_seq is not None:
        params["read_seq"] = changes.read_seq
    return params


@lru_cache(maxsize=256)
def _statement(parts: frozenset[str]) -> str:
    """The statement for changes that have these parts; the same shape is prepared once.

    All of it, every part present, is `tests/unit/statements/move.postgres.sql`.
    """
    ends = ", status = :status, ended_at = :now" if "status" in parts else ""
    unmoved = " AND seq = :read_seq" if "read_seq" in parts else ""
    guard = f"""guard AS (
    UPDATE instances SET seq = seq + :move_count{ends}
    WHERE id = :instance_id AND status = 'RUNNING'{unmoved}
    RETURNING seq - :move_count AS seq
)"""
    fenced = [name for name in _FENCED if name in parts]
    counts = " + ".join(f"(SELECT count(*) FROM {name})" for name in fenced) or "0"
    fence = f"""fence AS (
    SELECT 1 FROM guard WHERE {counts} = :fenced
)"""
    written = [text for name, text in _WRITTEN.items() if name in parts]
    each = ",\n".join([guard, *(_FENCED[name] for name in fenced), fence, *written])
    return f"WITH {each}\nSELECT count(*) AS done FROM fence"


def _inserted(part: str, table: str, columns: list[str]) -> str:
    return f"""new_{part} AS (
    INSERT INTO {table} ({", ".join(columns)})
    SELECT {", ".join(f"r.{column}" for column in columns)}
    FROM fence, json_populate_recordset(NULL::{table}, :{part}) AS r
)"""


_STEP = [name for name in columns_of(HistoryStep) if name != "seq"]

#: The tokens whose epochs are asked for, by the part of the changes that has them.
_FENCED = {
    "moved": f"""moved AS (
    UPDATE tokens SET {", ".join(f"{name} = r.{name}" for name in MUTABLE)}
    FROM guard, json_populate_recordset(NULL::tokens, :moved) AS r
    WHERE tokens.id = r.id AND tokens.epoch = r.epoch - 1
    RETURNING 1
)""",
    "dropped": """dropped AS (
    DELETE FROM tokens
    USING guard, unnest(:dropped::text[], :dropped_epochs::int[]) AS r(id, epoch)
    WHERE tokens.id = r.id AND tokens.epoch = r.epoch
    RETURNING 1
)""",
}

#: What else is written, by the part of the changes that asks for it.
_WRITTEN = {
    **{part: _inserted(part, table, columns_of(row)) for part, (table, row) in _INSERTED.items()},
    "steps": f"""new_steps AS (
    INSERT INTO history (instance_id, seq, {", ".join(_STEP)})
    SELECT :instance_id, guard.seq + r.seq, {", ".join(f"r.{name}" for name in _STEP)}
    FROM guard, fence, json_populate_recordset(NULL::history, :steps) AS r
)""",
    "variables": """new_variables AS (
    INSERT INTO variables (scope_id, name, value)
    SELECT r.scope_id, r.name, r.value::json
    FROM fence, unnest(:variable_scopes::text[], :variable_names::text[], :variables::text[])
        AS r(scope_id, name, value)
    ON CONFLICT (scope_id, name) DO UPDATE SET value = EXCLUDED.value
)""",
    "done": """done AS (
    UPDATE scopes SET kind = r.kind, host_id = r.host_id, number = r.number
    FROM fence, json_populate_recordset(NULL::scopes, :done) AS r
    WHERE scopes.id = r.id
)""",
    "closed": """closed AS (
    DELETE FROM scopes USING fence WHERE id = ANY(:closed)
),
gone_variables AS (
    DELETE FROM variables USING fence WHERE scope_id = ANY(:closed)
)""",
    "forgotten": """forgotten AS (
    DELETE FROM variables
    USING fence, unnest(:forgotten::text[], :forgotten_names::text[]) AS r(scope_id, name)
    WHERE variables.scope_id = r.scope_id AND variables.name = r.name
)""",
    "released": """gone_subscriptions AS (
    DELETE FROM subscriptions USING fence WHERE instance_id = :instance_id AND holder_id = ANY(:released)
),
gone_timers AS (
    DELETE FROM timers USING fence WHERE instance_id = :instance_id AND holder_id = ANY(:released)
)""",
    "fired": """fired AS (
    DELETE FROM timers USING fence WHERE instance_id = :instance_id AND timers.id = ANY(:fired)
)""",
    "ended_jobs": """ended_jobs AS (
    DELETE FROM jobs USING fence WHERE instance_id = :instance_id AND token_id = ANY(:ended_jobs)
)""",
    "ended_tasks": """closed_tasks AS (
    UPDATE tasks SET state = r.state, ended_at = :now, ended_by = r.ended_by
    FROM fence, unnest(:ended_tasks::text[], :task_states::text[], :ended_by::text[])
        AS r(token_id, state, ended_by)
    WHERE instance_id = :instance_id AND tasks.token_id = r.token_id AND tasks.state = 'OPEN'
)""",
    "resolved": """resolved AS (
    UPDATE incidents SET resolved_at = :now FROM fence
    WHERE instance_id = :instance_id AND token_id = ANY(:resolved) AND resolved_at IS NULL
)""",
}
