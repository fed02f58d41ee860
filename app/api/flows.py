"""/flows: create, look at, and draft, as JSON or BPMN 2.0 XML. The versions are in `app.api.versions`."""

from datetime import datetime
from typing import Any, Literal

from flask import Response, request
from flask_openapi.blueprint import APIBlueprint
from pydantic import Field, RootModel
from sqlalchemy import select
from sqlmodel import SQLModel

from app.api.tags import AUTHORING
from app.authoring import drafts
from app.authoring.flows import active_versions, find_flow
from app.authoring.sources import Source, as_bpmn, read_bpmn
from app.http.caller import Permit, current_caller
from app.http.operation import operation
from app.http.paging import Order, snapshot
from app.http.schemas import Answer, Body, Environment, ImportQuery, PageQuery, Path, Text, Time
from app.services import current_services
from models.errors import NotFound
from models.flow import Flow
from models.permission import WORKFLOW_CREATE, WORKFLOW_READ
from workers.flow.problem import Problem

api = APIBlueprint("flows", __name__, url_prefix="/flows", abp_tags=[AUTHORING])

_FLOWS = SQLModel.metadata.tables[str(Flow.__tablename__)]
_FLOW_ORDER = Order("flows", (_FLOWS.c.created_at, _FLOWS.c.id), newest_first=True)

CREATE = Permit(
    WORKFLOW_CREATE, "organization", "A flow belongs to one organization; use one of its credentials."
)


class FlowPath(Path):
    """Names a flow."""

    process_id: str


class NewFlow(Body):
    """`definition` becomes the draft; it may have problems still."""

    name: Text = Field(examples=["Customer complaint"])
    definition: dict[str, Any] | None = None


class Definition(RootModel[dict[str, Any]]):
    """The JSON of a flow: `schemaVersion`, `name`, `nodes`, `sequenceFlows` and so on."""


class CreatedFlow(Answer):
    """A flow that was made from a process of a BPMN file."""

    process_id: str
    bpmn_id: str
    name: str


class Created(Answer):
    """The UUID that starts the flow; `flows` lists all that were made from a BPMN file."""

    process_id: str = Field(examples=["3f8a1c2d-7f54-4d0e-9a3b-0f6f4f1f9d11"])
    flows: list[CreatedFlow] | None = Field(default=None, exclude_if=lambda value: value is None)


class FlowView(Answer):
    """A flow, and the version that is active in each environment."""

    process_id: str
    name: str
    created_at: Time
    draft_saved_at: Time | None
    active_versions: dict[Environment, str] = Field(examples=[{"DEVELOPMENT": "2", "PRODUCTION": "1"}])


class FlowPage(Answer):
    """The newest first."""

    items: list[FlowView]
    next_cursor: str | None


class ProblemView(Answer):
    """What is wrong with a definition, and where. A warning does not keep it from being published."""

    node_id: str | None
    code: str = Field(examples=["UNKNOWN_PROPERTY"])
    message: str
    severity: Literal["error", "warning"]
    path: str = Field(examples=["nodes[2].retry.backoff"])


class Saved(Answer):
    """The draft is saved, whatever its problems."""

    problems: list[ProblemView]


@operation(api, "POST", "", permit=CREATE, status=201)
def create_flow(query: ImportQuery, body: NewFlow | None, xml: bytes | None) -> Created:
    """Create a flow, or one for each executable process of a BPMN file (`Content-Type: application/xml`)."""
    services, organization_id = current_services(), current_caller().organization
    options = query.options(xml=body is None)
    if body is not None:
        source = Source(body.definition) if body.definition is not None else None
        flow = drafts.create_flow(
            services.database, organization_id=organization_id, name=body.name, source=source
        )
        return Created(process_id=flow.id)
    flows = drafts.create_flows(
        services.database, organization_id=organization_id, sources=read_bpmn(xml or b"", options)
    )
    made = [CreatedFlow(process_id=flow.id, bpmn_id=flow.bpmn_id or "", name=flow.name) for flow in flows]
    return Created(process_id=made[0].process_id, flows=made)


