"""A person answers, or cancels, what a User Task or Input Node waits for. Of several callers one wins."""

from models.errors import Conflict, NotFound, Unprocessable
from models.states import InstanceStatus
from workers.engine.change import change
from workers.engine.checks import check_access, check_names, in_data, require
from workers.engine.context import Context
from workers.engine.locked import Locked
from workers.engine.requests import Access
from workers.engine.store import tasks
from workers.engine.store.tasks import Task
from workers.flow.graph import Human
from workers.flow.json_value import JsonValue
from workers.semantics.changes import Changes
from workers.semantics.follow_up import FollowUp, follow_ups
from workers.semantics.situation import TaskCancelled, Triggered


def complete(
    context: Context,
    access: Access,
    instance_id: str,
    node_id: str,
    data: dict[str, JsonValue],
    *,
    task_id: str | None,
    by: str | None,
) -> list[FollowUp]:
    """The answer goes into the flow.

    Raises:
        NotFound: INSTANCE_NOT_FOUND, NODE_NOT_FOUND, TASK_NOT_FOUND.
        Conflict: TASK_NOT_WAITING, or TASK_AMBIGUOUS with `taskIds`.
        Unprocessable: the answer breaks the form; the task stays open.
    """
    check_names(data)

    def decide(locked: Locked) -> Changes:
        check_access(access, locked.facts)
        task = _open_task(locked, node_id, task_id)
        human = locked.graph.nodes[node_id].details
        problems = human.form.errors(data) if isinstance(human, Human) and human.form else []
        if problems:
            raise Unprocessable(
                "The data does not fit the task's form.", in_data(problems), code="FORM_INVALID"
            )
        return locked.plan(Triggered(task.token_id, node_id, data, by))

    made = change(context, instance_id, decide)
    require(made)
    return follow_ups(made)


def cancel(
    context: Context, access: Access, instance_id: str, node_id: str, *, task_id: str | None, by: str | None
) -> tuple[str, list[FollowUp]]:
    """Throws TASK_CANCELLED at the node: "resumed" when a boundary event caught it, else "cancelled".

    Raises: as `complete`.
    """

    def decide(locked: Locked) -> Changes:
        check_access(access, locked.facts)
        task = _open_task(locked, node_id, task_id)
        return locked.plan(TaskCancelled(task.token_id, by))

    made = change(context, instance_id, decide)
    ended = require(made).status == InstanceStatus.CANCELLED
    return "cancelled" if ended else "resumed", follow_ups(made)


def _open_task(locked: Locked, node_id: str, task_id: str | None) -> Task:
    """The task with this id, or the only one that is open at the node; ended ones are not read."""
    if node_id not in locked.graph.nodes:
        raise NotFound(f"The flow has no node '{node_id[:255]}'.", code="NODE_NOT_FOUND")
    if task_id is not None:
        task = tasks.find(locked.transaction, locked.facts.id, node_id, task_id)
        if task is None:
            raise NotFound("The instance has no task with this taskId at this node.", code="TASK_NOT_FOUND")
        waiting = [task] if task.state == "OPEN" else []
    else:
        waiting = tasks.open_at(locked.transaction, locked.facts.id, node_id)
    if not waiting or locked.facts.status != InstanceStatus.RUNNING:
        raise Conflict(f"The node '{node_id}' does not wait for an answer.", code="TASK_NOT_WAITING")
    if len(waiting) > 1:
        raise Conflict(
            f"{len(waiting)} tasks wait at the node '{node_id}'; name one by its taskId.",
            code="TASK_AMBIGUOUS",
            extra={"taskIds": [task.id for task in waiting]},
        )
    return waiting[0]
