"""API keys: `apk_<keyId>_<secret>`. Only an HMAC of the secret is stored."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import JSON, CheckConstraint
from sqlmodel import Field, SQLModel

from models.types import UtcDateTime

ACTIVE, SUSPENDED, REVOKED = "ACTIVE", "SUSPENDED", "REVOKED"

_FORM = re.compile(r"apk_([A-Za-z0-9]{1,64})_([A-Za-z0-9_-]{1,256})", re.ASCII)


class ApiKey(SQLModel, table=True):
    """`organization_id` None makes it a system-level key."""

    __tablename__ = "api_keys"
    __table_args__ = (CheckConstraint("state IN ('ACTIVE', 'SUSPENDED', 'REVOKED')", name="state"),)

    id: str = Field(primary_key=True)  # the keyId
    organization_id: str | None = Field(default=None, foreign_key="organizations.id", index=True)
    name: str
    permissions: list[str] = Field(sa_type=JSON)
    secret_hash: str
    environment: str | None = None  # None: both
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    rate_limit_per_minute: int | None = None
    rate_limit_per_hour: int | None = None
    state: str = ACTIVE
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


def hash_secret(secret: str, pepper: str) -> str:
    """HMAC-SHA-256 of the secret, as base64."""
    digest = hmac.digest(pepper.encode(), secret.encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()


def secret_matches(secret: str, stored: str, peppers: Sequence[str]) -> bool:
    """Compares in constant time with every live pepper, so that the first costs what the last does."""
    matches = [hmac.compare_digest(hash_secret(secret, pepper), stored) for pepper in peppers]
    return any(matches)


def new_secret() -> tuple[str, str]:
    """A fresh `(keyId, secret)`; the secret is 32 random bytes as text."""
    key_id = secrets.token_hex(10)
    return key_id, secrets.token_urlsafe(32)


def format_key(key_id: str, secret: str) -> str:
    return f"apk_{key_id}_{secret}"


def parse_key(text: str) -> tuple[str, str] | None:
    """`(keyId, secret)` of a well-formed key, else None."""
    match = _FORM.fullmatch(text)
    return (match[1], match[2]) if match else None
