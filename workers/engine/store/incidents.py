"""`incidents`: tokens that stand still until something is mended. A move opens and resolves them."""

from dataclasses import dataclass
from datetime import datetime

from workers.engine.store.dialect import Transaction


@dataclass(frozen=True, slots=True)
class Incident:
    """`resolved_at` is None while it is open."""

    token_id: str
    resolved_at: datetime | None


def find(transaction: Transaction, instance_id: str, id: str) -> Incident | None:
    """The incident of that id, if it is one of this instance."""
    rows = transaction.rows(
        "SELECT token_id, resolved_at FROM incidents WHERE id = :id AND instance_id = :instance_id",
        id=id,
        instance_id=instance_id,
    )
    return Incident(**rows[0]) if rows else None
