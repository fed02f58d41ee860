"""What an operator does to an instance: cancel it, retry its incidents, set its variables."""

from typing import TYPE_CHECKING

from models.errors import Conflict
from models.states import RUNNING, STUCK
from workers.engine import plan
from workers.engine.access import check_access, require
from workers.engine.commit import change
from workers.engine.graphs import NotCompilable
from workers.engine.requests import Access
from workers.engine.start import check_names
from workers.engine.stop import cancel_blindly
from workers.engine.store.transaction import Transaction
from workers.flow.json_value import JsonValue
from workers.semantics.changes import Changes
from workers.semantics.situation import InstanceFacts, Retried, VariablesSet

if TYPE_CHECKING:
    from workers.engine.engine import Engine


def cancel(engine: "Engine", access: Access, instance_id: str, by: str | None) -> None:
    """Final: after it no node starts, and what a node in flight returns is not recorded.

    Raises:
        NotFound, Forbidden: as `check_access`.
        Conflict: INSTANCE_ENDED.
    """

    def plan_it(transaction: Transaction, facts: InstanceFacts) -> Changes:
        check_access(access, facts)
        _require_running(facts)
        situation = engine.store.whole(transaction, facts)
        try:
            graph = engine.graphs.get(facts.version_id, transaction)
        except NotCompilable:
            return cancel_blindly(situation)
        return plan.cancel(graph, situation, by)

    require(change(engine, instance_id, plan_it))


def retry(engine: "Engine", access: Access, instance_id: str) -> None:
    """Every incident goes on from its node, with a fresh count of attempts.

    Raises:
        NotFound, Forbidden: as `check_access`.
        Conflict: INSTANCE_ENDED, NO_INCIDENT.
    """

    def plan_it(transaction: Transaction, facts: InstanceFacts) -> Changes:
        check_access(access, facts)
        _require_running(facts)
        situation = engine.store.whole(transaction, facts)
        if all(token.state != STUCK for token in situation.tokens.values()):
            raise Conflict("The instance has no open incident.", code="NO_INCIDENT")
        return plan.plan(engine.graphs.get(facts.version_id, transaction), situation, Retried())

    require(change(engine, instance_id, plan_it))


def set_variables(engine: "Engine", access: Access, instance_id: str, values: dict[str, JsonValue]) -> None:
    """Writes the instance's variables by name; those not named stay. Conditional events look at them.

    Raises:
        NotFound, Forbidden: as `check_access`.
        Conflict: INSTANCE_ENDED.
        Unprocessable: a name of the system.
    """
    check_names(values, "variables")

    def plan_it(transaction: Transaction, facts: InstanceFacts) -> Changes:
        check_access(access, facts)
        _require_running(facts)
        try:
            graph = engine.graphs.get(facts.version_id, transaction)
        except NotCompilable:
            variables = {(facts.id, name): value for name, value in values.items()}
            return Changes(facts.id, transaction.now(), variables=variables)
        return plan.plan(graph, engine.store.whole(transaction, facts), VariablesSet(values))

    require(change(engine, instance_id, plan_it))


def _require_running(facts: InstanceFacts) -> None:
    if facts.status != RUNNING:
        raise Conflict(f"The instance is {facts.status}.", code="INSTANCE_ENDED")
