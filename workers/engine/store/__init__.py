"""The SQL of load and move, for PostgreSQL and SQLite; nothing else of the engine knows SQL."""

from workers.engine.store.stale import Stale
from workers.engine.store.store import Store, retrying
from workers.engine.store.upkeep import Claim, Due, Upkeep

__all__ = ["Claim", "Due", "Stale", "Store", "Upkeep", "retrying"]
