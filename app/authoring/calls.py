"""The version that each call activity of a flow calls, pinned when the flow is published."""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from app.authoring.candidate import Candidate
from models.flow import ENVIRONMENTS, Flow, FlowEnvironment, FlowVersion
from workers.flow.graph import CalledFlow
from workers.flow.problem import Problem, quoted


@dataclass(slots=True)
class Calls:
    """The version that each call activity calls, and a problem for each that has none."""

    versions: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


class _Unknown(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def resolve(
    session: Session, candidate: Candidate, together: Collection[Candidate], environments: Collection[str]
) -> Calls:
    """A call names a flow of the organization by its processId, or by its id in the BPMN file it came from.

    Without a `versionNumber` it is the version that is published together with the caller, the caller itself
    among them, or else the one that is active in the environments that are published to.
    """
    found = Calls()
    for node in candidate.graph.nodes.values():
        if isinstance(node.details, CalledFlow):
            name, number = node.details.process_id, node.details.version_number
            try:
                flow = _flow(session, candidate.flow.organization_id, name, together)
                version = _version(session, flow, number, together, environments)
                _check_start(flow, version)
                found.versions[node.id] = version.id
            except _Unknown as unknown:
                found.problems.append(Problem(node.id, unknown.code, str(unknown), "error", ""))
    return found


def _flow(session: Session, organization_id: str, name: str, together: Collection[Candidate]) -> Flow:
    mine = select(Flow).where(Flow.organization_id == organization_id)
    flow = session.exec(mine.where(Flow.id == name)).one_or_none()
    flow = flow or next((each.flow for each in together if each.flow.bpmn_id == name), None)
    if flow is not None:
        return flow
    # A flow that was never published is meant only when there is no other.
    published_first = mine.where(Flow.bpmn_id == name).order_by(col(Flow.last_version) == 0).limit(50)
    named = session.exec(published_first).all()
    named = [flow for flow in named if flow.last_version] or named
    if len(named) > 1:
        raise _Unknown(
            "AMBIGUOUS_FLOW",
            f"Several flows came from a BPMN process {quoted(name)}; name one by its processId.",
        )
    if not named:
        message = f"{quoted(name)} is neither a processId nor a BPMN process of a flow."
        raise _Unknown("FLOW_NOT_FOUND", message)
    return named[0]


def _version(
    session: Session,
    flow: Flow,
    version_number: str | None,
    together: Collection[Candidate],
    environments: Collection[str],
) -> FlowVersion:
    number = None if version_number is None else int(version_number)
    for each in together:
        if each.flow.id == flow.id and number in (None, each.version.version_number):
            return each.version
    if number is not None:
        mine = select(FlowVersion).where(FlowVersion.flow_id == flow.id)
        version = session.exec(mine.where(FlowVersion.version_number == number)).one_or_none()
        if version is None:
            raise _Unknown(
                "VERSION_NOT_FOUND", f"The flow {quoted(flow.name)} has no version {quoted(str(number))}."
            )
        return version
    active = (
        select(FlowVersion)
        .join(FlowEnvironment, col(FlowEnvironment.version_id) == FlowVersion.id)
        .where(
            FlowEnvironment.flow_id == flow.id,
            col(FlowEnvironment.environment).in_(list(environments) or list(ENVIRONMENTS)),
        )
    )
    found = session.exec(active).all()
    if len(found) < len(environments) or not found:
        message = f"The flow {quoted(flow.name)} has no active version where this is published to."
        raise _Unknown("NO_ACTIVE_VERSION", message)
    if len({version.id for version in found}) > 1:
        raise _Unknown(
            "AMBIGUOUS_VERSION",
            f"Different versions of the flow {quoted(flow.name)} are active; name a `versionNumber`, or"
            " publish to one environment at a time.",
        )
    return found[0]


def _check_start(flow: Flow, version: FlowVersion) -> None:
    starts = [node for node in version.definition["nodes"] if node["type"] == "startEvent"]
    if starts and all(node.get("event") for node in starts):
        raise _Unknown(
            "NO_PLAIN_START",
            f"The flow {quoted(flow.name)} begins only at start events with a message, a signal or a timer.",
        )
