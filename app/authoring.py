"""Flows on a `Database`: create, draft, publish, activate; commands and views share them.

`organization_id` is whose flows may be touched; a flow of another organization is not found.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection
from sqlmodel import Session, col, delete, select

from app import calls
from app.administration import require_organization
from app.json_text import parse
from app.sources import Source, process_of, read_bpmn, stored
from app.upsert import insert_or_change
from models.db import Database
from models.errors import Conflict, NotFound, Unprocessable
from models.flow import ENVIRONMENTS, Flow, FlowEnvironment, FlowStart, FlowVersion
from workers.engine.schedule import start_events
from workers.flow.compile import compile_flow
from workers.flow.graph import Graph
from workers.flow.problem import Problem

#: The longest name of a flow.
LONGEST_NAME = 255

#: How often a publish looks again at a draft that somebody saves meanwhile.
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Compiler:
    """What a definition may name: the queues of this deployment and its registered python tasks."""

    queues: Collection[str]
    tasks: Collection[str] | None = None  # None: not checked

    def compile(self, source: Source) -> tuple[Graph | None, list[Problem]]:
        """The graph, if nothing is wrong, and the problems of the source's import and of its definition."""
        graph, problems = compile_flow(source.definition, queues=self.queues, tasks=self.tasks)
        if not any(each.severity == "error" for each in source.problems):
            return graph, [*source.problems, *problems]
        # What could not be read is refused once, in the words of its own language.
        told = {each.node_id for each in source.problems if each.severity == "error"}
        return None, [*source.problems, *(each for each in problems if each.node_id not in told)]


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """A version that a flow has got, and what is hardly meant in it."""

    process_id: str
    version_number: str
    warnings: list[Problem]


def create_flow(database: Database, *, organization_id: str, name: str, source: Source | None = None) -> Flow:
    """A new flow, with a draft when a source is given; the draft may have problems.

    Raises:
        NotFound: there is no such organization.
    """
    (flow,) = _create(database, organization_id, [(name, source)])
    return flow


def create_flows(database: Database, *, organization_id: str, sources: Collection[Source]) -> list[Flow]:
    """A new flow for each process of a file, all or none; raises as `create_flow`."""
    named = [((source.name or source.bpmn_id or "")[:LONGEST_NAME], source) for source in sources]
    return _create(database, organization_id, named)


def _create(
    database: Database, organization_id: str, wanted: Collection[tuple[str, Source | None]]
) -> list[Flow]:
    with database.writing() as session:
        require_organization(session, organization_id)
        now = database.now(session)
        flows = [
            Flow(
                organization_id=organization_id,
                name=name,
                bpmn_id=source.bpmn_id if source else None,
                draft=source.definition if source else None,
                draft_xml=source.xml if source else None,
                draft_at=now if source else None,
                created_at=now,
            )
            for name, source in wanted
        ]
        session.add_all(flows)
    return flows


def save_draft(
    database: Database, compiler: Compiler, *, organization_id: str, process_id: str, source: Source
) -> list[Problem]:
    """Replaces the draft, and gives its problems."""
    with database.writing() as session:
        flow = find_flow(session, organization_id, process_id, lock=True)
        _set_draft(database, session, flow, source)
    graph, problems = compiler.compile(source)
    if graph is None:
        return problems
    with database.reading() as session:
        return problems + calls.resolve(session, organization_id, graph, ENVIRONMENTS).problems


def save_bpmn(
    database: Database, compiler: Compiler, *, organization_id: str, process_id: str, data: bytes
) -> list[Problem]:
    """Replaces the draft by a process of a BPMN file: the one that it was made from, or the only one."""
    with database.reading() as session:
        bpmn_id = find_flow(session, organization_id, process_id).bpmn_id
    source = process_of(read_bpmn(data), bpmn_id)
    return save_draft(
        database, compiler, organization_id=organization_id, process_id=process_id, source=source
    )


def _set_draft(database: Database, session: Session, flow: Flow, source: Source) -> None:
    flow.draft, flow.draft_xml = source.definition, source.xml
    flow.bpmn_id = source.bpmn_id or flow.bpmn_id
    flow.draft_at = database.now(session)


