"""What a parked token waits for: a person, a message, a time. And the messages nobody waits for yet."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
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


class Subscription(SQLModel, table=True):
    """Somebody waits for the message or signal (organization, environment, kind, name, correlation key).

    `holder_id` is a token: at a catching node, at an activity with the boundary event `node_id`, at an
    event-based gateway before it; or the scope that has an event sub-process with the start `node_id`.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        CheckConstraint("kind IN ('message', 'signal')", name="kind"),
        Index(
            "ix_subscriptions_key", "organization_id", "environment", "name", "correlation_key", "created_at"
        ),
        Index("ix_subscriptions_instance", "instance_id"),
    )

    id: str = Field(default_factory=lambda: new_id("sub_"), primary_key=True)
    organization_id: str
    environment: str
    kind: str = Field(default="message", sa_column_kwargs={"server_default": "message"})
    name: str
    correlation_key: str  # "" for none
    instance_id: str = Field(foreign_key="instances.id")
    holder_id: str
    node_id: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class Message(SQLModel, table=True):
    """A message: kept for delivery, or remembered so that its id is not taken twice.

    What a flow threw, message or signal, is SENT in the transaction of the throw and routed after it.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("organization_id", "environment", "message_id"),
        Index(
            "ix_messages_kept",
            "organization_id",
            "environment",
            "name",
            "correlation_key",
            "created_at",
            postgresql_where=text("state = 'KEPT'"),
            sqlite_where=text("state = 'KEPT'"),
        ),
        Index(
            "ix_messages_sent",
            "created_at",
            postgresql_where=text("state = 'SENT'"),
            sqlite_where=text("state = 'SENT'"),
        ),
        CheckConstraint("state IN ('SENT', 'KEPT', 'DELIVERED')", name="state"),
        CheckConstraint("kind IN ('message', 'signal')", name="kind"),
    )

    id: str = Field(default_factory=lambda: new_id("msg_"), primary_key=True)
    organization_id: str
    environment: str
    kind: str = Field(default="message", sa_column_kwargs={"server_default": "message"})
    name: str
    correlation_key: str  # "" for none
    message_id: str
    data: Any = Field(sa_type=JSON)
    state: str
    origin_id: str | None = None  # the instance that threw it
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)


class Timer(SQLModel, table=True):
    """Somebody (see `Subscription.holder_id`) waits for a time. The row goes when it fires, so it fires once.

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
