"""Flows on a `Database`, their drafts and their versions; commands and views share them.

`organization_id` is whose flows may be touched; a flow of another organization is not found.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection
from sqlmodel import Session, col, select

from app.administration.administration import require_organization, time_zone_of
from app.authoring import schedules
from app.authoring.candidate import Candidate
from app.authoring.links import link
from app.authoring.sources import Source, process_of, read_bpmn
from models.db import Database
from models.errors import NotFound
from models.flow import ENVIRONMENTS, Flow, FlowEnvironment, FlowVersion
from models.types import LONGEST_NAME
from workers.flow.compiler.compile import compile_flow
from workers.flow.graph import Graph
from workers.flow.problem import Problem


@dataclass(frozen=True, slots=True)
class Compiler:
    """What a definition may name: the queues of this deployment and its registered python tasks."""

    queues: Collection[str]
    tasks: Collection[str] | None = None  # None: not checked

    def compile(self, source: Source, time_zone: str = "UTC") -> tuple[Graph | None, list[Problem]]:
        """The graph, if nothing is wrong, and the problems of the source's import and of its definition."""
        errors = [each for each in source.problems if each.severity == "error"]
        told = {each.node_id for each in errors if each.node_id is not None}
        graph, problems = compile_flow(
            source.definition, queues=self.queues, tasks=self.tasks, time_zone=time_zone, told=told
        )
        return None if errors else graph, [*source.problems, *problems]


def create_flow(database: Database, *, organization_id: str, name: str, source: Source | None = None) -> Flow:
    """A new flow, with a draft when a source is given; the draft may have problems.

    Raises:
        NotFound: there is no such organization.
    """
    (flow,) = _create(database, organization_id, [(name, source)])
    return flow


def create_flows(database: Database, *, organization_id: str, sources: Collection[Source]) -> list[Flow]:
    """A new flow for each process of a file, all or none; raises as `create_flow`."""
    named = [(source.name or source.bpmn_id or "", source) for source in sources]
    return _create(database, organization_id, named)


def _create(
    database: Database, organization_id: str, wanted: Collection[tuple[str, Source | None]]
) -> list[Flow]:
    with database.writing() as session:
        require_organization(session, organization_id)
        now = database.now(session)
        flows = []
        for name, source in wanted:
            flow = new_flow(session, organization_id, name, now)
            if source is not None:
                set_draft(flow, source, now)
            flows.append(flow)
    return flows


def new_flow(session: Session, organization_id: str, name: str, now: datetime) -> Flow:
    """A flow without a draft."""
    flow = Flow(organization_id=organization_id, name=name[:LONGEST_NAME], created_at=now)
    session.add(flow)
    return flow


def set_draft(flow: Flow, source: Source, now: datetime) -> None:
    flow.draft, flow.draft_xml = source.definition, source.xml
    flow.bpmn_id = source.bpmn_id or flow.bpmn_id
    flow.draft_at = now


def save_draft(
    database: Database, compiler: Compiler, *, organization_id: str, process_id: str, source: Source
) -> list[Problem]:
    """Replaces the draft, and gives its problems."""
    with database.writing() as session:
        flow = find_flow(session, organization_id, process_id, lock=True)
        now = database.now(session)
        set_draft(flow, source, now)
        time_zone = time_zone_of(session, organization_id)
    graph, problems = compiler.compile(source, time_zone)
    if graph is None:
        return problems
    problems += schedules.over(graph, now)
    candidate = Candidate.of(flow, source.definition, graph, now)
    with database.reading() as session:
        return problems + link(session, candidate, [candidate], ENVIRONMENTS).problems


def save_bpmn(
    database: Database,
    compiler: Compiler,
    *,
    organization_id: str,
    process_id: str,
    data: bytes,
    options: Mapping[str, str] = MappingProxyType({}),
) -> list[Problem]:
    """Replaces the draft by a process of a BPMN file: the one that it was made from, or the only one."""
    with database.reading() as session:
        bpmn_id = find_flow(session, organization_id, process_id).bpmn_id
    source = process_of(read_bpmn(data, options), bpmn_id)
    return save_draft(
        database, compiler, organization_id=organization_id, process_id=process_id, source=source
    )


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


def problem_json(problem: Problem) -> dict[str, Any]:
    """A problem as callers see it."""
    return {
        "nodeId": problem.node_id,
        "code": problem.code,
        "message": problem.message,
        "severity": problem.severity,
        "path": problem.path,
    }
