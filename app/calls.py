"""Which versions the call activities of a flow call: pinned when it is published."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from app.sources import Source
from models.flow import ENVIRONMENTS, Flow, FlowEnvironment, FlowVersion
from workers.flow.graph import CalledFlow, Graph
from workers.flow.problem import Problem, quoted


@dataclass(slots=True)
class Calls:
    """The version by call activity, and what is wrong with those that have none."""

    versions: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


class _Unknown(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def resolve(session: Session, organization_id: str, graph: Graph, environments: Collection[str]) -> Calls:
    """A call names a flow of the organization by its processId, or by its id in the BPMN file it came from.

    Without a `versionNumber` it is the version that is active in the environments that are published to.
    """
    found = Calls()
    for node in graph.nodes.values():
        if isinstance(node.details, CalledFlow):
            try:
                flow = _flow(session, organization_id, node.details.process_id)
                version_id = _version(session, flow, node.details.version_number, environments)
                _check_start(session, flow, version_id)
                found.versions[node.id] = version_id
            except _Unknown as unknown:
                found.problems.append(Problem(node.id, unknown.code, str(unknown), "error", ""))
    return found


def callees_first(sources: Collection[Source]) -> list[Source]:
    """The processes of a file in an order in which each can be published after those that it calls."""
    waiting = {source.bpmn_id: source for source in sources}
    ordered: list[Source] = []
    while waiting:
        free = [id_ for id_, each in waiting.items() if not _called_by(each) & (waiting.keys() - {id_})]
        # Those that call each other in a circle cannot be published, and are told so one by one.
        ordered += [waiting.pop(id_) for id_ in free or list(waiting)]
    return ordered


def _called_by(source: Source) -> set[Any]:
    return {node.get("processId") for node in _nodes(source.definition) if node.get("type") == "callActivity"}


def _nodes(scope: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for node in scope.get("nodes", ()):
        yield node
        yield from _nodes(node)


def _flow(session: Session, organization_id: str, name: str) -> Flow:
    mine = select(Flow).where(Flow.organization_id == organization_id)
    flow = session.exec(mine.where(Flow.id == name)).one_or_none()
    if flow is not None:
        return flow
    # A flow that was never published cannot be what is meant, unless there is no other.
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


def _version(session: Session, flow: Flow, version_number: str | None, environments: Collection[str]) -> str:
    if version_number is not None:
        query = select(FlowVersion.id).where(
            FlowVersion.flow_id == flow.id, FlowVersion.version_number == int(version_number)
        )
        version = session.exec(query).one_or_none()
        if version is None:
            raise _Unknown(
                "VERSION_NOT_FOUND", f"The flow {quoted(flow.name)} has no version {quoted(version_number)}."
            )
        return version
    active = select(FlowEnvironment).where(
        FlowEnvironment.flow_id == flow.id,
        col(FlowEnvironment.environment).in_(list(environments) or list(ENVIRONMENTS)),
    )
    rows = session.exec(active).all()
    if len(rows) < len(environments) or not rows:
        message = f"The flow {quoted(flow.name)} has no active version where this is published to."
        raise _Unknown("NO_ACTIVE_VERSION", message)
    if len({row.version_id for row in rows}) > 1:
        raise _Unknown(
            "AMBIGUOUS_VERSION",
            f"Different versions of the flow {quoted(flow.name)} are active; name a `versionNumber`, or"
            " publish to one environment at a time.",
        )
    return rows[0].version_id


def _check_start(session: Session, flow: Flow, version_id: str) -> None:
    definition = session.exec(select(FlowVersion.definition).where(FlowVersion.id == version_id)).one()
    starts = [node for node in definition["nodes"] if node["type"] == "startEvent"]
    if starts and all(node.get("event") for node in starts):
        raise _Unknown(
            "NO_PLAIN_START",
            f"The flow {quoted(flow.name)} begins only at start events with a message, a signal or a timer.",
        )
