"""Secrets of an organization: write-only values, encrypted at rest, for `{secrets.NAME}`."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime

from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from models.types import UtcDateTime, new_id


class Secret(SQLModel, table=True):
    __tablename__ = "secrets"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)

    id: str = Field(default_factory=lambda: new_id("sec_"), primary_key=True)
    organization_id: str = Field(foreign_key="organizations.id")
    name: str
    encrypted_value: str
    changed_at: datetime = Field(sa_type=UtcDateTime)


class Vault:
    """Encrypts and decrypts; the first key encrypts, every key decrypts."""

    def __init__(self, keys: Sequence[str]) -> None:
        # Fernet asks for exactly 32 bytes; the digest lets an operator give any long text.
        digests = [base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()) for key in keys]
        self._fernet = MultiFernet([Fernet(digest) for digest in digests])

    def encrypt(self, value: str) -> str:
        return self._fernet.encrypt(value.encode()).decode()

    def decrypt(self, encrypted: str) -> str:
        """Raises cryptography.fernet.InvalidToken when no key fits."""
        return self._fernet.decrypt(encrypted.encode()).decode()
