"""Publishing on a `Database`: drafts and files become versions that are active; for commands and views.

Versions that are published together, such as the processes of a file, are written in one transaction.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlmodel import Session, select

from app.administration.organizations import require_organization, time_zone_of
from app.authoring import schedules
from app.authoring.activation import make_active
from app.authoring.candidate import Candidate
from app.authoring.compiler import Compiler, problem_json
from app.authoring.drafts import set_draft
from app.authoring.flows import find_flow, new_flow
from app.authoring.links import link
from app.authoring.sources import Source, process_of, read_bpmn, stored
from app.json_text import parse
from models.db import Database
from models.errors import Conflict, Unprocessable
from models.flow import ENVIRONMENTS, PRODUCTION, Flow
from workers.flow.graph import Graph
from workers.flow.problem import Problem

#: How often a publish is tried when the draft is saved meanwhile.
_TRIES = 5


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """A version that was published, with its warnings."""

    process_id: str
    version_number: str
    warnings: list[Problem]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A source that compiles, with its warnings."""

    source: Source
    graph: Graph
    warnings: list[Problem]


@dataclass(frozen=True, slots=True)
class Linked:
    """A source that compiles, with its links to other flows and their problems."""

    candidate: Candidate
    calls: dict[str, str]
    problems: list[Problem]
    warnings: list[Problem]
    """Of its compilation."""


def publish(
    database: Database,
    compiler: Compiler,
    *,
    organization_id: str,
    process_id: str,
    environments: Collection[str] | None = None,
    note: str | None = None,
) -> PublishedVersion:
    """Makes the draft the next immutable version and that active in `environments`: see `publish_drafts`."""
    (published,) = publish_drafts(
        database,
        compiler,
        organization_id=organization_id,
        process_ids=[process_id],
        environments=environments,
        note=note,
    )
    return published


def publish_drafts(
    database: Database,
    compiler: Compiler,
    *,
    organization_id: str,
    process_ids: Sequence[str],
    environments: Collection[str] | None = None,
    note: str | None = None,
) -> list[PublishedVersion]:
    """Publishes the drafts of several flows, which may call each other: all of them, or nothing is written.

    Without `environments` they are active in both, and their timers start them in PRODUCTION only. Times that
    name no zone are in the organization's as it is now.

    Raises:
        NotFound: there is no such flow.
        Conflict: one has no draft, or a draft changes faster than it compiles.
        Unprocessable: a draft does not compile; `problems` lists why.
    """
    for _ in range(_TRIES):
        with database.reading() as session:
            drafts = [find_flow(session, organization_id, process_id) for process_id in process_ids]
            time_zone = time_zone_of(session, organization_id)
        if any(flow.draft is None for flow in drafts):
            raise Conflict("This flow has no draft to publish.", code="NO_DRAFT")
        # No lock is held while compiling, because that takes a while.
        sources = [stored(flow.draft, flow.draft_xml, flow.bpmn_id) for flow in drafts]
        compiled = compile_all(compiler, sources, time_zone)
        with database.writing() as session:
            require_organization(session, organization_id, lock=True)
            flows = [find_flow(session, organization_id, process_id, lock=True) for process_id in process_ids]
            if [(each.draft, each.draft_xml) for each in flows] == [
                (each.draft, each.draft_xml) for each in drafts
            ]:
                linked = link_all(database, session, flows, compiled, environments, note)
                return publish_together(database, session, linked, environments, time_zone)
    raise Conflict("The draft was saved again and again while it was published.", code="DRAFT_CHANGED")


def publish_document(
    database: Database,
    compiler: Compiler,
    *,
    organization_id: str,
    content: bytes,
    default_name: str,
    process_id: str | None = None,
    environments: Collection[str] | None = None,
) -> list[PublishedVersion]:
    """Publishes a file: as the next version of a flow, or as a new flow named by itself or `default_name`.

    A BPMN file becomes a flow for each of its executable processes, which may call each other; a process that
    one flow of the organization came from becomes that flow's next version. All of them are published, or
    nothing is written.

    Raises:
        BadRequest: the file is not JSON.
        NotFound: there is no such organization or flow.
        Unprocessable: a process does not compile; `problems` lists why.
    """
    sources = _read(content)
    with database.reading() as session:
        time_zone = time_zone_of(session, organization_id)
        if process_id is not None:
            sources = [process_of(sources, find_flow(session, organization_id, process_id).bpmn_id)]
    compiled = compile_all(compiler, sources, time_zone)
    with database.writing() as session:
        require_organization(session, organization_id, lock=True)
        flows = [
            flow_of(database, session, organization_id, source, default_name, process_id=process_id)
            for source in sources
        ]
        linked = link_all(database, session, flows, compiled, environments)
        return publish_together(database, session, linked, environments, time_zone)


