"""`instances`: a new one, and whether one runs. A move ends it; `load` locks it."""

from workers.engine.store.dialect import Transaction
from workers.engine.store.rows import NewInstance


def insert(transaction: Transaction, new: NewInstance) -> None:
    """Writes the instance with all that it begins with."""
    transaction.dialect.insert(transaction, new)


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
