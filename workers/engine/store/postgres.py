"""A move on PostgreSQL: one statement in one round trip.

Every part hangs on `fence`, and `fence` on `guard`: `guard` takes the instance's row (so that moves of one
instance come one after the other, and none after a cancel) and `fence` holds only if every token still
had the epoch that was read. When it does not hold, nothing but the instance's step count was touched.
"""

import dataclasses
from functools import lru_cache

from workers.engine.changes import REMEMBERED, Changes, NewIncident, NewSubscription, NewTask, NewTimer, Step
from workers.engine.situation import Token
from workers.engine.store.transaction import Transaction, json_text

#: What a move may change of a token; the rest of its columns never change.
_MUTABLE = [
    field.name for field in dataclasses.fields(Token) if field.name not in ("id", "instance_id", "version_id")
]

_INSERTED = {
    "spawned": ("tokens", Token),
    "tasks": ("tasks", NewTask),
    "subscriptions": ("subscriptions", NewSubscription),
    "timers": ("timers", NewTimer),
    "incidents": ("incidents", NewIncident),
}


def move(transaction: Transaction, changes: Changes) -> bool:
    """Commits the changes, or nothing of them when another worker was first."""
    parts: dict[str, object] = {
        "instance_id": changes.instance_id,
        "now": changes.now,
        "step_count": len(changes.steps),
        "fenced": len(changes.moved) + len(changes.dropped),
    }
    for name in ("spawned", "tasks", "subscriptions", "timers", "incidents", "steps"):
        if rows := getattr(changes, name):
            parts[name] = json_text(rows)
    for name in ("released", "resolved"):
        if token_ids := getattr(changes, name):
            parts[name] = token_ids
    if changes.moved:
        parts["moved"] = json_text(list(changes.moved.values()))
    if changes.dropped:
        parts["dropped"] = list(changes.dropped)
        parts["dropped_epochs"] = list(changes.dropped.values())
    if changes.variables:
        parts["variables"] = [json_text(value) for value in changes.variables.values()]
        parts["variable_scopes"] = [scope for scope, _ in changes.variables]
        parts["variable_names"] = [name for _, name in changes.variables]
    if changes.ended_tasks is not None:
        parts["ended_tasks"] = changes.ended_tasks.token_ids
        parts["task_state"] = changes.ended_tasks.state
        parts["ended_by"] = changes.ended_tasks.by
    if changes.consumed_message is not None:
        parts["consumed_message"] = changes.consumed_message
        parts["remember_until"] = changes.now + REMEMBERED
    if changes.status is not None:
        parts["status"] = changes.status
    return bool(transaction.rows(_statement(frozenset(parts)), **parts)[0]["done"])


@lru_cache(maxsize=256)
def _statement(parts: frozenset[str]) -> str:
    """The statement for changes that have these parts; the same shape is prepared once."""
    ends = ", status = :status, ended_at = :now" if "status" in parts else ""
    ctes = [
        f"""guard AS (UPDATE instances SET seq = seq + :step_count{ends}
            WHERE id = :instance_id AND status = 'RUNNING' RETURNING seq - :step_count AS seq)"""
    ]
    counts = []
    if "moved" in parts:
        columns = ", ".join(f"{name} = r.{name}" for name in _MUTABLE)
        ctes.append(
            f"""moved AS (UPDATE tokens SET {columns}
            FROM guard, json_populate_recordset(NULL::tokens, :moved) AS r
            WHERE tokens.id = r.id AND tokens.epoch = r.epoch - 1 RETURNING 1)"""
        )
        counts.append("(SELECT count(*) FROM moved)")
    if "dropped" in parts:
        ctes.append(
            """dropped AS (DELETE FROM tokens
            USING guard, unnest(:dropped::text[], :dropped_epochs::int[]) AS r(id, epoch)
            WHERE tokens.id = r.id AND tokens.epoch = r.epoch RETURNING 1)"""
        )
        counts.append("(SELECT count(*) FROM dropped)")
    ctes.append(f"fence AS (SELECT 1 FROM guard WHERE {' + '.join(counts) or '0'} = :fenced)")
    for name, (table, row) in _INSERTED.items():
        if name in parts:
            columns = ", ".join(field.name for field in dataclasses.fields(row))
            ctes.append(
                f"""new_{name} AS (INSERT INTO {table} ({columns})
                SELECT {", ".join(f"r.{field.name}" for field in dataclasses.fields(row))}
                FROM fence, json_populate_recordset(NULL::{table}, :{name}) AS r)"""
            )
    if "steps" in parts:
        names = [field.name for field in dataclasses.fields(Step) if field.name != "seq"]
        ctes.append(
            f"""new_steps AS (INSERT INTO history (instance_id, seq, {", ".join(names)})
            SELECT :instance_id, guard.seq + r.seq, {", ".join(f"r.{name}" for name in names)}
            FROM guard, fence, json_populate_recordset(NULL::history, :steps) AS r)"""
        )
    if "variables" in parts:
        ctes.append(
            """new_variables AS (INSERT INTO variables (scope_id, name, value)
            SELECT r.scope_id, r.name, r.value::json
            FROM fence, unnest(:variable_scopes::text[], :variable_names::text[], :variables::text[])
                AS r(scope_id, name, value)
            ON CONFLICT (scope_id, name) DO UPDATE SET value = EXCLUDED.value)"""
        )
    if "released" in parts:
        ctes += [
            f"""gone_{table} AS (DELETE FROM {table} USING fence
            WHERE instance_id = :instance_id AND token_id = ANY(:released))"""
            for table in ("subscriptions", "timers")
        ]
    if "ended_tasks" in parts:
        ctes.append(
            """closed_tasks AS (UPDATE tasks SET state = :task_state, ended_at = :now, ended_by = :ended_by
            FROM fence
            WHERE instance_id = :instance_id AND token_id = ANY(:ended_tasks) AND state = 'OPEN')"""
        )
    if "resolved" in parts:
        ctes.append(
            """resolved AS (UPDATE incidents SET resolved_at = :now FROM fence
            WHERE instance_id = :instance_id AND token_id = ANY(:resolved) AND resolved_at IS NULL)"""
        )
    if "consumed_message" in parts:
        ctes.append(
            """consumed AS (UPDATE messages
            SET state = 'DELIVERED', expires_at = greatest(expires_at, :remember_until)
            FROM fence WHERE id = :consumed_message)"""
        )
    return f"WITH {', '.join(ctes)} SELECT count(*) AS done FROM fence"
