"""The armed start events of active versions, above all timers.

Rows of `flow_starts` are written and deleted here; `workers.engine.store.starts` finds and moves them on.
"""

from dataclasses import asdict
from datetime import datetime

from sqlmodel import Session, col, delete, select

from app.authoring.candidate import Candidate
from models.flow import Flow, FlowStart
from workers.flow.graph import Graph, TimerCatch
from workers.flow.problem import Problem, quoted
from workers.semantics import start_event


def over(graph: Graph, now: datetime) -> list[Problem]:
    """A problem for each timer that could never fire, if the version were published now."""
    return [
        Problem(
            node_id, "SCHEDULE_OVER", f"The cycle {quoted(cycle)} has no time to come any more.", "error", ""
        )
        for node_id, cycle in start_event.over(graph, now)
    ]


def armed_once(graph: Graph) -> list[Problem]:
    """A warning for each timer of a version that was published without naming environments."""
    message = (
        "No environments were named, so this timer starts the flow in PRODUCTION only. Name them, or activate"
        " the version in DEVELOPMENT, and it does so there too."
    )
    return [
        Problem(node_id, "SCHEDULE_IN_PRODUCTION_ONLY", message, "warning", "")
        for node_id in graph.top.event_starts
        if isinstance(graph.nodes[node_id].details, TimerCatch)
    ]


def end(session: Session, flow: Flow, environment: str) -> None:
    """Disarms the start events of the flow in an environment."""
    mine = (col(FlowStart.flow_id) == flow.id, col(FlowStart.environment) == environment)
    session.execute(delete(FlowStart).where(*mine))


def begin(session: Session, candidate: Candidate, environment: str, now: datetime, *, timers: bool) -> None:
    """Arms the start events of the version in an environment; timers among them only with `timers`.

    A start event that is armed already stays as it is.
    """
    flow, version = candidate.flow, candidate.version
    mine = (col(FlowStart.flow_id) == flow.id, col(FlowStart.environment) == environment)
    waiting = set(session.exec(select(FlowStart.node_id).where(*mine)))
    for event in start_event.start_events(candidate.graph, now):
        if event.node_id not in waiting and (timers or event.kind != "timer"):
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