def flow_of(
    database: Database,
    session: Session,
    organization_id: str,
    source: Source,
    default_name: str,
    *,
    process_id: str | None = None,
) -> Flow:
    """The flow whose draft a source becomes: that one, or the one of its process, or a new one."""
    now = database.now(session)
    flow_id = process_id or _flow_of(session, organization_id, source.bpmn_id)
    if flow_id is not None:
        flow = find_flow(session, organization_id, flow_id, lock=True)
    else:
        flow = new_flow(session, organization_id, source.name or source.bpmn_id or default_name, now)
    set_draft(flow, source, now)
    return flow


def _read(content: bytes) -> list[Source]:
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return read_bpmn(content)
    definition = parse(content)
    if not isinstance(definition, dict):
        raise Unprocessable("A definition is a JSON object.", [("body", "must be an object")])
    return [Source(definition, str(definition.get("name") or "") or None)]


def _flow_of(session: Session, organization_id: str, bpmn_id: str | None) -> str | None:
    """The one flow that came from a BPMN process of this id; None where there is none, or more than one."""
    if bpmn_id is None:
        return None
    mine = select(Flow.id).where(Flow.organization_id == organization_id, Flow.bpmn_id == bpmn_id)
    found = session.exec(mine.limit(2)).all()
    return found[0] if len(found) == 1 else None


def compile_all(compiler: Compiler, sources: Sequence[Source], time_zone: str) -> list[Compiled]:
    found = [(source, *compiler.compile(source, time_zone)) for source in sources]
    _check([problem for _, _, problems in found for problem in problems])
    return [Compiled(source, graph, problems) for source, graph, problems in found if graph is not None]


def link_all(
    database: Database,
    session: Session,
    flows: Sequence[Flow],
    compiled: Sequence[Compiled],
    environments: Collection[str] | None,
    note: str | None = None,
) -> list[Linked]:
    """The next version of each flow, not written yet; the organization, then the flows are locked."""
    now = database.now(session)
    active = ENVIRONMENTS if environments is None else environments
    candidates = [
        Candidate.of(flow, each.source.definition, each.graph, now, note)
        for flow, each in zip(flows, compiled, strict=True)
    ]
    found = []
    for candidate, each in zip(candidates, compiled, strict=True):
        links = link(session, candidate, candidates, active)
        problems = schedules.over(candidate.graph, now) + links.problems
        found.append(Linked(candidate, links.calls, problems, each.warnings))
    return found


def publish_together(
    database: Database,
    session: Session,
    linked: Sequence[Linked],
    environments: Collection[str] | None,
    time_zone: str,
) -> list[PublishedVersion]:
    """Writes what `link_all` gave, in its transaction; raises Unprocessable where that has an error."""
    _check([problem for each in linked for problem in each.problems])
    published = []
    for each in linked:
        flow, version = each.candidate.flow, each.candidate.version
        # A draft that an earlier release imported is kept as this one reads its file.
        flow.draft, flow.last_version = version.definition, version.version_number
        version.xml, version.calls = flow.draft_xml, each.calls or None
        version.time_zone = time_zone
        session.add(version)
        warnings = each.warnings + each.problems
        if environments is None:
            warnings += schedules.armed_once(each.candidate.graph)
        published.append(PublishedVersion(flow.id, str(version.version_number), warnings))
    session.flush()
    active, armed = (ENVIRONMENTS, [PRODUCTION]) if environments is None else (environments, environments)
    for each in linked:
        make_active(database, session, each.candidate, active, armed=armed)
    return published


def _check(problems: Sequence[Problem]) -> None:
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise Unprocessable(
            f"The draft has {len(errors)} problem{'s' * (len(errors) > 1)}; the first: {errors[0].message}",
            code="FLOW_HAS_PROBLEMS",
            extra={"problems": [problem_json(problem) for problem in problems]},
        )
