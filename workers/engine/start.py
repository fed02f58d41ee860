"""Starts an instance: one commit, and its first tokens are ready. Nothing of the flow runs here."""

import hashlib
from datetime import datetime, timedelta

import orjson

from models.errors import Conflict, NotFound, Unprocessable
from models.states import InstanceStatus
from models.types import new_id
from workers.engine.begin import new_instance
from workers.engine.checks import check_environment, check_names, in_data
from workers.engine.context import Context
from workers.engine.requests import Started, StartRequest
from workers.engine.store import answers, versions
from workers.engine.store.answers import FirstAnswer, IdempotencyKey
from workers.engine.store.versions import StartedFlow, StartedVersion
from workers.flow.graph import Graph
from workers.semantics import plan
from workers.semantics.follow_up import FollowUp, follow_ups
from workers.semantics.situation import WHOLE, InstanceFacts, Situation

#: How long a repeated request gets the first one's answer.
IDEMPOTENT_FOR = timedelta(hours=24)


def start(context: Context, request: StartRequest) -> tuple[Started, list[FollowUp]]:
    """Returns when the instance is committed; that Redis is down does not matter.

    Raises:
        NotFound: FLOW_NOT_FOUND (also another organization's), VERSION_NOT_FOUND.
        Conflict: NO_ACTIVE_VERSION, NO_PLAIN_START.
        Unprocessable: the data breaks the inputSchema, or IDEMPOTENCY_KEY_REUSED.
        Forbidden: ENVIRONMENT_NOT_ALLOWED for a key that is bound to the other environment.
        Unavailable: the database is away.
    """
    check_environment(request.access, request.environment)
    check_names(request.data)
    flow = _flow(context, request)
    try:
        version = _version(request, flow)
        graph = _graph(context, request, version.id)
    except (NotFound, Conflict, Unprocessable):
        first = _first(context, request, flow)
        if first is None:
            raise
        # What was answered once is answered again, whatever has become of the flow since.
        return _again(request, first), []
    facts = InstanceFacts(
        id=new_id("inst_"),
        organization_id=flow.organization_id,
        flow_id=request.process_id,
        version_id=version.id,
        environment=request.environment,
        correlation_key=request.correlation_key,
        status=InstanceStatus.RUNNING,
    )
    changes = plan.start(graph, Situation(flow.now, facts, {}, {}, WHOLE, new_id))
    started = Started(facts.id, facts.flow_id, flow.now)
    first = context.store.insert(
        new_instance(changes, facts, version.number, request.data), _idempotency(request, flow, started)
    )
    if first is not None:
        return _again(request, first), []
    return started, follow_ups([changes])


def _flow(context: Context, request: StartRequest) -> StartedFlow:
    with context.store.autocommit() as reading:
        flow = versions.find_to_start(
            reading, request.process_id, request.environment, request.version_number
        )
    owner = request.access.organization_id
    if flow is None or owner not in (None, flow.organization_id):
        raise NotFound("There is no flow with this processId.", code="FLOW_NOT_FOUND")
    return flow


def _version(request: StartRequest, flow: StartedFlow) -> StartedVersion:
    if flow.version is None:
        if request.version_number is not None:
            raise NotFound("The flow has no version with this versionNumber.", code="VERSION_NOT_FOUND")
        raise Conflict(
            f"The flow has no active version in {request.environment}. Publish it, or name a versionNumber.",
            code="NO_ACTIVE_VERSION",
        )
    return flow.version


def _graph(context: Context, request: StartRequest, version_id: str) -> Graph:
    graph = context.graphs.get(version_id)
    if not graph.top.starts:
        raise Conflict(
            "The flow begins only at its start events with a message, a signal or a timer.",
            code="NO_PLAIN_START",
        )
    if graph.input_schema is not None:
        problems = graph.input_schema.errors(request.data)
        if problems:
            raise Unprocessable("The data does not fit the flow's inputSchema.", in_data(problems))
    return graph


def _first(context: Context, request: StartRequest, flow: StartedFlow) -> FirstAnswer | None:
    if request.idempotency_key is None:
        return None
    with context.store.autocommit() as transaction:
        return answers.find(
            transaction, flow.organization_id, request.route, request.idempotency_key, flow.now
        )


def _again(request: StartRequest, first: FirstAnswer) -> Started:
    """The answer that the first request with this key got."""
    if first.request_hash != _hash(request):
        raise Unprocessable(
            "This Idempotency-Key was used for another request.",
            [("Idempotency-Key", "was used for another request within the last 24 hours")],
            code="IDEMPOTENCY_KEY_REUSED",
        )
    answer = first.answer
    return Started(
        answer["processInstanceId"], answer["processId"], datetime.fromisoformat(answer["startedAt"])
    )


def _idempotency(request: StartRequest, flow: StartedFlow, started: Started) -> IdempotencyKey | None:
    if request.idempotency_key is None:
        return None
    answer = {
        "processInstanceId": started.process_instance_id,
        "processId": started.process_id,
        "startedAt": started.started_at.isoformat(),
    }
    return IdempotencyKey(
        organization_id=flow.organization_id,
        route=request.route,
        key=request.idempotency_key,
        request_hash=_hash(request),
        answer=answer,
        expires_at=flow.now + IDEMPOTENT_FOR,
    )


def _hash(request: StartRequest) -> str:
    """Tells two requests apart, whatever the order of their keys."""
    told = [
        request.process_id,
        request.environment,
        request.version_number,
        request.correlation_key,
        request.data,
    ]
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()
