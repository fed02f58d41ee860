"""`instances`: a new one, its lock, and whether one runs. A move ends it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from workers.engine.store.create import create_on_postgres, create_on_sqlite
from workers.engine.store.transaction import SqliteTransaction, Transaction
from workers.semantics.situation import InstanceFacts, Token


@dataclass(frozen=True, slots=True)
class NewInstance:
    """A row of `instances` that begins, with its first tokens and its variables by name."""

    facts: InstanceFacts
    version_number: int
    tokens: Collection[Token]
    variables: Mapping[str, object]
    started_at: datetime


def insert(transaction: Transaction, new: NewInstance) -> None:
    """Writes the instance with all that it begins with."""
    write = create_on_sqlite if isinstance(transaction, SqliteTransaction) else create_on_postgres
    write(transaction, new.facts, new.version_number, new.tokens, new.variables, new.started_at)


def is_key_free(
    transaction: Transaction, organization_id: str, environment: str, flow_id: str, key: str
) -> bool:
    """Whether no instance of the flow runs with the correlation key.

    Locks the flow's key: by a message, whatever its name, none begins with it until the transaction ends.
    """
    transaction.lock(organization_id, environment, flow_id, key)
    return not transaction.rows(
        """SELECT 1 AS one FROM instances WHERE organization_id = :organization_id
        AND environment = :environment AND flow_id = :flow_id AND correlation_key = :key
        AND status = 'RUNNING' LIMIT 1""",
        organization_id=organization_id,
        environment=environment,
        flow_id=flow_id,
        key=key,
    )
