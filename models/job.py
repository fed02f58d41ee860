"""Jobs: external service tasks that wait for an external worker, or are locked by one."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.types import UtcDateTime, new_id


class Job(SQLModel, table=True):
    """One attempt; its input is kept at its token, and the next attempt is a job of its own.

    Each lock raises `epoch`, so that a worker that was too slow can write nothing.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_topic", "organization_id", "environment", "topic", "available_at"),
        Index("ix_jobs_instance", "instance_id"),
    )

    id: str = Field(default_factory=lambda: new_id("job_"), primary_key=True)
    organization_id: str
    environment: str
    instance_id: str = Field(foreign_key="instances.id")
    token_id: str
    node_id: str
    topic: str
    epoch: int = 0
    worker: str | None = None  # the name of the worker that has it, or had it last
    available_at: datetime = Field(sa_type=UtcDateTime)  # when it may be locked (again)
    created_at: datetime = Field(sa_type=UtcDateTime)
