"""Makes a token an incident without asking its graph: the graph, or the engine itself, is what failed."""

from dataclasses import replace
from typing import TYPE_CHECKING

from models.states import RUNNING, STUCK
from models.types import new_id
from workers.engine.changes import Changes, NewIncident
from workers.engine.store import retrying
from workers.engine.stuck import Stuck

if TYPE_CHECKING:
    from workers.engine.engine import Engine


def stop(engine: "Engine", instance_id: str, token_id: str, epoch: int | None, stuck: Stuck) -> None:
    """Does nothing when the token is not at this epoch any more; without one, at whatever epoch it is."""
    retrying(lambda: _stop(engine, instance_id, token_id, epoch, stuck))


def _stop(engine: "Engine", instance_id: str, token_id: str, epoch: int | None, stuck: Stuck) -> None:
    with engine.store.transaction() as transaction:
        facts = engine.store.lock_instance(transaction, instance_id)
        if facts is None or facts.status != RUNNING:
            return
        situation = engine.store.whole(transaction, facts)
        token = situation.tokens.get(token_id)
        if token is None or epoch not in (None, token.epoch):
            return
        changes = Changes(instance_id, situation.now, released=[token.id], ended_jobs=[token.id])
        # What it waited for is given up with it; going on after a retry begins to wait anew.
        kept = token.input if not isinstance(token.input, dict) else {**token.input}
        if isinstance(kept, dict):
            kept.pop("begun", None)
        changes.moved[token.id] = replace(
            token, state=STUCK, epoch=token.epoch + 1, sent_at=None, lease_at=None, input=kept
        )
        changes.incidents.append(
            NewIncident(
                id=new_id("inc_"),
                instance_id=instance_id,
                token_id=token.id,
                node_id=token.node_id,
                code=stuck.code,
                message=stuck.message,
                attempts=token.attempts + 1,
                created_at=situation.now,
            )
        )
        engine.store.apply(transaction, changes)
