"""The SQL of load and move, for PostgreSQL and SQLite; nothing else of the engine knows SQL."""

from workers.engine.store.stale import Stale
from workers.engine.store.store import Store, retrying
from workers.engine.store.upkeep import Claim, DueTimer, Lease, Upkeep

__all__ = ["Claim", "DueTimer", "Lease", "Stale", "Store", "Upkeep", "retrying"]
