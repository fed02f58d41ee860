"""Whether a caller may touch an instance: another organization's looks as if it did not exist."""

from typing import TYPE_CHECKING

from models.errors import Forbidden, NotFound
from workers.engine.requests import Access
from workers.engine.situation import InstanceFacts
from workers.engine.store.transaction import Transaction

if TYPE_CHECKING:
    from workers.engine.engine import Engine


def locked_instance(
    engine: "Engine", transaction: Transaction, access: Access, instance_id: str
) -> InstanceFacts:
    """Locks the instance until the transaction ends.

    Raises:
        NotFound: INSTANCE_NOT_FOUND.
        Forbidden: ENVIRONMENT_NOT_ALLOWED.
    """
    facts = engine.store.lock_instance(transaction, instance_id)
    if facts is None or access.organization_id not in (None, facts.organization_id):
        raise NotFound("There is no instance with this id.", code="INSTANCE_NOT_FOUND")
    if access.environment not in (None, facts.environment):
        raise Forbidden(f"This key may only act in {access.environment}.", code="ENVIRONMENT_NOT_ALLOWED")
    return facts
