"""Begins instances at start events: what a message, a signal or a time starts."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from models.errors import Unprocessable
from models.states import InstanceStatus
from models.types import new_id
from workers.engine.start import in_data
from workers.engine.store.transaction import Row, Transaction
from workers.flow.graph import MessageCatch
from workers.flow.json_value import JsonValue
from workers.semantics import plan
from workers.semantics.changes import Changes
from workers.semantics.kinds.message import message_problems
from workers.semantics.situation import InstanceFacts, Situation

if TYPE_CHECKING:
    from workers.engine.engine import Engine


def by_message(
    engine: "Engine",
    transaction: Transaction,
    address: Mapping[str, str],
    data: dict[str, JsonValue],
    *,
    strict: bool,
) -> Changes | None:
    """Starts the flow that waits for the message; None when none does, or one with that key runs already.

    Raises:
        Unprocessable: the data breaks the dataSchema and the message is `strict` about it.
    """
    starts = transaction.rows(
        """SELECT id, organization_id, environment, flow_id, version_id, version_number, node_id
        FROM flow_starts WHERE organization_id = :organization_id
        AND environment = :environment AND kind = 'message' AND name = :name ORDER BY created_at, id""",
        **address,
    )
    free = (start for start in starts if not address["key"] or _is_free(engine, transaction, start, address))
    start = next(free, None)
    if start is None:
        return None
    if strict:
        catch = engine.graphs.get(start["version_id"], transaction).nodes[start["node_id"]].details
        if isinstance(catch, MessageCatch):
            check_data(catch, data)
    return at_event(engine, transaction, start, address["key"] or None, data)


def _is_free(engine: "Engine", transaction: Transaction, start: Row, address: Mapping[str, str]) -> bool:
    """Whether no instance of the flow runs with the key. Messages of other names may start it too."""
    owner, environment, key = address["organization_id"], address["environment"], address["key"]
    engine.store.lock_message_key(transaction, owner, environment, start["flow_id"], key)
    return not transaction.rows(
        """SELECT 1 AS one FROM instances WHERE organization_id = :owner AND environment = :environment
        AND flow_id = :flow_id AND correlation_key = :key AND status = 'RUNNING' LIMIT 1""",
        owner=owner,
        environment=environment,
        flow_id=start["flow_id"],
        key=key,
    )


def check_data(catch: MessageCatch, data: dict[str, JsonValue]) -> None:
    """Raises Unprocessable where the data breaks the dataSchema of what a message would reach."""
    problems = message_problems(catch, data)
    if problems:
        raise Unprocessable("The data does not fit the message's dataSchema.", in_data(problems))


def at_event(
    engine: "Engine",
    transaction: Transaction,
    start: Row,
    correlation_key: str | None,
    came: dict[str, JsonValue],
) -> Changes:
    """Writes an instance that begins at a row of `flow_starts`, with what came for it.

    Raises:
        NotCompilable: this code cannot run the version.
    """
    graph = engine.graphs.get(start["version_id"], transaction)
    facts = InstanceFacts(
        id=new_id("inst_"),
        organization_id=start["organization_id"],
        flow_id=start["flow_id"],
        version_id=start["version_id"],
        environment=start["environment"],
        correlation_key=correlation_key,
        status=InstanceStatus.RUNNING,
    )
    situation = Situation(transaction.now(), facts, {}, {}, True, new_id)
    changes = plan.start(graph, situation, start["node_id"], came)
    engine.store.insert_instance(
        transaction, facts, start["version_number"], changes.spawned.values(), {}, situation.now
    )
    return changes
