"""Tokens: the points of execution. A ready token is the outbox of the worker that will run it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from models.types import UtcDateTime, new_id

_MOVING = "state IN ('ready', 'running')"


class Token(SQLModel, table=True):
    """A point of execution.

    Every move, claim, take-back and hand-back raises `epoch`, and is written only while the epoch is the one
    that was read. Renewing a lease or keeping an input asks for the epoch and leaves it. Counting what was
    sent does neither: at worst a message comes once too often.
    """

    __tablename__ = "tokens"
    __table_args__ = (
        CheckConstraint("state IN ('ready', 'running', 'waiting', 'incident')", name="state"),
        Index("ix_tokens_instance", "instance_id", "state"),
        Index("ix_tokens_moving", "id", postgresql_where=text(_MOVING), sqlite_where=text(_MOVING)),
        {"postgresql_with": {"fillfactor": 60}},
    )

    id: str = Field(default_factory=lambda: new_id("tok_"), primary_key=True)
    instance_id: str = Field(foreign_key="instances.id")
    version_id: str
    scope_id: str  # where its variables are; the instance's id for the instance's own
    node_id: str
    flow_id: str | None = None  # the sequence flow it came by
    queue: str
    state: str
    epoch: int = 0
    activation: int = 0  # counts the visits of this token, so that (id, activation) names one visit
    attempts: int = 0  # attempts of this visit that failed
    losses: int = 0  # leases of this visit that ran out
    sends: int = 0  # messages sent for this epoch
    entered_at: datetime = Field(sa_type=UtcDateTime)
    available_at: datetime = Field(sa_type=UtcDateTime)  # not before this
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # None: never
    lease_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # when the lease runs out
    # What the visit keeps: see `workers.semantics.memory`.
    input: Any = Field(default=None, sa_type=JSON, nullable=True)
