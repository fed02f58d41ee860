"""The SQL of the engine: a file for each table, `Store` for sessions and the hop."""

from workers.engine.store.stale import Stale
from workers.engine.store.store import Store, impatient, retrying
from workers.engine.store.transaction import Row, Transaction
from workers.engine.store.upkeep import Claim, DueTimer, Lease, Upkeep

__all__ = [
    "Claim",
    "DueTimer",
    "Lease",
    "Row",
    "Stale",
    "Store",
    "Transaction",
    "Upkeep",
    "impatient",
    "retrying",
]
