"""Subscriptions: a holder waits for a message or a signal."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from models.types import UtcDateTime, new_id


class Subscription(SQLModel, table=True):
    """A holder waits for the message or signal of this organization, environment, kind, name and key.

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
