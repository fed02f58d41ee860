"""Flows: one draft each, immutable versions, and which version is active in which environment."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.types import UtcDateTime, new_id

DEVELOPMENT, PRODUCTION = "DEVELOPMENT", "PRODUCTION"
ENVIRONMENTS = (DEVELOPMENT, PRODUCTION)


class Flow(SQLModel, table=True):
    """`id` is the processId of the API."""

    __tablename__ = "flows"
    __table_args__ = (
        Index("ix_flows_organization", "organization_id", "created_at", "id"),
        Index("ix_flows_bpmn", "organization_id", "bpmn_id"),
    )

    id: str = Field(default_factory=lambda: str(uuid4()), primary_key=True)
    organization_id: str = Field(foreign_key="organizations.id")
    name: str
    bpmn_id: str | None = None  # of the process in the BPMN file that it came from
    draft: Any = Field(default=None, sa_type=JSON, nullable=True)
    draft_xml: str | None = None  # the BPMN file that the draft came as, with its drawing
    draft_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_version: int = 0
    created_at: datetime = Field(sa_type=UtcDateTime)


class FlowVersion(SQLModel, table=True):
    """Never changed once written."""

    __tablename__ = "flow_versions"
    __table_args__ = (UniqueConstraint("flow_id", "version_number"),)

    id: str = Field(default_factory=lambda: new_id("ver_"), primary_key=True)
    flow_id: str = Field(foreign_key="flows.id")
    version_number: int
    definition: Any = Field(sa_type=JSON)
    xml: str | None = None  # the BPMN file that it came as, with its drawing
    calls: Any = Field(default=None, sa_type=JSON, nullable=True)  # call activity to the version it calls
    time_zone: str | None = None  # of timers that name none; None: UTC
    note: str | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)


class FlowStart(SQLModel, table=True):
    """A start event of an active version: it waits for a message, a signal or a time."""

    __tablename__ = "flow_starts"
    __table_args__ = (
        CheckConstraint("kind IN ('message', 'signal', 'timer')", name="kind"),
        Index("ix_flow_starts_name", "organization_id", "environment", "kind", "name"),
        Index("ix_flow_starts_flow", "flow_id", "environment"),
        Index("ix_flow_starts_due", "due_at"),
    )

    id: str = Field(default_factory=lambda: new_id("start_"), primary_key=True)
    organization_id: str
    flow_id: str = Field(foreign_key="flows.id")
    environment: str
    version_id: str = Field(foreign_key="flow_versions.id")
    version_number: int
    node_id: str
    kind: str
    name: str | None = None  # of the message or signal
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # of a timer; None: it is over
    cycle: str | None = None
    remaining: int | None = None  # how often it fires after this; None with a cycle: without end
    anchor_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # where the cycle's grid begins
    claimed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # a sweeper tried to fire it then
    created_at: datetime = Field(sa_type=UtcDateTime)


class FlowEnvironment(SQLModel, table=True):
    """Which version a start without a versionNumber runs."""

    __tablename__ = "flow_environments"
    __table_args__ = (CheckConstraint("environment IN ('DEVELOPMENT', 'PRODUCTION')", name="environment"),)

    flow_id: str = Field(foreign_key="flows.id", primary_key=True)
    environment: str = Field(primary_key=True)
    version_id: str = Field(foreign_key="flow_versions.id")
    version_number: int
    changed_at: datetime = Field(sa_type=UtcDateTime)


def version_int(version_number: str) -> int | None:
    """`"12"` is 12; what cannot be a version number is None."""
    plain = version_number.isascii() and version_number.isdecimal() and version_number[0] != "0"
    return int(version_number) if plain and len(version_number) < 10 else None
