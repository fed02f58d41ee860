"""Users sign in with e-mail and password and act by JWT; a token that was logged out is remembered."""

from datetime import datetime

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from models.types import UtcDateTime, new_id


class User(SQLModel, table=True):
    __tablename__ = "users"

    id: str = Field(default_factory=lambda: new_id("user_"), primary_key=True)
    email: str = Field(unique=True)  # lower case
    password_hash: str
    organization_id: str | None = Field(default=None, foreign_key="organizations.id", index=True)
    permissions: list[str] = Field(sa_type=JSON)
    disabled: bool = False
    created_at: datetime = Field(sa_type=UtcDateTime)


class RevokedToken(SQLModel, table=True):
    """A JWT (by its `jti`) that was logged out before it expired."""

    __tablename__ = "revoked_tokens"

    jti: str = Field(primary_key=True)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
