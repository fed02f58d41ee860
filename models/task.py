"""Tasks: the questions to people, from User Tasks and Input Nodes."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from models.types import UtcDateTime, new_id


class Task(SQLModel, table=True):
    """A User Task or Input Node that waits, or waited, for a person."""

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint("state IN ('OPEN', 'COMPLETED', 'CANCELLED')", name="state"),
        Index("ix_tasks_instance", "instance_id", "node_id"),
        Index(
            "ix_tasks_open",
            "organization_id",
            "created_at",
            "id",
            postgresql_where=text("state = 'OPEN'"),
            sqlite_where=text("state = 'OPEN'"),
        ),
    )

    id: str = Field(default_factory=lambda: new_id("task_"), primary_key=True)
    organization_id: str
    instance_id: str = Field(foreign_key="instances.id")
    token_id: str
    node_id: str
    state: str = Field(default="OPEN", sa_column_kwargs={"server_default": "OPEN"})
    name: str | None = None
    input: Any = Field(default=None, sa_type=JSON, nullable=True)
    form: Any = Field(default=None, sa_type=JSON, nullable=True)
    assignee: str | None = None
    candidate_users: Any = Field(default=None, sa_type=JSON, nullable=True)
    candidate_groups: Any = Field(default=None, sa_type=JSON, nullable=True)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    priority: int | None = None
    form_key: str | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_by: str | None = None
