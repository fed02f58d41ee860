"""`jobs`: external service tasks. A move writes and deletes them; workers lock them here, without waiting.

What another worker is about to take is left to it.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from workers.engine.store.dialect import Transaction
from workers.engine.store.rows import Row
from workers.semantics.memory import Memory


@dataclass(frozen=True, slots=True)
class Topic:
    """Which jobs a worker fetches."""

    organization_id: str
    environment: str
    topic: str


@dataclass(frozen=True, slots=True)
class Job:
    """A job with the memory of its token; `epoch` counts its locks, and is 0 while it never had one."""

    id: str
    epoch: int
    organization_id: str
    environment: str
    instance_id: str
    token_id: str
    node_id: str
    memory: Memory


@dataclass(frozen=True, slots=True)
class FetchedJob:
    """A job that a worker has just locked until `available_at`, with all that the worker is told."""

    id: str
    epoch: int
    organization_id: str
    instance_id: str
    token_id: str
    node_id: str
    topic: str
    available_at: datetime
    flow_id: str
    version_id: str
    version_number: int
    correlation_key: str | None
    attempts: int
    memory: Memory


_FREE = (
    "organization_id = :organization_id AND environment = :environment AND topic = :topic "
    "AND available_at <= :now"
)


def is_any_free(transaction: Transaction, topic: Topic) -> bool:
    """Whether a worker could lock one. Mostly not, and nobody who writes has to wait for that answer."""
    sql = f"SELECT 1 AS one FROM jobs WHERE {_FREE} LIMIT 1"
    return bool(transaction.rows(sql, **asdict(topic), now=transaction.now()))


def fetch(
    transaction: Transaction, topic: Topic, *, worker: str, most: int, lock: timedelta
) -> list[FetchedJob]:
    """Locks those that have been free the longest, each for one worker only; the oldest come first.

    Two statements, because SQLite gives back columns of the updated table only: in autocommit what ended, or
    was locked by another, between the two is no longer this worker's and left out.
    """
    now = transaction.now()
    locked = transaction.rows(
        f"""WITH free AS MATERIALIZED (SELECT id FROM jobs WHERE {_FREE} AND EXISTS
            (SELECT 1 FROM instances i WHERE i.id = jobs.instance_id AND i.status = 'RUNNING')
            ORDER BY available_at, id LIMIT :most {{skip_locked}})
        UPDATE jobs SET epoch = epoch + 1, worker = :worker, available_at = :until
        WHERE id IN (SELECT id FROM free) RETURNING id, epoch""",
        **asdict(topic),
        now=now,
        until=now + lock,
        worker=worker,
        most=most,
    )
    epochs = {row["id"]: row["epoch"] for row in locked}
    rows = transaction.rows(
        """SELECT j.id, j.epoch, j.organization_id, j.instance_id, j.token_id, j.node_id, j.topic,
            j.available_at, i.flow_id, i.version_id, i.version_number, i.correlation_key, t.input, t.attempts
        FROM jobs j JOIN instances i ON i.id = j.instance_id JOIN tokens t ON t.id = j.token_id
        WHERE j.id = ANY(:ids) ORDER BY j.created_at, j.id""",
        ids=list(epochs),
    )
    return [FetchedJob(**_remembered(row)) for row in rows if row["epoch"] == epochs[row["id"]]]


def find(transaction: Transaction, id: str, *, for_update: bool = False) -> Job | None:
    """The job; with `for_update` nobody locks it until the transaction ends."""
    find = """SELECT j.id, j.epoch, j.organization_id, j.environment, j.instance_id, j.token_id, j.node_id,
            t.input
        FROM jobs j JOIN tokens t ON t.id = j.token_id WHERE j.id = :id"""
    rows = transaction.rows(f"{find} {{for_update}}" if for_update else find, id=id)
    return Job(**_remembered(rows[0])) if rows else None


def extend(transaction: Transaction, id: str, epoch: int, until: datetime) -> bool:
    """Moves the end of a lock; False when it is not the job's newest."""
    return bool(
        transaction.run(
            "UPDATE jobs SET available_at = :until WHERE id = :id AND epoch = :epoch",
            until=until,
            id=id,
            epoch=epoch,
        )
    )


def _remembered(row: Row) -> Row:
    return {**{name: row[name] for name in row if name != "input"}, "memory": Memory.from_json(row["input"])}
