"""What a caller may touch: another organization's instance looks as if it did not exist."""

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
    check_environment(access, facts.environment)


def check_environment(access: Access, environment: str) -> None:
    """Raises Forbidden, ENVIRONMENT_NOT_ALLOWED, for a key that is bound to the other environment."""
    if access.environment not in (None, environment):
        raise Forbidden(f"This key may only act in {access.environment}.", code="ENVIRONMENT_NOT_ALLOWED")


def require(changes: Changes | None) -> Changes:
    """What was committed; nothing was, where there is no such instance."""
    if changes is None:
        raise _not_found()
    return changes


def _not_found() -> NotFound:
    return NotFound("There is no instance with this id.", code="INSTANCE_NOT_FOUND")
