"""Reads of instances: one whole, and a list. Each answer is one consistent moment."""

from typing import Any, Literal

from flask_openapi.blueprint import APIBlueprint
from pydantic import Field
from sqlalchemy import ColumnElement, Row, exists

from app.api.instance_queries import (
    INCIDENT_IS_OPEN,
    INCIDENTS,
    INSTANCES,
    IS_OPEN,
    TOKENS,
    find_instance,
    has_token,
    incidents_of,
    jobs_of,
    scopes_of,
    seen_status,
    subscriptions_of,
    tasks_of,
    timers_of,
    tokens_of,
    variables_of,
    visible_instances,
)
from app.api.process import InstancePath
from app.api.tags import EXECUTION
from app.api.tasks import Task
from app.http.caller import Permit, current_caller
from app.http.operation import operation
from app.http.paging import Order, snapshot
from app.http.schemas import Answer, Environment, PageQuery, Text, Time, TimeQuery
from app.services import current_services
from models.flow import version_int
from models.incident_code import IncidentCode
from models.permission import WORKFLOW_READ
from models.states import InstanceStatus, TokenState
from workers.engine.requests import locked_id
from workers.semantics.memory import Memory

api = APIBlueprint("instances", __name__, url_prefix="/process", abp_tags=[EXECUTION])

Status = Literal["RUNNING", "WAITING", "INCIDENT", "COMPLETED", "CANCELLED"]

_NEWEST_FIRST = Order("instances", (INSTANCES.c.started_at, INSTANCES.c.id), newest_first=True)


class InstanceItem(Answer):
    """An instance as a list shows it.

    INCIDENT goes before RUNNING, which includes waiting for the next attempt, before WAITING: nothing moves
    until somebody or something comes.
    """

    process_instance_id: str
    process_id: str
    version_number: str = Field(examples=["1"])
    environment: Environment
    status: Status
    correlation_key: str | None
    caller_instance_id: str | None = Field(description="the instance whose call activity called this one")
    start_time: Time
    end_time: Time | None


class TokenView(Answer):
    """A point of execution: where it stands, and since when.

    `state` is ready (a worker will take it, not before `nextAttemptAt` after a failure), running, waiting
    (for a task, a job, an event, what runs inside it, or the other branches of a join) or incident.
    """

    token_id: str
    scope_id: str = Field(description="where its variables are: the instance's id, or one of `scopes`")
    node_id: str
    state: Literal["ready", "running", "waiting", "incident"]
    since: Time
    attempts: int = Field(description="attempts of this visit that failed")
    next_attempt_at: Time | None
    called_instance_id: str | None = Field(description="at a call activity: the instance that it waits for")
    answer: dict[str, Any] | None = Field(
        description="what came for it and has not gone on yet; it goes before variables of the same names"
    )


class ScopeView(Answer):
    """The local variables of one run of a sub-process, of a body of a loop, or of a compensation.

    They go before variables of the same names further out. What was completed and can be compensated has one
    still.
    """

    scope_id: str
    node_id: str
    variables: dict[str, Any]


class JobView(Answer):
    """A job that an external worker may fetch, or has until `lockedUntil`; then another may get it."""

    job_id: str = Field(description="the job and its newest lock, as `/process/jobs/…` takes it")
    node_id: str
    topic: str
    worker: str | None = Field(description="the worker that has it, or had it last")
    locked_until: Time | None
    since: Time


class SubscriptionView(Answer):
    """A message or signal that the instance waits for."""

    node_id: str
    kind: Literal["message", "signal"]
    name: str
    correlation_key: str | None
    since: Time


class TimerView(Answer):
    """A time that the instance waits for."""

    node_id: str
    due_at: Time


class IncidentView(Answer):
    """Why a token stands still until something is mended."""

    incident_id: str
    token_id: str
    node_id: str
    code: str = Field(examples=[IncidentCode.HTTP_STATUS], description="docs/incidents.md explains each")
    message: str
    at: Time
    attempts: int


class Instance(InstanceItem):
    """The whole of an instance at one moment."""

    variables: dict[str, Any]
    scopes: list[ScopeView]
    tokens: list[TokenView]
    tasks: list[Task]
    jobs: list[JobView]
    subscriptions: list[SubscriptionView]
    timers: list[TimerView]
    incidents: list[IncidentView]


class InstancesQuery(PageQuery):
    """Which instances: all that are given must hold."""

    process_id: Text | None = None
    version_number: Text | None = None
    environment: Environment | None = None
    status: Status | None = None
    correlation_key: Text | None = None
    node_id: Text | None = Field(default=None, description="a token stands there now")
    started_from: TimeQuery | None = Field(default=None, description="started then or later")
    started_to: TimeQuery | None = Field(default=None, description="started earlier")
    ended_from: TimeQuery | None = Field(default=None, description="ended then or later")
    ended_to: TimeQuery | None = Field(default=None, description="ended earlier")
    incident_code: Text | None = Field(
        default=None,
        description=f"has an open incident with this code, see docs/incidents.md: {', '.join(IncidentCode)}",
    )


