"""What `start` asks, until it asks `answers`."""

from datetime import datetime

from workers.engine.store import answers
from workers.engine.store.dialect import Transaction
from workers.engine.store.rows import Row


def find_answer(
    transaction: Transaction, organization_id: str, route: str, key: str, now: datetime
) -> Row | None:
    first = answers.find(transaction, organization_id, route, key, now)
    return None if first is None else {"request_hash": first.request_hash, "answer": first.answer}
