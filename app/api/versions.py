"""/flows/…/publish, versions and environments: publish a draft, and choose which version runs where."""

from datetime import datetime
from typing import Any

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from pydantic import Field
from sqlalchemy import select
from sqlmodel import SQLModel

from app.api.flows import CREATE, FlowPath, ProblemView, bpmn_answer, problem_view, wants_xml
from app.api.tags import AUTHORING
from app.authoring import activation, publishing
from app.authoring.flows import active_versions, find_flow, find_version
from app.http.caller import Permit, current_caller
from app.http.operation import operation
from app.http.paging import Order
from app.http.schemas import Answer, Body, Environment, PageQuery, Text, Time
from app.services import current_services
from models.flow import ENVIRONMENTS, FlowVersion
from models.permission import WORKFLOW_READ

api = APIBlueprint("versions", __name__, url_prefix="/flows", abp_tags=[AUTHORING])

_VERSIONS = SQLModel.metadata.tables[str(FlowVersion.__tablename__)]
_VERSION_ORDER = Order("versions", (_VERSIONS.c.version_number,), newest_first=True)


class VersionPath(FlowPath):
    """Names a version of a flow."""

    version_number: str


class EnvironmentPath(FlowPath):
    """Names an environment of a flow."""

    environment: Environment


class PublishBody(Body):
    """Where the new version becomes active, and what to remember of it."""

    environments: list[Environment] | None = Field(
        default=None,
        max_length=2,
        description="Without them the version is active in both, and its timers start it in PRODUCTION only.",
    )
    note: Text | None = None
    together: list[Text] = Field(
        default=[],
        max_length=99,
        description="processIds of flows whose drafts are published with this one, all or none: flows that"
        " call each other, or the pools of a file",
    )


class Active(Answer):
    """The version that runs there from now on."""

    version_number: str = Field(examples=["1"])


class PublishedFlow(Answer):
    """A version that was published together with the one that was asked for."""

    process_id: str
    version_number: str = Field(examples=["1"])
    problems: list[ProblemView] = Field(default=[], exclude_if=lambda value: not value)


class Published(Answer):
    """The version is immutable. `problems` are warnings, and there only if it has any."""

    version_number: str = Field(examples=["1"])
    problems: list[ProblemView] = Field(default=[], exclude_if=lambda value: not value)
    together: list[PublishedFlow] = Field(default=[], exclude_if=lambda value: not value)


class VersionItem(Answer):
    """A version as a list shows it."""

    version_number: str
    note: str | None
    created_at: Time
    active_in: list[Environment]


class VersionPage(Answer):
    """The newest first."""

    items: list[VersionItem]
    next_cursor: str | None


class Version(VersionItem):
    """A version with its source, and the zone of its times that name none: the organization's, back then."""

    definition: dict[str, Any]
    time_zone: str = Field(examples=["Europe/Berlin"])


class VersionToActivate(Body):
    """The version to run from now on."""

    version_number: Text = Field(examples=["1"])


@operation(api, "POST", "/<processId>/publish", permit=CREATE, status=201, errors=(404, 409))
def publish_flow(path: FlowPath, body: PublishBody) -> Published:
    """Publish the draft: it becomes the next version, for good, and active in `environments`.

    Its timers start it in the environments that are named; where none are, in PRODUCTION only.
    422 `FLOW_HAS_PROBLEMS` with `problems` when it does not compile, calls what is not active, or catches a
    message that belongs to the pools of another file.
    """
    services, caller = current_services(), current_caller()
    for environment in ENVIRONMENTS if body.environments is None else body.environments:
        caller.check_environment(environment)
    published, *others = publishing.publish_drafts(
        services.database,
        services.compiler,
        organization_id=caller.organization,
        process_ids=list(dict.fromkeys([path.process_id, *body.together])),
        environments=body.environments,
        note=body.note,
    )
    return Published(
        version_number=published.version_number,
        problems=[problem_view(each) for each in published.warnings],
        together=[
            PublishedFlow(
                process_id=other.process_id,
                version_number=other.version_number,
                problems=[problem_view(each) for each in other.warnings],
            )
            for other in others
        ],
    )


@operation(api, "GET", "/<processId>/versions", permit=Permit(WORKFLOW_READ), errors=(404,))
def list_versions(path: FlowPath, query: PageQuery) -> VersionPage:
    """List the versions of a flow."""
    columns = _VERSIONS.c
    with current_services().database.reading() as session:
        flow = find_flow(session, current_caller().organization_id, path.process_id)
        wanted = select(columns.version_number, columns.note, columns.created_at)
        wanted = wanted.where(columns.flow_id == flow.id)
        rows, next_cursor = _VERSION_ORDER.page(session.connection(), wanted, query)
        active = active_versions(session.connection(), [flow.id])[flow.id]
    items = [VersionItem(**_version(row.version_number, row.note, row.created_at, active)) for row in rows]
    return VersionPage(items=items, next_cursor=next_cursor)


@operation(api, "GET", "/<processId>/versions/<versionNumber>", permit=Permit(WORKFLOW_READ), errors=(404,))
def get_version(path: VersionPath) -> Version | Response:
    """Look at a version, with its source; the BPMN 2.0 alone where `Accept` asks for application/xml."""
    with current_services().database.reading() as session:
        flow = find_flow(session, current_caller().organization_id, path.process_id)
        found = find_version(session, flow.id, path.version_number)
        if wants_xml():
            return bpmn_answer(flow, found.definition, found.xml)
        active = active_versions(session.connection(), [flow.id])[flow.id]
        facts = _version(found.version_number, found.note, found.created_at, active)
        return Version(**facts, definition=found.definition, time_zone=found.time_zone or "UTC")


@operation(api, "PUT", "/<processId>/environments/<environment>", permit=CREATE, errors=(404, 409))
def activate_version(path: EnvironmentPath, body: VersionToActivate) -> Active:
    """Choose the version that a start without `versionNumber` runs: promote it, or roll back to it.

    Running instances stay on their version. Timers of the version start it there from now on.
    409 `MESSAGE_NAME_TAKEN` when another flow has the message of its pool by now.
    """
    caller = current_caller()
    caller.check_environment(path.environment)
    version = activation.activate(
        current_services().database,
        organization_id=caller.organization,
        process_id=path.process_id,
        environment=path.environment,
        version_number=body.version_number,
    )
    return Active(version_number=str(version.version_number))


@operation(api, "DELETE", "/<processId>/environments/<environment>", permit=CREATE, status=204, errors=(404,))
def deactivate_version(path: EnvironmentPath) -> None:
    """Take the active version out of an environment: its schedules end, and no message or signal starts it.

    Running instances go on.
    """
    caller = current_caller()
    caller.check_environment(path.environment)
    activation.deactivate(
        current_services().database,
        organization_id=caller.organization,
        process_id=path.process_id,
        environment=path.environment,
    )


def _version(number: int, note: str | None, created_at: datetime, active: dict[str, int]) -> dict[str, Any]:
    return {
        "version_number": str(number),
        "note": note,
        "created_at": created_at,
        "active_in": [environment for environment, version in active.items() if version == number],
    }
