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
    __table_args__ = (Index("ix_flows_organization", "organization_id", "created_at", "id"),)

    id: str = Field(default_factory=lambda: str(uuid4()), primary_key=True)
    organization_id: str = Field(foreign_key="organizations.id")
    name: str
    draft: Any = Field(default=None, sa_type=JSON, nullable=True)
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
    note: str | None = None
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
