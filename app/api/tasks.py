"""GET /process/tasks: what waits for a person."""

from typing import Any, Self

from flask_openapi.blueprint import APIBlueprint
from pydantic import Field
from sqlalchemy import Column, ColumnElement, Connection, Row, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from app.api.instance_queries import INSTANCES, TASKS, open_tasks
from app.api.tags import EXECUTION
from app.http.caller import Permit, current_caller
from app.http.operation import operation
from app.http.paging import Order, snapshot
from app.http.schemas import Answer, PageQuery, Text, Time, TimeQuery
from app.services import current_services
from models.permission import WORKFLOW_READ

api = APIBlueprint("tasks", __name__, url_prefix="/process", abp_tags=[EXECUTION])

_ORDER = Order("tasks", (TASKS.c.created_at, TASKS.c.id))


class Task(Answer):
    """An open task. `name` is expanded; `form` is the JSON Schema of the answer."""

    task_id: str
    process_instance_id: str
    process_id: str
    node_id: str = Field(examples=["approval-step"])
    name: str | None = Field(examples=["Approve 149.99 EUR (billing)"])
    form: Any
    input: Any
    assignee: str | None
    candidate_users: list[str] | None
    candidate_groups: list[str] | None
    due_date: Time | None
    priority: int | None
    form_key: str | None = Field(examples=["approve-order"])
    created_at: Time

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        return cls(
            task_id=row.id,
            process_instance_id=row.instance_id,
            process_id=row.flow_id,
            node_id=row.node_id,
            name=row.name,
            form=row.form,
            input=row.input,
            assignee=row.assignee,
            candidate_users=row.candidate_users,
            candidate_groups=row.candidate_groups,
            due_date=row.due_at,
            priority=row.priority,
            form_key=row.form_key,
            created_at=row.created_at,
        )


class TasksQuery(PageQuery):
    """Which tasks: all that are given must hold."""

    assignee: Text | None = None
    candidate_user: Text | None = None
    candidate_group: Text | None = None
    process_id: Text | None = None
    due_after: TimeQuery | None = Field(default=None, description="due then or later")
    due_before: TimeQuery | None = Field(default=None, description="due earlier")


class TaskPage(Answer):
    """The oldest first."""

    items: list[Task]
    next_cursor: str | None


@operation(api, "GET", "/tasks", permit=Permit(WORKFLOW_READ))
def list_tasks(query: TasksQuery) -> TaskPage:
    """List the open tasks."""
    with snapshot(current_services().database) as connection:
        found = open_tasks(current_caller().access).where(*_conditions(connection, query))
        rows, next_cursor = _ORDER.page(connection, found, query)
    return TaskPage(items=[Task.of(row) for row in rows], next_cursor=next_cursor)


def _conditions(connection: Connection, query: TasksQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.assignee is not None:
        conditions.append(TASKS.c.assignee == query.assignee)
    if query.candidate_user is not None:
        conditions.append(_lists(connection, TASKS.c.candidate_users, query.candidate_user))
    if query.candidate_group is not None:
        conditions.append(_lists(connection, TASKS.c.candidate_groups, query.candidate_group))
    if query.process_id is not None:
        conditions.append(INSTANCES.c.flow_id == query.process_id)
    if query.due_after is not None:
        conditions.append(TASKS.c.due_at >= query.due_after)
    if query.due_before is not None:
        conditions.append(TASKS.c.due_at < query.due_before)
    return conditions


def _lists(connection: Connection, column: Column[Any], name: str) -> ColumnElement[bool]:
    """Whether a JSON list of texts holds the name."""
    if connection.dialect.name == "sqlite":
        each = func.json_each(column).table_valued("value")
        return select(each.c.value).where(each.c.value == name).exists()
    return cast(column, JSONB).contains([name])
