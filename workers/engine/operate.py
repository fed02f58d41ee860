"""What an operator does to an instance: cancel it, retry its incidents, set its variables."""

from typing import TYPE_CHECKING

from models.errors import Conflict
from models.states import RUNNING, STUCK
from workers.engine import plan
from workers.engine.access import locked_instance
from workers.engine.changes import Changes
from workers.engine.graphs import NotCompilable
from workers.engine.requests import Access
from workers.engine.situation import InstanceFacts, Retried
from workers.engine.start import check_names
from workers.flow.json_value import JsonValue

if TYPE_CHECKING:
    from workers.engine.engine import Engine


def cancel(engine: "Engine", access: Access, instance_id: str, by: str | None) -> None:
    """Final: after it no node starts, and what a node in flight returns is not recorded.

    Raises:
        NotFound, Forbidden: as `locked_instance`.
        Conflict: INSTANCE_ENDED.
    """
    with engine.store.transaction() as transaction:
        facts = locked_instance(engine, transaction, access, instance_id)
        _require_running(facts)
        try:
            graph = engine.graphs.get(facts.version_id, transaction)
        except NotCompilable:
            graph = None
        changes = plan.cancel(graph, engine.store.whole(transaction, facts), by)
        engine.store.apply(transaction, changes)


def retry(engine: "Engine", access: Access, instance_id: str) -> None:
    """Every incident goes on from its node, with a fresh count of attempts.

    Raises:
        NotFound, Forbidden: as `locked_instance`.
        Conflict: INSTANCE_ENDED, NO_INCIDENT.
    """
    made: list[Changes] = []
    with engine.store.transaction() as transaction:
        facts = locked_instance(engine, transaction, access, instance_id)
        _require_running(facts)
        graph = engine.graphs.get(facts.version_id, transaction)
        stuck = [t for t in engine.store.whole(transaction, facts).tokens.values() if t.state == STUCK]
        if not stuck:
            raise Conflict("The instance has no open incident.", code="NO_INCIDENT")
        for token in stuck:
            situation = engine.store.whole(transaction, facts)
            changes = plan.plan(graph, situation, Retried(token.id, token.epoch))
            engine.store.apply(transaction, changes)
            made.append(changes)
    for changes in made:
        engine.ring(changes)


def set_variables(engine: "Engine", access: Access, instance_id: str, values: dict[str, JsonValue]) -> None:
    """Writes the instance's variables by name; those not named stay.

    Raises:
        NotFound, Forbidden: as `locked_instance`.
        Conflict: INSTANCE_ENDED.
        Unprocessable: a name of the system.
    """
    check_names(values, "variables")
    with engine.store.transaction() as transaction:
        facts = locked_instance(engine, transaction, access, instance_id)
        _require_running(facts)
        changes = Changes(facts.id, transaction.now())
        changes.variables = {(facts.id, name): value for name, value in values.items()}
        engine.store.apply(transaction, changes)


def _require_running(facts: InstanceFacts) -> None:
    if facts.status != RUNNING:
        raise Conflict(f"The instance is {facts.status}.", code="INSTANCE_ENDED")
