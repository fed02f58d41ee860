"""Instances that a call activity calls: started and cancelled in the transaction of their caller."""

from typing import TYPE_CHECKING

from models.states import InstanceStatus
from models.types import new_id
from workers.engine.graphs import NotCompilable
from workers.engine.store.transaction import Transaction
from workers.semantics import plan
from workers.semantics.changes import Changes, NewCall
from workers.semantics.incident import cancel_blindly
from workers.semantics.situation import InstanceFacts, Situation

if TYPE_CHECKING:
    from workers.engine.engine import Engine


def start(engine: "Engine", transaction: Transaction, caller: InstanceFacts, call: NewCall) -> Changes:
    """Writes the called instance, with the environment and the correlation key of its caller.

    Raises:
        NotCompilable: this code cannot run the called version.
    """
    graph = engine.graphs.get(call.version_id, transaction)
    version = transaction.rows(
        "SELECT flow_id, version_number FROM flow_versions WHERE id = :id", id=call.version_id
    )[0]
    facts = InstanceFacts(
        id=call.instance_id,
        organization_id=caller.organization_id,
        flow_id=version["flow_id"],
        version_id=call.version_id,
        environment=caller.environment,
        correlation_key=caller.correlation_key,
        status=InstanceStatus.RUNNING,
        caller_id=caller.id,
        caller_token_id=call.token_id,
        caught=call.caught,
        depth=caller.depth + 1,
    )
    situation = Situation(transaction.now(), facts, {}, {}, True, new_id)
    changes = plan.start(graph, situation)
    engine.store.insert_instance(
        transaction, facts, version["version_number"], changes.spawned.values(), call.variables, situation.now
    )
    return changes


def cancel(engine: "Engine", transaction: Transaction, instance_id: str) -> list[Changes]:
    """Ends a called instance, and first those that it called itself; nothing when it has ended."""
    facts = engine.store.lock_instance(transaction, instance_id)
    if facts is None or facts.status != InstanceStatus.RUNNING:
        return []
    situation = engine.store.whole(transaction, facts)
    try:
        changes = plan.cancel(engine.graphs.get(facts.version_id, transaction), situation, None, tell=False)
    except NotCompilable:
        changes = cancel_blindly(situation, tell=False)
    made = [each for called_id in changes.cancelled_calls for each in cancel(engine, transaction, called_id)]
    engine.store.apply(transaction, changes)
    return [*made, changes]
