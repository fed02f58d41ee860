"""The SQL behind the reads of instances; the same for both databases."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Exists, Row, Select, case, exists, literal_column, select
from sqlmodel import SQLModel

import models.tables  # noqa: F401 - fills the metadata
from models.errors import NotFound
from models.states import InstanceStatus, ShownStatus, TokenState
from workers.engine.checks import check_environment
from workers.engine.requests import Access

_TABLES = SQLModel.metadata.tables
HISTORY = _TABLES["history"]
INCIDENTS = _TABLES["incidents"]
INSTANCES = _TABLES["instances"]
JOBS = _TABLES["jobs"]
SCOPES = _TABLES["scopes"]
SUBSCRIPTIONS = _TABLES["subscriptions"]
TASKS = _TABLES["tasks"]
TIMERS = _TABLES["timers"]
TOKENS = _TABLES["tokens"]
VARIABLES = _TABLES["variables"]

# Written as text, because PostgreSQL uses a partial index only for a constant condition.
IS_OPEN = INSTANCES.c.status == literal_column("'RUNNING'")
TASK_IS_OPEN = TASKS.c.state == literal_column("'OPEN'")
INCIDENT_IS_OPEN = INCIDENTS.c.resolved_at.is_(None)


def has_token(*conditions: Any) -> Exists:
    return exists(TOKENS.c.id).where(TOKENS.c.instance_id == INSTANCES.c.id, *conditions)


#: The status that a reader sees: INCIDENT before RUNNING (waiting for an attempt included) before WAITING.
seen_status = case(
    (INSTANCES.c.status != InstanceStatus.RUNNING, INSTANCES.c.status),
    (has_token(TOKENS.c.state == TokenState.INCIDENT), ShownStatus.INCIDENT),
    (has_token(TOKENS.c.state.in_([TokenState.READY, TokenState.RUNNING])), InstanceStatus.RUNNING),
    else_=ShownStatus.WAITING,
)


def visible_instances(access: Access) -> Select[Any]:
    """Instances, with their status as `seen`, that a caller may see."""
    query = select(INSTANCES, seen_status.label("seen"))
    if access.organization_id is not None:
        query = query.where(INSTANCES.c.organization_id == access.organization_id)
    if access.environment is not None:
        query = query.where(INSTANCES.c.environment == access.environment)
    return query


def open_tasks(access: Access) -> Select[Any]:
    """Open tasks that a caller may see, with the `flow_id` of their instances."""
    query = select(TASKS, INSTANCES.c.flow_id).join(INSTANCES, INSTANCES.c.id == TASKS.c.instance_id)
    query = query.where(TASK_IS_OPEN)
    if access.organization_id is not None:
        query = query.where(TASKS.c.organization_id == access.organization_id)
    if access.environment is not None:
        query = query.where(INSTANCES.c.environment == access.environment)
    return query


def find_instance(connection: Connection, access: Access, instance_id: str) -> Row[Any]:
    """One instance.

    Raises:
        NotFound: there is none, or it is another organization's; the text is the same.
        Forbidden: the key is bound to the other environment.
    """
    everywhere = Access(access.organization_id)
    row = connection.execute(visible_instances(everywhere).where(INSTANCES.c.id == instance_id)).one_or_none()
    if row is None:
        raise NotFound("There is no instance with this id.", code="INSTANCE_NOT_FOUND")
    check_environment(access, row.environment)
    return row


def variables_of(connection: Connection, scope_id: str) -> dict[str, Any]:
    query = select(VARIABLES.c.name, VARIABLES.c.value).where(VARIABLES.c.scope_id == scope_id)
    return {row.name: row.value for row in connection.execute(query.order_by(VARIABLES.c.name))}


def scopes_of(connection: Connection, instance_id: str) -> list[tuple[str, str, dict[str, Any]]]:
    """The scopes inside an instance as (id, node, local variables), the oldest first."""
    scopes = select(SCOPES.c.id, SCOPES.c.node_id).where(SCOPES.c.instance_id == instance_id)
    found: dict[str, tuple[str, str, dict[str, Any]]] = {
        row.id: (row.id, row.node_id, {}) for row in connection.execute(scopes.order_by(SCOPES.c.id))
    }
    ids = select(SCOPES.c.id).where(SCOPES.c.instance_id == instance_id)
    mine = select(VARIABLES).where(VARIABLES.c.scope_id.in_(ids)).order_by(VARIABLES.c.name)
    for row in connection.execute(mine) if found else ():
        found[row.scope_id][2][row.name] = row.value
    return list(found.values())


def tokens_of(connection: Connection, instance_id: str) -> Sequence[Row[Any]]:
    query = select(TOKENS).where(TOKENS.c.instance_id == instance_id)
    return connection.execute(query.order_by(TOKENS.c.entered_at, TOKENS.c.id)).all()


def tasks_of(connection: Connection, instance_id: str) -> Sequence[Row[Any]]:
    query = open_tasks(Access(None)).where(TASKS.c.instance_id == instance_id)
    return connection.execute(query.order_by(TASKS.c.created_at, TASKS.c.id)).all()


def subscriptions_of(connection: Connection, instance_id: str) -> Sequence[Row[Any]]:
    query = select(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.instance_id == instance_id)
    return connection.execute(query.order_by(SUBSCRIPTIONS.c.created_at, SUBSCRIPTIONS.c.id)).all()


def jobs_of(connection: Connection, instance_id: str) -> Sequence[Row[Any]]:
    query = select(JOBS).where(JOBS.c.instance_id == instance_id)
    return connection.execute(query.order_by(JOBS.c.created_at, JOBS.c.id)).all()


def timers_of(connection: Connection, instance_id: str) -> Sequence[Row[Any]]:
    """Timers that wait for a time. One with data is left out: it is due at once, to deliver that data."""
    query = select(TIMERS).where(TIMERS.c.instance_id == instance_id)
    rows = connection.execute(query.order_by(TIMERS.c.due_at, TIMERS.c.id)).all()
    return [row for row in rows if row.data is None]


def incidents_of(connection: Connection, instance_id: str) -> Sequence[Row[Any]]:
    query = select(INCIDENTS).where(INCIDENTS.c.instance_id == instance_id, INCIDENT_IS_OPEN)
    return connection.execute(query.order_by(INCIDENTS.c.created_at, INCIDENTS.c.id)).all()