@operation(api, "GET", "", permit=Permit(WORKFLOW_READ))
def list_flows(query: PageQuery) -> FlowPage:
    """List flows."""
    columns = _FLOWS.c
    wanted = select(columns.id, columns.name, columns.created_at, columns.draft_at)
    caller = current_caller()
    if caller.organization_id is not None:
        wanted = wanted.where(columns.organization_id == caller.organization_id)
    with snapshot(current_services().database) as connection:
        rows, next_cursor = _FLOW_ORDER.page(connection, wanted, query)
        active = active_versions(connection, [row.id for row in rows])
    items = [_flow(row.id, row.name, row.created_at, row.draft_at, active[row.id]) for row in rows]
    return FlowPage(items=items, next_cursor=next_cursor)


@operation(api, "GET", "/<processId>", permit=Permit(WORKFLOW_READ), errors=(404,))
def get_flow(path: FlowPath) -> FlowView:
    """Look at a flow."""
    with current_services().database.reading() as session:
        flow = find_flow(session, current_caller().organization_id, path.process_id)
        active = active_versions(session.connection(), [flow.id])
        return _flow(flow.id, flow.name, flow.created_at, flow.draft_at, active[flow.id])


@operation(api, "PUT", "/<processId>/draft", permit=CREATE, errors=(404,))
def save_draft(path: FlowPath, query: ImportQuery, body: Definition | None, xml: bytes | None) -> Saved:
    """Save the draft of a flow: the body is the definition itself, as JSON or as BPMN 2.0 XML.

    The answer lists its problems; a draft may be saved with problems, but not published.
    """
    services = current_services()
    options = query.options(xml=body is None)
    common: dict[str, Any] = {
        "organization_id": current_caller().organization,
        "process_id": path.process_id,
    }
    if body is not None:
        problems = drafts.save_draft(services.database, services.compiler, source=Source(body.root), **common)
    else:
        problems = drafts.save_bpmn(
            services.database, services.compiler, data=xml or b"", options=options, **common
        )
    return Saved(problems=[problem_view(problem) for problem in problems])


@operation(api, "GET", "/<processId>/draft", permit=Permit(WORKFLOW_READ), errors=(404,))
def get_draft(path: FlowPath) -> Definition | Response:
    """Read the draft of a flow: the definition itself; BPMN 2.0 where `Accept` asks for application/xml."""
    with current_services().database.reading() as session:
        flow = find_flow(session, current_caller().organization_id, path.process_id)
    if flow.draft is None:
        raise NotFound("The flow has no draft.", code="DRAFT_NOT_FOUND")
    if wants_xml():
        return bpmn_answer(flow, flow.draft, flow.draft_xml)
    return Definition(flow.draft)


def _flow(
    process_id: str, name: str, created_at: datetime, draft_at: datetime | None, active: dict[str, int]
) -> FlowView:
    versions: Any = {environment: str(number) for environment, number in active.items()}
    return FlowView(
        process_id=process_id,
        name=name,
        created_at=created_at,
        draft_saved_at=draft_at,
        active_versions=versions,
    )


def wants_xml() -> bool:
    """JSON, unless the caller likes XML better."""
    offered = ["application/json", "application/xml"]
    return request.accept_mimetypes.best_match(offered, default=offered[0]) == "application/xml"


def bpmn_answer(flow: Flow, definition: dict[str, Any], xml: str | None) -> Response:
    content = as_bpmn(definition, xml, process_id=flow.bpmn_id or flow.id, name=flow.name)
    return Response(content, content_type="application/xml; charset=utf-8")


def problem_view(problem: Problem) -> ProblemView:
    return ProblemView(
        node_id=problem.node_id,
        code=problem.code,
        message=problem.message,
        severity=problem.severity,
        path=problem.path,
    )
