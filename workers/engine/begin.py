"""Begins instances: those that a caller starts, those of a start event, and those that a flow calls."""

from models.errors import Unprocessable
from models.states import InstanceStatus
from models.types import new_id
from workers.engine.checks import in_data
from workers.engine.context import Context
from workers.engine.graphs import NotCompilable
from workers.engine.store import NewInstance, Transaction, instances, versions
from workers.engine.store.starts import Start
from workers.flow.graph import MessageCatch
from workers.flow.json_value import JsonValue
from workers.semantics import plan
from workers.semantics.blindly import start_blindly
from workers.semantics.changes import Changes, NewCall
from workers.semantics.kinds.message import message_problems
from workers.semantics.situation import WHOLE, InstanceFacts, Situation


def is_free(transaction: Transaction, start: Start, key: str) -> bool:
    """Whether a message with this correlation key may begin the flow: no instance of it runs with the key.

    Messages of other names may begin it too: see `instances.is_key_free`.
    """
    if not key:
        return True
    return instances.is_key_free(transaction, start.organization_id, start.environment, start.flow_id, key)


def check_data(catch: MessageCatch, data: dict[str, JsonValue]) -> None:
    """Raises Unprocessable where the data breaks the dataSchema of what a message would reach."""
    problems = message_problems(catch, data)
    if problems:
        raise Unprocessable("The data does not fit the message's dataSchema.", in_data(problems))


def at_event(
    context: Context,
    transaction: Transaction,
    start: Start,
    correlation_key: str | None,
    came: dict[str, JsonValue],
    *,
    strict: bool = False,
) -> Changes:
    """Writes an instance that begins at a start event that waited, with what came for it.

    A version that this code cannot run begins too: another worker may know it, else it becomes an incident.
    So it holds up neither the sender nor the other flows that begin.

    Raises:
        Unprocessable: the data breaks the dataSchema and the message is `strict` about it.
    """
    facts = InstanceFacts(
        id=new_id("inst_"),
        organization_id=start.organization_id,
        flow_id=start.flow_id,
        version_id=start.version_id,
        environment=start.environment,
        correlation_key=correlation_key,
        status=InstanceStatus.RUNNING,
    )
    situation = Situation(transaction.now(), facts, {}, {}, WHOLE, new_id)
    try:
        graph = context.graphs.get(start.version_id, transaction)
    except NotCompilable:
        changes = start_blindly(situation, start.node_id, came)
    else:
        catch = graph.nodes[start.node_id].details
        if strict and isinstance(catch, MessageCatch):
            check_data(catch, came)
        changes = plan.start(graph, situation, start.node_id, came)
    instances.insert(transaction, new_instance(changes, facts, start.version_number))
    return changes


def called(context: Context, transaction: Transaction, caller: InstanceFacts, call: NewCall) -> Changes:
    """Writes the instance that a call activity calls, in the transaction of its caller.

    It has the environment and the correlation key of its caller.

    Raises:
        NotCompilable: this code cannot run the called version.
    """
    graph = context.graphs.get(call.version_id, transaction)
    version = versions.find_called(transaction, call.version_id)
    facts = InstanceFacts(
        id=call.instance_id,
        organization_id=caller.organization_id,
        flow_id=version.flow_id,
        version_id=call.version_id,
        environment=caller.environment,
        correlation_key=caller.correlation_key,
        status=InstanceStatus.RUNNING,
        caller_id=caller.id,
        caller_token_id=call.token_id,
        caught=call.caught,
        depth=caller.depth + 1,
    )
    changes = plan.start(graph, Situation(transaction.now(), facts, {}, {}, WHOLE, new_id))
    instances.insert(transaction, new_instance(changes, facts, version.version_number, call.variables))
    return changes


def new_instance(
    changes: Changes,
    facts: InstanceFacts,
    version_number: int,
    variables: dict[str, JsonValue] | None = None,
) -> NewInstance:
    """The rows of an instance that begins with these changes."""
    return NewInstance(facts, version_number, list(changes.spawned.values()), variables or {}, changes.now)
