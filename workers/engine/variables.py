"""An operator writes variables."""

from models.errors import NotFound
from workers.engine.change import change
from workers.engine.checks import check_access, check_names, check_running, require
from workers.engine.context import Context
from workers.engine.graphs import NotCompilable
from workers.engine.locked import Locked
from workers.engine.requests import Access
from workers.flow.json_value import JsonValue
from workers.semantics.changes import Changes
from workers.semantics.follow_up import FollowUp, follow_ups
from workers.semantics.situation import VariablesSet


def set_variables(
    context: Context,
    access: Access,
    instance_id: str,
    values: dict[str, JsonValue],
    *,
    scope_id: str | None,
) -> list[FollowUp]:
    """Writes variables of a scope, or the instance's own, by name; those not named stay.

    Conditional events look at them.

    Raises:
        NotFound, Forbidden: as `check_access`; SCOPE_NOT_FOUND.
        Conflict: INSTANCE_ENDED.
        Unprocessable: a name of the system.
    """
    check_names(values, "variables")

    def decide(locked: Locked) -> Changes:
        check_access(access, locked.facts)
        check_running(locked.facts)
        if scope_id not in (None, locked.facts.id, *locked.whole.scopes):
            raise NotFound("The instance has no scope with this scopeId.", code="SCOPE_NOT_FOUND")
        try:
            return locked.plan(VariablesSet(values, scope_id))
        except NotCompilable:
            # What waits for a condition is not looked at: nobody knows what the version waits for.
            variables = {(scope_id or locked.facts.id, name): value for name, value in values.items()}
            return Changes(locked.facts.id, locked.whole.now, variables=variables)

    made = change(context, instance_id, decide)
    require(made)
    return follow_ups(made)
