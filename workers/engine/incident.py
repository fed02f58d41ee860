"""Makes a token an incident where the engine itself, or the version, is what failed."""

from datetime import timedelta

import structlog

from models.incident_code import IncidentCode
from models.states import InstanceStatus, TokenState
from workers.engine.change import change
from workers.engine.context import Context
from workers.engine.graphs import NotCompilable
from workers.engine.locked import Locked
from workers.semantics.blindly import stop_blindly
from workers.semantics.changes import Changes
from workers.semantics.situation import Situation, Token
from workers.semantics.stuck import Stuck

log = structlog.get_logger(__name__)

#: In a rolling deploy another worker may know what this one cannot run: it gets so much time for it.
ROLLING = timedelta(seconds=60)


def stop(context: Context, instance_id: str, holder_id: str, epoch: int | None, stuck: Stuck) -> None:
    """Makes a token an incident; nothing when it is not at this epoch any more. Without one, at any epoch.

    Where the holder is a scope, the incident is of the token that hosts it; where it is the instance, of its
    oldest token.
    """

    def decide(locked: Locked) -> Changes | None:
        if locked.facts.status != InstanceStatus.RUNNING:
            return None
        token = _token(locked.whole, holder_id)
        if token is None or epoch not in (None, token.epoch) or token.state == TokenState.INCIDENT:
            return None
        return stop_blindly(locked.whole, token, stuck)

    change(context, instance_id, decide)


def stop_failed(context: Context, instance_id: str, token_id: str, epoch: int, error: Exception) -> None:
    """As `stop`, for an error that nobody expected."""
    reason = f"{type(error).__name__}: {error}"[:2000]
    stop(context, instance_id, token_id, epoch, Stuck(IncidentCode.INTERNAL_ERROR, reason))


def stop_not_runnable(
    context: Context, instance_id: str, holder_id: str, epoch: int | None, error: NotCompilable
) -> None:
    """As `stop`, for a version that this code cannot run."""
    log.warning("a version cannot be run", instance=instance_id, reason=str(error))
    stop(context, instance_id, holder_id, epoch, Stuck(IncidentCode.VERSION_NOT_RUNNABLE, str(error)[:2000]))


def _token(situation: Situation, holder_id: str) -> Token | None:
    scope = situation.scopes.get(holder_id)
    found = situation.tokens.get(scope.host_id or "" if scope is not None else holder_id)
    if found is None and holder_id == situation.instance.id:
        found = min(situation.tokens.values(), key=lambda token: (token.entered_at, token.id), default=None)
    return found
