"""A running, or ended, execution of one version; with its variables."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from models.states import InstanceStatus
from models.types import UtcDateTime, new_id


class Instance(SQLModel, table=True):
    """`seq` counts the steps of its history; every move raises it, so moves of one instance have an order."""

    __tablename__ = "instances"
    __table_args__ = (
        CheckConstraint("status IN ('RUNNING', 'COMPLETED', 'CANCELLED')", name="status"),
        Index("ix_instances_organization", "organization_id", "started_at", "id"),
        Index("ix_instances_flow", "flow_id", "started_at", "id"),
        Index("ix_instances_correlation", "organization_id", "correlation_key"),
        Index(
            "ix_instances_caller",
            "caller_id",
            postgresql_where=text("caller_id IS NOT NULL"),
            sqlite_where=text("caller_id IS NOT NULL"),
        ),
        Index(
            "ix_instances_open",
            "organization_id",
            "started_at",
            "id",
            postgresql_where=text("status = 'RUNNING'"),
            sqlite_where=text("status = 'RUNNING'"),
        ),
        {"postgresql_with": {"fillfactor": 70}},
    )

    id: str = Field(default_factory=lambda: new_id("inst_"), primary_key=True)
    organization_id: str = Field(foreign_key="organizations.id")
    flow_id: str = Field(foreign_key="flows.id")
    version_id: str = Field(foreign_key="flow_versions.id")
    version_number: int
    environment: str
    correlation_key: str | None = None
    status: str = InstanceStatus.RUNNING
    caller_id: str | None = None  # the instance whose call activity called it
    caller_token_id: str | None = None  # the token that waits there
    # What its callers catch: see `InstanceFacts`.
    caught: Any = Field(default=None, sa_type=JSON, nullable=True)
    depth: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # how many callers are above it
    seq: int = 0
    started_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Variable(SQLModel, table=True):
    """One value by scope and name, so that branches which write different names both keep theirs.

    The scope of the instance itself has the instance's id.
    """

    __tablename__ = "variables"
    __table_args__ = ({"postgresql_with": {"fillfactor": 80}},)

    scope_id: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: Any = Field(sa_type=JSON)


class HistoryStep(SQLModel, table=True):
    """One visit of a token to a node, written when it ends. `seq` is the order of the commits."""

    __tablename__ = "history"

    instance_id: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    node_id: str
    node_type: str
    attempts: int
    entered_at: datetime = Field(sa_type=UtcDateTime)
    left_at: datetime = Field(sa_type=UtcDateTime)
    outcome: str
    input: Any = Field(default=None, sa_type=JSON, nullable=True)
    output: Any = Field(default=None, sa_type=JSON, nullable=True)
    # Null in rows that are older than these columns.
    scope_id: str | None = None  # where the token stood
    loop: str | None = None  # of an activity that loops: "whole", or "body" for one run of it
    loop_counter: int | None = None  # of the innermost body of a loop that the visit was in, from 1
