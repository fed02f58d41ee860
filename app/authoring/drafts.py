"""New flows and their drafts, on a `Database`; commands and views share them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType

from app.administration.organizations import require_organization, time_zone_of
from app.authoring import schedules
from app.authoring.candidate import Candidate
from app.authoring.compiler import Compiler
from app.authoring.flows import find_flow, new_flow
from app.authoring.links import link
from app.authoring.sources import Source, process_of, read_bpmn
from models.db import Database
from models.flow import ENVIRONMENTS, Flow
from workers.flow.problem import Problem


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
