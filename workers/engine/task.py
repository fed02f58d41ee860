"""A person answers, or cancels, what a User Task or Input Node waits for. Of several callers one wins."""

from typing import TYPE_CHECKING

from models.errors import Conflict, NotFound, Unprocessable
from models.states import InstanceStatus
from workers.engine.access import check_access, require
from workers.engine.commit import change, look_at
from workers.engine.requests import Access
from workers.engine.start import check_names, in_data
from workers.engine.store.transaction import Row, Transaction
from workers.flow.graph import Graph, Human
from workers.flow.json_value import JsonValue
from workers.semantics.changes import Changes
from workers.semantics.plan import plan
from workers.semantics.situation import InstanceFacts, TaskCancelled, Triggered

if TYPE_CHECKING:
    from workers.engine.engine import Engine


def complete(
    engine: "Engine",
    access: Access,
    instance_id: str,
    node_id: str,
    data: dict[str, JsonValue],
    *,
    task_id: str | None,
    by: str | None,
) -> None:
    """The answer goes into the flow.

    Raises:
        NotFound: INSTANCE_NOT_FOUND, NODE_NOT_FOUND, TASK_NOT_FOUND.
        Conflict: TASK_NOT_WAITING, or TASK_AMBIGUOUS with `taskIds`.
        Unprocessable: the answer breaks the form; the task stays open.
    """
    check_names(data)

    def plan_it(transaction: Transaction, facts: InstanceFacts) -> Changes:
        check_access(access, facts)
        graph = engine.graphs.get(facts.version_id, transaction)
        task = _open_task(transaction, facts, graph, node_id, task_id)
        human = graph.nodes[node_id].details
        problems = human.form.errors(data) if isinstance(human, Human) and human.form else []
        if problems:
            raise Unprocessable(
                "The data does not fit the task's form.", in_data(problems), code="FORM_INVALID"
            )
        event = Triggered(task["token_id"], node_id, data, by)
        return look_at(engine, transaction, facts, event.holder_id, lambda seen: plan(graph, seen, event))

    require(change(engine, instance_id, plan_it))


def cancel(
    engine: "Engine", access: Access, instance_id: str, node_id: str, *, task_id: str | None, by: str | None
) -> str:
    """Throws TASK_CANCELLED at the node: "resumed" when a boundary event caught it, else "cancelled".

    Raises: as `complete`.
    """

    def plan_it(transaction: Transaction, facts: InstanceFacts) -> Changes:
        check_access(access, facts)
        graph = engine.graphs.get(facts.version_id, transaction)
        task = _open_task(transaction, facts, graph, node_id, task_id)
        return plan(graph, engine.store.whole(transaction, facts), TaskCancelled(task["token_id"], by))

    changes = require(change(engine, instance_id, plan_it))
    return "cancelled" if changes.status == InstanceStatus.CANCELLED else "resumed"


def _open_task(
    transaction: Transaction, facts: InstanceFacts, graph: Graph, node_id: str, task_id: str | None
) -> Row:
    if node_id not in graph.nodes:
        raise NotFound(f"The flow has no node '{node_id[:255]}'.", code="NODE_NOT_FOUND")
    tasks = transaction.rows(
        """SELECT id, token_id, state FROM tasks WHERE instance_id = :id AND node_id = :node_id
        ORDER BY created_at, id""",
        id=facts.id,
        node_id=node_id,
    )
    if task_id is not None:
        tasks = [task for task in tasks if task["id"] == task_id]
        if not tasks:
            raise NotFound("The instance has no task with this taskId at this node.", code="TASK_NOT_FOUND")
    waiting = [task for task in tasks if task["state"] == "OPEN"]
    if not waiting or facts.status != InstanceStatus.RUNNING:
        raise Conflict(f"The node '{node_id}' does not wait for an answer.", code="TASK_NOT_WAITING")
    if len(waiting) > 1:
        raise Conflict(
            f"{len(waiting)} tasks wait at the node '{node_id}'; name one by its taskId.",
            code="TASK_AMBIGUOUS",
            extra={"taskIds": [task["id"] for task in waiting]},
        )
    return waiting[0]
