"""Whether a caller may touch an instance: another organization's looks as if it did not exist."""

from models.errors import Forbidden, NotFound
from workers.engine.requests import Access
from workers.semantics.changes import Changes
from workers.semantics.situation import InstanceFacts


def check_access(access: Access, facts: InstanceFacts) -> None:
    """Called with the instance locked, before anything of it is looked at.

    Raises:
        NotFound: INSTANCE_NOT_FOUND.
        Forbidden: ENVIRONMENT_NOT_ALLOWED.
    """
    if access.organization_id not in (None, facts.organization_id):
        raise _not_found()
    if access.environment not in (None, facts.environment):
        raise Forbidden(f"This key may only act in {access.environment}.", code="ENVIRONMENT_NOT_ALLOWED")


def require(changes: Changes | None) -> Changes:
    """What was committed; nothing was, where there is no such instance."""
    if changes is None:
        raise _not_found()
    return changes


def _not_found() -> NotFound:
    return NotFound("There is no instance with this id.", code="INSTANCE_NOT_FOUND")
