"""Answers given under an `Idempotency-Key`, written in the transaction of what they answer."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from models.types import UtcDateTime


class IdempotentAnswer(SQLModel, table=True):
    __tablename__ = "idempotent_answers"

    organization_id: str = Field(primary_key=True)
    route: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    request_hash: str
    answer: Any = Field(sa_type=JSON)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
