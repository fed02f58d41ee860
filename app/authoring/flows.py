"""Makes and finds flows and their versions.

`organization_id` is the organization whose flows may be touched; a flow of another one is not found.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection
from sqlmodel import Session, col, select

from models.errors import NotFound
from models.flow import Flow, FlowEnvironment, FlowVersion, version_int
from models.types import LONGEST_NAME


def new_flow(session: Session, organization_id: str, name: str, now: datetime) -> Flow:
    """A flow without a draft."""
    flow = Flow(organization_id=organization_id, name=name[:LONGEST_NAME], created_at=now)
    session.add(flow)
    return flow


def find_flow(session: Session, organization_id: str | None, process_id: str, *, lock: bool = False) -> Flow:
    """The flow, if it belongs to the organization (None: to any). `lock` keeps other authors out.

    Raises:
        NotFound: there is none, or it is another organization's; the text is the same.
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


def active_versions(connection: Connection, flow_ids: Collection[str]) -> Mapping[str, dict[str, int]]:
    """The active version number by flow and environment."""
    found: dict[str, dict[str, int]] = {flow_id: {} for flow_id in flow_ids}
    query = select(FlowEnvironment.flow_id, FlowEnvironment.environment, FlowEnvironment.version_number)
    mine = query.where(col(FlowEnvironment.flow_id).in_(flow_ids)).order_by(FlowEnvironment.environment)
    for flow_id, environment, number in connection.execute(mine):
        found[flow_id][environment] = number
    return found
