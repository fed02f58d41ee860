"""Problems of active versions, for operators: `procession flows check`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlmodel import Session, col, select

from app.administration.organizations import require_organization, time_zone_of
from app.authoring.candidate import Candidate
from app.authoring.compiler import Compiler
from app.authoring.links import link
from app.authoring.sources import stored
from models.db import Database
from models.errors import Unprocessable
from models.flow import ENVIRONMENTS, Flow, FlowEnvironment, FlowStart, FlowVersion
from workers.flow.problem import Problem


@dataclass(frozen=True, slots=True)
class Active:
    """A version, and the environments that it is active in."""

    flow: Flow
    version: FlowVersion
    environments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one of the checks says of an active version; `code` names the check."""

    active: Active
    code: str
    problems: list[Problem]


Check = Callable[[Session, Compiler, Active], list[Problem]]


def check_active(
    database: Database, compiler: Compiler, organization_id: str | None = None
) -> Iterator[Finding]:
    """The findings of every check about every active version, of one organization or of all.

    Raises NotFound where there is no such organization.
    """
    with database.reading() as session:
        if organization_id is not None:
            require_organization(session, organization_id)
        for active in _active(session, organization_id):
            for code, check in CHECKS.items():
                problems = check(session, compiler, active)
                if problems:
                    yield Finding(active, code, problems)
            session.expunge(active.version)  # all versions at once might not fit into memory


def _would_be_refused(session: Session, compiler: Compiler, active: Active) -> list[Problem]:
    """Problems for which this release would refuse the version; an earlier release accepted it."""
    flow, version = active.flow, active.version
    try:
        source = stored(version.definition, version.xml, flow.bpmn_id)
    except Unprocessable as error:
        return [Problem(None, error.code, error.detail, "error", "")]
    graph, problems = compiler.compile(source, time_zone_of(session, flow.organization_id))
    if graph is not None:
        candidate = Candidate.of(flow, source.definition, graph, version.created_at)
        problems = link(session, candidate, [candidate], active.environments).problems
    return [problem for problem in problems if problem.severity == "error"]


def _armed_in_both(session: Session, _compiler: Compiler, active: Active) -> list[Problem]:
    """A warning for each timer of the version, when timers start the flow in both environments.

    An earlier release armed them in both. In the other environment another version may be active.
    """
    timers = select(FlowStart).where(
        FlowStart.flow_id == active.flow.id, FlowStart.kind == "timer", col(FlowStart.due_at).is_not(None)
    )
    armed = session.exec(timers).all()
    if {start.environment for start in armed} != set(ENVIRONMENTS):
        return []
    message = "Timers start the flow in DEVELOPMENT and in PRODUCTION; take them out of one of them."
    mine = {start.node_id for start in armed if start.version_id == active.version.id}
    return [Problem(node_id, "ARMED_IN_BOTH", message, "warning", "") for node_id in sorted(mine)]


CHECKS: dict[str, Check] = {
    "WOULD_BE_REFUSED": _would_be_refused,
    "ARMED_IN_BOTH": _armed_in_both,
}
"""The checks, by the code of their findings."""


def _active(session: Session, organization_id: str | None) -> Iterator[Active]:
    rows = select(FlowEnvironment).join(Flow, col(Flow.id) == FlowEnvironment.flow_id)
    if organization_id is not None:
        rows = rows.where(Flow.organization_id == organization_id)
    where: dict[tuple[str, str], list[str]] = {}
    ordered = rows.order_by(col(Flow.created_at), col(Flow.id), col(FlowEnvironment.environment))
    for row in session.exec(ordered):
        where.setdefault((row.flow_id, row.version_id), []).append(row.environment)
    for (flow_id, version_id), environments in where.items():
        flow, version = session.get_one(Flow, flow_id), session.get_one(FlowVersion, version_id)
        yield Active(flow, version, tuple(environments))
