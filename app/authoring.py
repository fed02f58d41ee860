"""Flows on a `Database`: create, draft, publish, activate; commands and views share them.

`organization_id` is whose flows may be touched; a flow of another organization is not found.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection
from sqlmodel import Session, col, select

from app.administration import require_organization
from app.json_text import parse
from app.upsert import insert_or_change
from models.db import Database
from models.errors import Conflict, NotFound, Unprocessable
from models.flow import ENVIRONMENTS, Flow, FlowEnvironment, FlowVersion
from workers.flow.compile import compile_flow
from workers.flow.problem import Problem

Definition = dict[str, Any]

#: The longest name of a flow.
LONGEST_NAME = 255

#: How often a publish looks again at a draft that somebody saves meanwhile.
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Compiler:
    """What a definition may name: the queues of this deployment and its registered python tasks."""

    queues: Collection[str]
    tasks: Collection[str] | None = None  # None: not checked

    def problems(self, definition: Definition) -> list[Problem]:
        return compile_flow(definition, queues=self.queues, tasks=self.tasks)[1]


def create_flow(
    database: Database, *, organization_id: str, name: str, definition: Definition | None = None
) -> Flow:
    """A new flow, with a draft when a definition is given; the draft may have problems.

    Raises:
        NotFound: there is no such organization.
    """
    with database.writing() as session:
        require_organization(session, organization_id)
        now = database.now(session)
        flow = Flow(
            organization_id=organization_id,
            name=name,
            draft=definition,
            draft_at=None if definition is None else now,
            created_at=now,
        )
        session.add(flow)
    return flow


def save_draft(database: Database, *, organization_id: str, process_id: str, definition: Definition) -> None:
    """Replaces the draft."""
    with database.writing() as session:
        flow = find_flow(session, organization_id, process_id, lock=True)
        flow.draft = definition
        flow.draft_at = database.now(session)


def publish(
    database: Database,
    compiler: Compiler,
    *,
    organization_id: str,
    process_id: str,
    environments: Collection[str] = ENVIRONMENTS,
    note: str | None = None,
) -> FlowVersion:
    """Makes the draft the next immutable version and makes that active in `environments`.

    Raises:
        NotFound: there is no such flow.
        Conflict: there is no draft, or it changes faster than it compiles.
        Unprocessable: the draft does not compile; `problems` lists why.
    """
    for _ in range(_TRIES):
        with database.reading() as session:
            draft = find_flow(session, organization_id, process_id).draft
        if draft is None:
            raise Conflict("This flow has no draft to publish.", code="NO_DRAFT")
        _check(compiler.problems(draft))
        # Compiling takes a while; nobody waits for a lock meanwhile.
        with database.writing() as session:
            flow = find_flow(session, organization_id, process_id, lock=True)
            if flow.draft == draft:
                return _add_version(database, session, flow, environments, note)
    raise Conflict("The draft was saved again and again while it was published.", code="DRAFT_CHANGED")


def publish_document(
    database: Database,
    compiler: Compiler,
    *,
    organization_id: str,
    content: bytes,
    default_name: str,
    process_id: str | None = None,
    environments: Collection[str] = ENVIRONMENTS,
) -> tuple[str, FlowVersion]:
    """Publishes a file: as the next version of a flow, or as a new flow named by itself or `default_name`.

    Nothing is written when it does not compile. Gives the processId and the version.

    Raises:
        BadRequest: the file is not JSON.
        NotFound, Conflict, Unprocessable: as `publish`.
    """
    definition = parse(content)
    if not isinstance(definition, dict):
        raise Unprocessable("A definition is a JSON object.", [("body", "must be an object")])
    _check(compiler.problems(definition))
    if process_id is None:
        name = str(definition.get("name") or default_name)[:LONGEST_NAME]
        process_id = create_flow(database, organization_id=organization_id, name=name).id
    save_draft(database, organization_id=organization_id, process_id=process_id, definition=definition)
    version = publish(
        database,
        compiler,
        organization_id=organization_id,
        process_id=process_id,
        environments=environments,
    )
    return process_id, version


def activate(
    database: Database, *, organization_id: str, process_id: str, environment: str, version_number: str
) -> FlowVersion:
    """Makes a version the one that a start without `versionNumber` runs: promotes it, or rolls back to it.

    Raises:
        NotFound: there is no such flow or version.
    """
    with database.writing() as session:
        flow = find_flow(session, organization_id, process_id, lock=True)
        version = find_version(session, flow.id, version_number)
        _activate(database, session, version, [environment])
        return version


def find_flow(session: Session, organization_id: str | None, process_id: str, *, lock: bool = False) -> Flow:
    """The flow, if it belongs to the organization (None: to any); locked against other authors if asked.

    Raises:
        NotFound: in the same words, whether there is none or it is another organization's.
    """
    query = select(Flow).where(Flow.id == process_id)
    if organization_id is not None:
        query = query.where(Flow.organization_id == organization_id)
    if lock:
        # Not FOR UPDATE: instances that refer to the flow may be inserted meanwhile.
        query = query.with_for_update(key_share=True)
    flow = session.exec(query).one_or_none()
    if flow is None:
        raise NotFound("There is no flow with this processId.", code="FLOW_NOT_FOUND")
    return flow


def find_version(session: Session, flow_id: str, version_number: str) -> FlowVersion:
    """Raises NotFound when the flow has no such version."""
    number = version_int(version_number)
    query = select(FlowVersion).where(FlowVersion.flow_id == flow_id, FlowVersion.version_number == number)
    version = session.exec(query).one_or_none() if number is not None else None
    if version is None:
        raise NotFound("The flow has no version with this versionNumber.", code="VERSION_NOT_FOUND")
    return version


def version_int(version_number: str) -> int | None:
    """`"12"` is 12; what cannot be a version number is None."""
    plain = version_number.isascii() and version_number.isdecimal() and version_number[0] != "0"
    return int(version_number) if plain and len(version_number) < 10 else None


def active_versions(connection: Connection, flow_ids: Collection[str]) -> Mapping[str, dict[str, int]]:
    """The active version number by flow and environment."""
    found: dict[str, dict[str, int]] = {flow_id: {} for flow_id in flow_ids}
    query = select(FlowEnvironment.flow_id, FlowEnvironment.environment, FlowEnvironment.version_number)
    mine = query.where(col(FlowEnvironment.flow_id).in_(flow_ids)).order_by(FlowEnvironment.environment)
    for flow_id, environment, number in connection.execute(mine):
        found[flow_id][environment] = number
    return found


def _check(problems: list[Problem]) -> None:
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise Unprocessable(
            f"The draft has {len(errors)} problem{'s' * (len(errors) > 1)}; the first: {errors[0].message}",
            code="FLOW_HAS_PROBLEMS",
            extra={"problems": [problem_json(problem) for problem in problems]},
        )


def problem_json(problem: Problem) -> dict[str, Any]:
    """A problem as callers see it."""
    values = asdict(problem)
    return {"nodeId": values.pop("node_id"), **values}


def _add_version(
    database: Database, session: Session, flow: Flow, environments: Collection[str], note: str | None
) -> FlowVersion:
    flow.last_version += 1
    version = FlowVersion(
        flow_id=flow.id,
        version_number=flow.last_version,
        definition=flow.draft,
        note=note,
        created_at=database.now(session),
    )
    session.add(version)
    session.flush()
    _activate(database, session, version, environments)
    return version


def _activate(
    database: Database, session: Session, version: FlowVersion, environments: Collection[str]
) -> None:
    for environment in sorted(environments):
        row = {
            "flow_id": version.flow_id,
            "environment": environment,
            "version_id": version.id,
            "version_number": version.version_number,
            "changed_at": database.now(session),
        }
        insert_or_change(
            session,
            FlowEnvironment,
            row,
            key=("flow_id", "environment"),
            changed=("version_id", "version_number", "changed_at"),
        )
