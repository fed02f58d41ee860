"""Timers: a holder waits for a time."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index
from sqlmodel import Field, SQLModel

from models.types import UtcDateTime, new_id


class Timer(SQLModel, table=True):
    """A holder (as in `models.subscription`) waits for a time. The row goes when it fires, so it fires once.

    One that is due at once carries `data`: how a signal reaches each of its subscribers, and how a called
    instance tells its caller that it ended.
    """

    __tablename__ = "timers"
    __table_args__ = (
        Index("ix_timers_due", "due_at"),
        Index("ix_timers_instance", "instance_id"),
    )

    id: str = Field(default_factory=lambda: new_id("timer_"), primary_key=True)
    instance_id: str = Field(foreign_key="instances.id")
    holder_id: str
    node_id: str
    due_at: datetime = Field(sa_type=UtcDateTime)
    cycle: str | None = None  # what it repeats by
    remaining: int | None = None  # how often it fires after this; None with a cycle: without end
    anchor_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # where the cycle's grid begins
    data: Any = Field(default=None, sa_type=JSON, nullable=True)
    subscription_id: str | None = None  # of a signal: void when that is gone
    claimed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # a sweeper tried to fire it then
