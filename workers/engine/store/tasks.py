"""`tasks`: what waits, or waited, for a person. A move opens and ends them; here they are asked for."""

from dataclasses import dataclass

from workers.engine.store.dialect import Transaction


@dataclass(frozen=True, slots=True)
class Task:
    """`state` is OPEN, COMPLETED or CANCELLED."""

    id: str
    token_id: str
    state: str


def find(transaction: Transaction, instance_id: str, node_id: str, id: str) -> Task | None:
    """The task of that id, open or ended, if it is one of this instance at this node."""
    rows = transaction.rows(
        """SELECT id, token_id, state FROM tasks
        WHERE id = :id AND instance_id = :instance_id AND node_id = :node_id""",
        id=id,
        instance_id=instance_id,
        node_id=node_id,
    )
    return Task(**rows[0]) if rows else None


def open_at(transaction: Transaction, instance_id: str, node_id: str) -> list[Task]:
    """The open tasks of an instance at a node, the oldest first."""
    rows = transaction.rows(
        """SELECT id, token_id, state FROM tasks
        WHERE instance_id = :instance_id AND node_id = :node_id AND state = 'OPEN' ORDER BY created_at, id""",
        instance_id=instance_id,
        node_id=node_id,
    )
    return [Task(**row) for row in rows]
