"""Names that the verbs import from here, until they import them from the package."""

from workers.engine.store.dialect import Transaction
from workers.engine.store.rows import Row, json_text

__all__ = ["Row", "Transaction", "json_text"]
