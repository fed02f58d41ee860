"""What a caller may touch and say, checked alike by every verb.

Another organization's instance looks as if it did not exist.
"""

from collections.abc import Mapping

from models.errors import Conflict, Forbidden, NotFound, Unprocessable
from models.states import InstanceStatus
from workers.engine.requests import Access
from workers.flow.limits import RESERVED_NAMES
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


def check_running(facts: InstanceFacts) -> None:
    """Raises Conflict, INSTANCE_ENDED."""
    if facts.status != InstanceStatus.RUNNING:
        raise Conflict(f"The instance is {facts.status}.", code="INSTANCE_ENDED")


def require(made: list[Changes]) -> Changes:
    """The changes of the instance itself; nothing was committed where there is no such instance.

    Raises:
        NotFound: INSTANCE_NOT_FOUND.
    """
    if not made:
        raise _not_found()
    return made[-1]


def check_names(values: Mapping[str, object], field: str = "data") -> None:
    """Raises Unprocessable for names that are the system's."""
    taken = sorted(RESERVED_NAMES & values.keys())
    if taken:
        raise Unprocessable(
            "Some names belong to the system.",
            [(f"{field}.{name}", "is a name of the system") for name in taken],
        )


def in_data(problems: list[tuple[str, str]], field: str = "data") -> list[tuple[str, str]]:
    """Problems of a value as problems of the request's field that holds it."""
    return [
        (f"{field}{path}" if path.startswith("[") else f"{field}.{path}" if path else field, message)
        for path, message in problems
    ]


def _not_found() -> NotFound:
    return NotFound("There is no instance with this id.", code="INSTANCE_NOT_FOUND")
