"""An operator has incidents tried again."""

from models.errors import Conflict, NotFound
from models.states import TokenState
from workers.engine.change import change
from workers.engine.checks import check_access, check_running, require
from workers.engine.context import Context
from workers.engine.locked import Locked
from workers.engine.requests import Access
from workers.engine.store import incidents
from workers.semantics.changes import Changes
from workers.semantics.follow_up import FollowUp, follow_ups
from workers.semantics.situation import Retried
from workers.semantics.stuck import NothingToAsk


def retry(
    context: Context, access: Access, instance_id: str, *, incident_id: str | None, anew: bool
) -> list[FollowUp]:
    """One incident, or every one, goes on from its node, with a fresh count of attempts.

    With `anew` an answer that came is put aside, and the node asks again.

    Raises:
        NotFound, Forbidden: as `check_access`; INCIDENT_NOT_FOUND.
        Conflict: INSTANCE_ENDED, NO_INCIDENT, INCIDENT_RESOLVED; NOTHING_TO_ASK, and then none is retried.
    """

    def decide(locked: Locked) -> Changes:
        check_access(access, locked.facts)
        check_running(locked.facts)
        event = Retried(_stuck(locked, incident_id), anew)
        try:
            return locked.plan(event)
        except NothingToAsk as nothing:
            raise Conflict(
                f"What came for the node '{nothing.node_id}' came once: it has nobody to ask again. "
                "Retry it from the answer, which can be changed.",
                code="NOTHING_TO_ASK",
            ) from None

    made = change(context, instance_id, decide)
    require(made)
    return follow_ups(made)


def _stuck(locked: Locked, incident_id: str | None) -> frozenset[str]:
    """The tokens of the open incident, or of all."""
    tokens = locked.whole.tokens.values()
    stuck = frozenset(token.id for token in tokens if token.state == TokenState.INCIDENT)
    if incident_id is None:
        if not stuck:
            raise Conflict("The instance has no open incident.", code="NO_INCIDENT")
        return stuck
    incident = incidents.find(locked.transaction, locked.facts.id, incident_id)
    if incident is None:
        raise NotFound("The instance has no incident with this incidentId.", code="INCIDENT_NOT_FOUND")
    if incident.resolved_at is not None or incident.token_id not in stuck:
        raise Conflict("The incident is resolved already.", code="INCIDENT_RESOLVED")
    return frozenset({incident.token_id})
