"""What is written of a token: a claim, what its visit keeps, and a move of one or of several together."""

from datetime import datetime

from workers.engine.store.dialect import Transaction
from workers.engine.store.rows import memory_text
from workers.engine.store.session import Stale
from workers.semantics.changes import Changes
from workers.semantics.memory import Memory
from workers.semantics.situation import Token


def apply(transaction: Transaction, changes: Changes) -> None:
    """Writes changes within a transaction; raises Stale, which rolls it back, when a fence fails."""
    if not transaction.dialect.move(transaction, changes):
        raise Stale


def alone(transaction: Transaction, changes: Changes) -> None:
    """Writes changes that are nobody's transaction but their own: on PostgreSQL one statement in autocommit.

    Raises:
        Stale: another worker was first, or the instance has ended; but for the instance's count of moves
            nothing was written.
        ValueError: more than one token is fenced, or the instance ends: a lost race would leave halves.
    """
    if len(changes.moved) + len(changes.dropped) > 1 or changes.status is not None:
        raise ValueError("only a transaction can take back what such a move has written")
    apply(transaction, changes)


def claim(transaction: Transaction, token: Token, memory: Memory, lease_at: datetime) -> bool:
    """Makes a ready token this worker's until `lease_at`, with what its visit keeps."""
    return bool(
        transaction.run(
            """UPDATE tokens SET state = 'running', epoch = epoch + 1, lease_at = :lease_at, input = :input
            WHERE id = :id AND epoch = :epoch AND state = 'ready' AND EXISTS
                (SELECT 1 FROM instances WHERE id = :instance_id AND status = 'RUNNING' {for_share})""",
            id=token.id,
            epoch=token.epoch,
            instance_id=token.instance_id,
            lease_at=lease_at,
            input=memory_text(memory),
        )
    )


def keep(transaction: Transaction, token: Token, memory: Memory) -> bool:
    """Writes what a visit keeps that was claimed before its input was known; the epoch stays."""
    return bool(
        transaction.run(
            "UPDATE tokens SET input = :input WHERE id = :id AND epoch = :epoch AND state = 'running'",
            input=memory_text(memory),
            id=token.id,
            epoch=token.epoch,
        )
    )
