"""A move on PostgreSQL: one statement in one round trip.

Every part hangs on `fence`, and `fence` on `guard`: `guard` takes the instance's row (so that moves of one
instance come one after the other, and none after a cancel) and `fence` holds only if every token still
had the epoch that was read. When it does not hold, nothing but the instance's step count was touched.
"""

from functools import lru_cache

from workers.engine.store.rows import MUTABLE, columns_of, values_of
from workers.engine.store.transaction import Transaction, json_text
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


#: What else a move may do, by the part of the changes that asks for it.
_PARTS: dict[str, tuple[str, ...]] = {
    "done": (
        """done AS (UPDATE scopes SET kind = r.kind, host_id = r.host_id, number = r.number
        FROM fence, json_populate_recordset(NULL::scopes, :done) AS r WHERE scopes.id = r.id)""",
    ),
    "closed": (
        "closed AS (DELETE FROM scopes USING fence WHERE id = ANY(:closed))",
        "gone_variables AS (DELETE FROM variables USING fence WHERE scope_id = ANY(:closed))",
    ),
    "forgotten": (
        """forgotten AS (DELETE FROM variables USING fence,
            unnest(:forgotten::text[], :forgotten_names::text[]) AS r(scope_id, name)
        WHERE variables.scope_id = r.scope_id AND variables.name = r.name)""",
    ),
    "released": tuple(
        f"""gone_{table} AS (DELETE FROM {table} USING fence
        WHERE instance_id = :instance_id AND holder_id = ANY(:released))"""
        for table in ("subscriptions", "timers")
    ),
    "fired": (
        """fired AS (DELETE FROM timers USING fence
        WHERE instance_id = :instance_id AND timers.id = ANY(:fired))""",
    ),
    "ended_jobs": (
        """ended_jobs AS (DELETE FROM jobs USING fence
        WHERE instance_id = :instance_id AND token_id = ANY(:ended_jobs))""",
    ),
    "ended_tasks": (
        """closed_tasks AS (UPDATE tasks SET state = r.state, ended_at = :now, ended_by = r.ended_by
        FROM fence, unnest(:ended_tasks::text[], :task_states::text[], :ended_by::text[])
            AS r(token_id, state, ended_by)
        WHERE instance_id = :instance_id AND tasks.token_id = r.token_id AND tasks.state = 'OPEN')""",
    ),
    "resolved": (
        """resolved AS (UPDATE incidents SET resolved_at = :now FROM fence
        WHERE instance_id = :instance_id AND token_id = ANY(:resolved) AND resolved_at IS NULL)""",
    ),
}


def move(transaction: Transaction, changes: Changes) -> bool:
    """Commits the changes, or nothing of them when another worker was first."""
    parts: dict[str, object] = {
        "instance_id": changes.instance_id,
        "now": changes.now,
        "move_count": changes.moves,
        "fenced": len(changes.moved) + len(changes.dropped),
    }
    for name in (*_INSERTED, "done", "steps"):
        if rows := getattr(changes, name):
            each = rows.values() if isinstance(rows, dict) else rows
            parts[name] = json_text([values_of(row) for row in each])
    for name in _IDS:
        if ids := getattr(changes, name):
            parts[name] = ids
    if changes.moved:
        parts["moved"] = json_text([values_of(token) for token in changes.moved.values()])
    if changes.dropped:
        parts["dropped"] = list(changes.dropped)
        parts["dropped_epochs"] = list(changes.dropped.values())
    if changes.variables:
        parts["variables"] = [json_text(value) for value in changes.variables.values()]
        parts["variable_scopes"] = [scope for scope, _ in changes.variables]
        parts["variable_names"] = [name for _, name in changes.variables]
    if changes.forgotten:
        parts["forgotten"] = [scope for scope, _ in changes.forgotten]
        parts["forgotten_names"] = [name for _, name in changes.forgotten]
    if changes.ended_tasks:
        parts["ended_tasks"] = [task.token_id for task in changes.ended_tasks]
        parts["task_states"] = [task.state for task in changes.ended_tasks]
        parts["ended_by"] = [task.by for task in changes.ended_tasks]
    if changes.status is not None:
        parts["status"] = changes.status
    if changes.read_seq is not None:
        parts["read_seq"] = changes.read_seq
    return bool(transaction.rows(_statement(frozenset(parts)), **parts)[0]["done"])


@lru_cache(maxsize=256)
def _statement(parts: frozenset[str]) -> str:
    """The statement for changes that have these parts; the same shape is prepared once."""
    ends = ", status = :status, ended_at = :now" if "status" in parts else ""
    unmoved = " AND seq = :read_seq" if "read_seq" in parts else ""
    ctes = [
        f"""guard AS (UPDATE instances SET seq = seq + :move_count{ends}
            WHERE id = :instance_id AND status = 'RUNNING'{unmoved} RETURNING seq - :move_count AS seq)"""
    ]
    counts = []
    if "moved" in parts:
        written = ", ".join(f"{name} = r.{name}" for name in MUTABLE)
        ctes.append(
            f"""moved AS (UPDATE tokens SET {written}
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
            columns = columns_of(row)
            ctes.append(
                f"""new_{name} AS (INSERT INTO {table} ({", ".join(columns)})
                SELECT {", ".join(f"r.{column}" for column in columns)}
                FROM fence, json_populate_recordset(NULL::{table}, :{name}) AS r)"""
            )
    if "steps" in parts:
        names = [name for name in columns_of(HistoryStep) if name != "seq"]
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
    ctes += [text for name, texts in _PARTS.items() if name in parts for text in texts]
    return f"WITH {', '.join(ctes)} SELECT count(*) AS done FROM fence"