def publish(
    database: Database,
    compiler: Compiler,
    *,
    organization_id: str,
    process_id: str,
    environments: Collection[str] = ENVIRONMENTS,
    note: str | None = None,
) -> PublishedVersion:
    """Makes the draft the next immutable version and makes that active in `environments`.

    Raises:
        NotFound: there is no such flow.
        Conflict: there is no draft, or it changes faster than it compiles.
        Unprocessable: the draft does not compile; `problems` lists why.
    """
    for _ in range(_TRIES):
        with database.reading() as session:
            flow = find_flow(session, organization_id, process_id)
        if flow.draft is None:
            raise Conflict("This flow has no draft to publish.", code="NO_DRAFT")
        # Compiling takes a while; nobody waits for a lock meanwhile.
        graph, problems = compiler.compile(stored(flow.draft, flow.draft_xml, flow.bpmn_id))
        _check(problems)
        with database.writing() as session:
            locked = find_flow(session, organization_id, process_id, lock=True)
            if graph is not None and locked.draft == flow.draft and locked.draft_xml == flow.draft_xml:
                called = calls.resolve(session, organization_id, graph, environments)
                _check(called.problems)
                version = _add_version(database, session, locked, called.versions, note)
                _activate(database, session, locked, version, graph, environments)
                return PublishedVersion(flow.id, str(version.version_number), problems + called.problems)
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
) -> list[PublishedVersion]:
    """Publishes a file: as the next version of a flow, or as a new flow named by itself or `default_name`.

    A BPMN file becomes a flow for each of its executable processes, those that are called first; a process
    that one flow of the organization came from becomes that flow's next version. Nothing is written when one
    does not compile.

    Raises:
        BadRequest: the file is not JSON.
        NotFound, Conflict, Unprocessable: as `publish`.
    """
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        sources = calls.callees_first(read_bpmn(content))
    else:
        definition = parse(content)
        if not isinstance(definition, dict):
            raise Unprocessable("A definition is a JSON object.", [("body", "must be an object")])
        sources = [Source(definition, str(definition.get("name") or "") or None)]
    if process_id is not None:
        with database.reading() as session:
            sources = [process_of(sources, find_flow(session, organization_id, process_id).bpmn_id)]
    for source in sources:
        _check(compiler.compile(source)[1])
    published = []
    for source in sources:
        name = str(source.name or source.bpmn_id or default_name)[:LONGEST_NAME]
        flow_id = process_id or _flow_of(database, organization_id, source.bpmn_id)
        if flow_id is None:
            flow_id = create_flow(database, organization_id=organization_id, name=name).id
        save_draft(database, compiler, organization_id=organization_id, process_id=flow_id, source=source)
        published.append(
            publish(
                database,
                compiler,
                organization_id=organization_id,
                process_id=flow_id,
                environments=environments,
            )
        )
    return published


def _flow_of(database: Database, organization_id: str, bpmn_id: str | None) -> str | None:
    """The one flow that came from a BPMN process of this id; None where there is none, or more than one."""
    if bpmn_id is None:
        return None
    with database.reading() as session:
        mine = select(Flow.id).where(Flow.organization_id == organization_id, Flow.bpmn_id == bpmn_id)
        found = session.exec(mine.limit(2)).all()
    return found[0] if len(found) == 1 else None


def activate(
    database: Database, *, organization_id: str, process_id: str, environment: str, version_number: str
) -> FlowVersion:
    """Makes a version the one that a start without `versionNumber` runs: promotes it, or rolls back to it.

    Raises:
        NotFound: there is no such flow or version.
        Conflict: this release cannot run the version.
    """
    with database.reading() as session:
        flow = find_flow(session, organization_id, process_id)
        version = find_version(session, flow.id, version_number)
    # Compiling takes a while; nobody waits for a lock meanwhile.
    definition, called = version.definition, version.calls
    graph, _ = compile_flow(definition, queues=None, tasks=None, calls=called, published=True)
    if graph is None:
        raise Conflict("This release cannot run that version any more.", code="VERSION_NOT_RUNNABLE")
    with database.writing() as session:
        flow = find_flow(session, organization_id, process_id, lock=True)
        _activate(database, session, flow, version, graph, [environment])
    return version


def deactivate(database: Database, *, organization_id: str, process_id: str, environment: str) -> None:
    """No version is active there any more: nothing starts without a `versionNumber`, schedules end.

    Raises:
        NotFound: there is no such flow.
    """
    with database.writing() as session:
        flow = find_flow(session, organization_id, process_id, lock=True)
        for table in (FlowStart, FlowEnvironment):
            mine = (col(table.flow_id) == flow.id, col(table.environment) == environment)
            session.execute(delete(table).where(*mine))


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
    return {
        "nodeId": problem.node_id,
        "code": problem.code,
        "message": problem.message,
        "severity": problem.severity,
        "path": problem.path,
    }


def _add_version(
    database: Database,
    session: Session,
    flow: Flow,
    called: Mapping[str, str],
    note: str | None,
) -> FlowVersion:
    flow.last_version += 1
    version = FlowVersion(
        flow_id=flow.id,
        version_number=flow.last_version,
        definition=flow.draft,
        xml=flow.draft_xml,
        calls=dict(called) or None,
        note=note,
        created_at=database.now(session),
    )
    session.add(version)
    session.flush()
    return version


def _activate(
    database: Database,
    session: Session,
    flow: Flow,
    version: FlowVersion,
    graph: Graph,
    environments: Collection[str],
) -> None:
    for environment in sorted(environments):
        active = session.get(FlowEnvironment, (flow.id, environment))
        if active is None or active.version_id != version.id:
            _set_starts(database, session, flow, version, graph, environment)
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


def _set_starts(
    database: Database, session: Session, flow: Flow, version: FlowVersion, graph: Graph, environment: str
) -> None:
    """The start events of the version wait from now on, and those of the one before do not any more."""
    session.execute(
        delete(FlowStart).where(col(FlowStart.flow_id) == flow.id, col(FlowStart.environment) == environment)
    )
    now = database.now(session)
    for event in start_events(graph, now):
        session.add(
            FlowStart(
                organization_id=flow.organization_id,
                flow_id=flow.id,
                environment=environment,
                version_id=version.id,
                version_number=version.version_number,
                created_at=now,
                **asdict(event),
            )
        )
