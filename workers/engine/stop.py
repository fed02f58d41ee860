"""Incident without asking the graph: the graph, or the engine itself, is what failed."""

from typing import TYPE_CHECKING

from models.states import InstanceStatus, TokenState
from workers.engine.store import retrying
from workers.semantics.incident import stop_blindly
from workers.semantics.situation import Situation, Token
from workers.semantics.stuck import Stuck

if TYPE_CHECKING:
    from workers.engine.engine import Engine


def stop(engine: "Engine", instance_id: str, holder_id: str, epoch: int | None, stuck: Stuck) -> None:
    """Makes a token an incident; nothing when it is not at this epoch any more. Without one, at any epoch.

    Where the holder is a scope, it is the token around it, or for the instance's own its oldest one.
    """
    retrying(lambda: _stop(engine, instance_id, holder_id, epoch, stuck))


def _stop(engine: "Engine", instance_id: str, holder_id: str, epoch: int | None, stuck: Stuck) -> None:
    with engine.store.transaction() as transaction:
        facts = engine.store.lock_instance(transaction, instance_id)
        if facts is None or facts.status != InstanceStatus.RUNNING:
            return
        situation = engine.store.whole(transaction, facts)
        token = _token(situation, holder_id)
        if token is None or epoch not in (None, token.epoch) or token.state == TokenState.INCIDENT:
            return
        engine.store.apply(transaction, stop_blindly(situation, token, stuck))


def _token(situation: Situation, holder_id: str) -> Token | None:
    scope = situation.scopes.get(holder_id)
    found = situation.tokens.get(scope.host_id or "" if scope is not None else holder_id)
    if found is None and holder_id == situation.instance.id:
        found = min(situation.tokens.values(), key=lambda token: (token.entered_at, token.id), default=None)
    return found