class InstancePage(Answer):
    """The newest first."""

    items: list[InstanceItem]
    next_cursor: str | None


@operation(api, "GET", "/instances/<processInstanceId>", permit=Permit(WORKFLOW_READ), errors=(404,))
def get_instance(path: InstancePath) -> Instance:
    """Look at an instance: its status, its variables, where it stands and what it waits for."""
    with snapshot(current_services().database) as connection:
        row = find_instance(connection, current_caller().access, path.process_instance_id)
        return Instance(
            **_facts(row),
            variables=variables_of(connection, row.id),
            scopes=[
                ScopeView(scope_id=scope_id, node_id=node_id, variables=variables)
                for scope_id, node_id, variables in scopes_of(connection, row.id)
            ],
            tokens=[_token(token) for token in tokens_of(connection, row.id)],
            tasks=[Task.of(task) for task in tasks_of(connection, row.id)],
            jobs=[_job(job) for job in jobs_of(connection, row.id)],
            subscriptions=[
                SubscriptionView(
                    node_id=each.node_id,
                    kind=each.kind,
                    name=each.name,
                    correlation_key=each.correlation_key or None,
                    since=each.created_at,
                )
                for each in subscriptions_of(connection, row.id)
            ],
            timers=[
                TimerView(node_id=each.node_id, due_at=each.due_at) for each in timers_of(connection, row.id)
            ],
            incidents=[
                IncidentView(
                    incident_id=each.id,
                    token_id=each.token_id,
                    node_id=each.node_id,
                    code=each.code,
                    message=each.message,
                    at=each.created_at,
                    attempts=each.attempts,
                )
                for each in incidents_of(connection, row.id)
            ],
        )


@operation(api, "GET", "/instances", permit=Permit(WORKFLOW_READ))
def list_instances(query: InstancesQuery) -> InstancePage:
    """List instances."""
    caller = current_caller()
    if query.environment is not None:
        caller.check_environment(query.environment)
    with snapshot(current_services().database) as connection:
        found = visible_instances(caller.access).where(*_conditions(query))
        rows, next_cursor = _NEWEST_FIRST.page(connection, found, query)
    return InstancePage(items=[InstanceItem(**_facts(row)) for row in rows], next_cursor=next_cursor)


def _facts(row: Row[Any]) -> dict[str, Any]:
    return {
        "process_instance_id": row.id,
        "process_id": row.flow_id,
        "version_number": str(row.version_number),
        "environment": row.environment,
        "status": row.seen,
        "correlation_key": row.correlation_key,
        "caller_instance_id": row.caller_id,
        "start_time": row.started_at,
        "end_time": row.ended_at,
    }


def _token(row: Row[Any]) -> TokenView:
    retries = row.state == TokenState.READY and row.attempts > 0
    memory = Memory.from_json(row.input)
    return TokenView(
        token_id=row.id,
        scope_id=row.scope_id,
        node_id=row.node_id,
        state=row.state,
        since=row.entered_at,
        attempts=row.attempts,
        next_attempt_at=row.available_at if retries else None,
        called_instance_id=memory.called,
        answer=memory.answer,
    )


def _job(row: Row[Any]) -> JobView:
    return JobView(
        job_id=locked_id(row.id, row.epoch),
        node_id=row.node_id,
        topic=row.topic,
        worker=row.worker,
        locked_until=row.available_at if row.worker is not None else None,
        since=row.created_at,
    )


def _conditions(query: InstancesQuery) -> list[ColumnElement[bool]]:
    columns, conditions = INSTANCES.c, []
    equal = {
        columns.flow_id: query.process_id,
        columns.environment: query.environment,
        columns.correlation_key: query.correlation_key,
    }
    conditions += [column == value for column, value in equal.items() if value is not None]
    if query.version_number is not None:
        # No version has the number -1, nor one that cannot be a version number.
        conditions.append(columns.version_number == (version_int(query.version_number) or -1))
    if query.status in (InstanceStatus.COMPLETED, InstanceStatus.CANCELLED):
        conditions.append(columns.status == query.status)
    elif query.status is not None:
        conditions += [IS_OPEN, seen_status == query.status]
    if query.node_id is not None:
        conditions.append(has_token(TOKENS.c.node_id == query.node_id))
    if query.incident_code is not None:
        mine = INCIDENTS.c.instance_id == columns.id
        code = INCIDENTS.c.code == query.incident_code
        conditions.append(exists(INCIDENTS.c.id).where(mine, code, INCIDENT_IS_OPEN))
    for column, earliest, end in (
        (columns.started_at, query.started_from, query.started_to),
        (columns.ended_at, query.ended_from, query.ended_to),
    ):
        conditions += [column >= earliest] if earliest is not None else []
        conditions += [column < end] if end is not None else []
    return conditions
