"""Messages: on their way, kept for delivery, or remembered by their id; and thrown signals."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.types import UtcDateTime, new_id


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
