"""Incidents: tokens that stand still until an operator mends something."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from models.types import UtcDateTime, new_id


class Incident(SQLModel, table=True):
    """A token that stands still until something is mended; `resolved_at` when it went on or was ended."""

    __tablename__ = "incidents"
    __table_args__ = (
        Index("ix_incidents_instance", "instance_id"),
        Index(
            "ix_incidents_open",
            "code",
            "instance_id",
            postgresql_where=text("resolved_at IS NULL"),
            sqlite_where=text("resolved_at IS NULL"),
        ),
    )

    id: str = Field(default_factory=lambda: new_id("inc_"), primary_key=True)
    instance_id: str = Field(foreign_key="instances.id")
    token_id: str
    node_id: str
    code: str
    message: str
    attempts: int
    created_at: datetime = Field(sa_type=UtcDateTime)
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
