"""The SQL of jobs. A lock is taken without waiting: what another worker is about to take is left to it."""

from datetime import datetime, timedelta

from workers.engine.store.store import Store
from workers.engine.store.transaction import Row, Transaction, json_text
from workers.semantics.memory import Memory

_FREE = (
    "organization_id = :organization_id AND environment = :environment AND topic = :topic "
    "AND available_at <= :now"
)

#: Two statements, because SQLite gives back columns of the updated table only.
_LOCK = f"""WITH free AS MATERIALIZED (SELECT id FROM jobs WHERE {_FREE} AND EXISTS
        (SELECT 1 FROM instances i WHERE i.id = jobs.instance_id AND i.status = 'RUNNING')
        ORDER BY available_at, id LIMIT :most {{skip_locked}})
    UPDATE jobs SET epoch = epoch + 1, worker = :worker, available_at = :until
    WHERE id IN (SELECT id FROM free) RETURNING id, epoch"""

_LOCKED = """SELECT j.id, j.epoch, j.organization_id, j.instance_id, j.token_id, j.node_id, j.topic,
        j.available_at, i.flow_id, i.version_id, i.version_number, i.correlation_key, t.input, t.attempts
    FROM jobs j JOIN instances i ON i.id = j.instance_id JOIN tokens t ON t.id = j.token_id"""

_FIND = """SELECT j.id, j.epoch, j.organization_id, j.environment, j.instance_id, j.token_id, t.input
    FROM jobs j JOIN tokens t ON t.id = j.token_id WHERE j.id = :id"""


def lock_jobs(
    store: Store,
    *,
    organization_id: str,
    environment: str,
    topic: str,
    worker: str,
    most: int,
    lock: timedelta,
) -> list[Row]:
    """Locks those that have been free the longest, each for one worker only; the oldest come first."""
    address = {"organization_id": organization_id, "environment": environment, "topic": topic}
    with store.autocommit() as reading:
        # Mostly there is none, and nobody who writes has to wait for that answer.
        if not reading.rows(f"SELECT 1 AS one FROM jobs WHERE {_FREE} LIMIT 1", **address, now=reading.now()):
            return []
    with store.statements() as transaction:
        now = transaction.now()
        until = now + lock
        locked = transaction.rows(_LOCK, **address, now=now, until=until, worker=worker, most=most)
        epochs = {row["id"]: row["epoch"] for row in locked}
        is_sqlite = store.database.is_sqlite
        wanted = "IN (SELECT value FROM json_each(:ids))" if is_sqlite else "= ANY(:ids)"
        rows = transaction.rows(
            f"{_LOCKED} WHERE j.id {wanted} ORDER BY j.created_at, j.id",
            ids=json_text(list(epochs)) if is_sqlite else list(epochs),
        )
    # What ended, or was locked by another, between the two statements is no longer this worker's.
    return [_remembered(row) for row in rows if row["epoch"] == epochs[row["id"]]]


def find_job(transaction: Transaction, id: str, *, for_update: bool = False) -> Row | None:
    """A job with the memory of its token; `for_update`: nobody locks it until the transaction ends."""
    rows = transaction.rows(f"{_FIND} {{for_update}}" if for_update else _FIND, id=id)
    return _remembered(rows[0]) if rows else None


def _remembered(row: Row) -> Row:
    return {**row, "memory": Memory.from_json(row["input"])}


def extend_lock(transaction: Transaction, id: str, epoch: int, until: datetime) -> bool:
    """Moves the end of a lock; False when it is not the job's newest."""
    return bool(
        transaction.run(
            "UPDATE jobs SET available_at = :until WHERE id = :id AND epoch = :epoch",
            until=until,
            id=id,
            epoch=epoch,
        )
    )
