"""The version of a flow that is active in an environment: a start there, a message or a timer begins it."""

from collections.abc import Collection

from sqlmodel import Session

from app.administration.organizations import require_organization
from app.authoring import pools, schedules
from app.authoring.candidate import Candidate
from app.authoring.flows import find_flow, find_version
from models.db import Database
from models.errors import Conflict
from models.flow import FlowEnvironment, FlowVersion
from models.upsert import insert_or_change
from workers.flow.compiler.compile import compile_flow


def activate(
    database: Database, *, organization_id: str, process_id: str, environment: str, version_number: str
) -> FlowVersion:
    """Makes a version the one that a start without `versionNumber` runs: promotes it, or rolls back to it.

    Its timers start it there from now on. A timer that is armed already stays as it is.

    Raises:
        NotFound: there is no such flow or version.
        Conflict: this release cannot run the version, or a message of its pool is another flow's by now.
    """
    with database.reading() as session:
        flow = find_flow(session, organization_id, process_id)
        version = find_version(session, flow.id, version_number)
    # No lock is held while compiling, because that takes a while.
    graph, _ = compile_flow(
        version.definition,
        queues=None,
        tasks=None,
        calls=version.calls,
        time_zone=version.time_zone or "UTC",
        published=True,
    )
    if graph is None:
        raise Conflict("This release cannot run that version any more.", code="VERSION_NOT_RUNNABLE")
    with database.writing() as session:
        require_organization(session, organization_id, lock=True)
        flow = find_flow(session, organization_id, process_id, lock=True)
        candidate = Candidate(flow, version, graph)
        for problem in pools.check(session, candidate, [candidate], [environment]):
            if problem.severity == "error":
                raise Conflict(problem.message, code=problem.code)
        make_active(database, session, candidate, [environment], armed=[environment])
    return version


def deactivate(database: Database, *, organization_id: str, process_id: str, environment: str) -> None:
    """No version is active there any more: nothing starts without a `versionNumber`, schedules end.

    Raises:
        NotFound: there is no such flow.
    """
    with database.writing() as session:
        flow = find_flow(session, organization_id, process_id, lock=True)
        schedules.end(session, flow, environment)
        active = session.get(FlowEnvironment, (flow.id, environment))
        if active is not None:
            session.delete(active)


def make_active(
    database: Database,
    session: Session,
    candidate: Candidate,
    environments: Collection[str],
    *,
    armed: Collection[str],
) -> None:
    """The version is active in `environments` from now on, and its timers start it in those that are `armed`.

    The organization and the flow are locked.
    """
    flow, version = candidate.flow, candidate.version
    for environment in sorted(environments):
        active = session.get(FlowEnvironment, (flow.id, environment))
        if active is None or active.version_id != version.id:
            schedules.end(session, flow, environment)
        now = database.now(session)
        schedules.begin(session, candidate, environment, now, timers=environment in armed)
        row = {
            "flow_id": version.flow_id,
            "environment": environment,
            "version_id": version.id,
            "version_number": version.version_number,
            "changed_at": now,
        }
        insert_or_change(
            session,
            FlowEnvironment,
            row,
            key=("flow_id", "environment"),
            changed=("version_id", "version_number", "changed_at"),
        )
