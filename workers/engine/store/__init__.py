"""The SQL of load, move, claim and upkeep, where PostgreSQL and SQLite differ; the verbs have the rest."""

from workers.engine.store.stale import Stale
from workers.engine.store.store import Store, impatient, retrying
from workers.engine.store.upkeep import Claim, DueTimer, Lease, Upkeep

__all__ = ["Claim", "DueTimer", "Lease", "Stale", "Store", "Upkeep", "impatient", "retrying"]
