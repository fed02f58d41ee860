"""`idempotent_answers`: what a request with an Idempotency-Key was answered, for a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workers.engine.store.dialect import Transaction
from workers.engine.store.rows import row_of
from workers.engine.store.session import Stale


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """One row of `idempotent_answers`."""

    organization_id: str
    route: str
    key: str
    request_hash: str
    answer: Mapping[str, object]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """What the first request with a key was, and the answer to it."""

    request_hash: str
    answer: dict[str, Any]


def remember(transaction: Transaction, key: IdempotencyKey, now: datetime) -> FirstAnswer | None:
    """Takes the key, or gives what it was taken with before; a row whose time is over is taken over.

    A second caller with the same key waits here for the first one's transaction.
    """
    taken = transaction.run(
        """INSERT INTO idempotent_answers (organization_id, route, key, request_hash, answer, expires_at)
        VALUES (:organization_id, :route, :key, :request_hash, :answer, :expires_at)
        ON CONFLICT (organization_id, route, key) DO UPDATE SET request_hash = excluded.request_hash,
            answer = excluded.answer, expires_at = excluded.expires_at
        WHERE idempotent_answers.expires_at < :now""",
        **row_of(key),
        now=now,
    )
    if taken:
        return None
    first = find(transaction, key.organization_id, key.route, key.key, now)
    if first is None:
        raise Stale  # its time was over, and it was forgotten between the two statements
    return first


def find(
    transaction: Transaction, organization_id: str, route: str, key: str, now: datetime
) -> FirstAnswer | None:
    """What the key was taken with; None when it was not, or its time is over."""
    rows = transaction.rows(
        """SELECT request_hash, answer FROM idempotent_answers WHERE organization_id = :organization_id
        AND route = :route AND key = :key AND expires_at >= :now""",
        organization_id=organization_id,
        route=route,
        key=key,
        now=now,
    )
    return FirstAnswer(**rows[0]) if rows else None


def prune(transaction: Transaction, now: datetime) -> None:
    """Forgets the answers whose time is over."""
    transaction.run("DELETE FROM idempotent_answers WHERE expires_at < :now", now=now)
