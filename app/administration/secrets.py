"""The life cycle of an organization's secrets. They are kept encrypted."""

import re
from datetime import datetime

from sqlmodel import col, delete, select

from app.administration.checks import wrong
from app.administration.organizations import require_organization
from models.db import Database
from models.errors import NotFound
from models.secret import Secret, Vault
from models.types import new_id
from models.upsert import insert_or_change

LONGEST_SECRET = 65_536
SECRET_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,254}", re.ASCII)


def set_secret(database: Database, vault: Vault, *, organization_id: str, name: str, value: str) -> None:
    """Keeps a value, encrypted, for `{secrets.NAME}`; one of the same name is replaced.

    Raises:
        NotFound: there is no such organization.
        Unprocessable: the name is not an identifier, or the value is empty or too long.
    """
    if not SECRET_NAME.fullmatch(name):
        raise wrong("name", "must be a letter or _, then letters, digits, _ and -, 255 at most")
    if not 1 <= len(value) <= LONGEST_SECRET:
        raise wrong("value", f"must have 1 to {LONGEST_SECRET} characters")
    with database.writing() as session:
        require_organization(session, organization_id)
        row = {
            "id": new_id("sec_"),
            "organization_id": organization_id,
            "name": name,
            "encrypted_value": vault.encrypt(value),
            "changed_at": database.now(session),
        }
        insert_or_change(
            session,
            Secret,
            row,
            key=("organization_id", "name"),
            changed=("encrypted_value", "changed_at"),
        )


def list_secrets(database: Database, organization_id: str) -> list[tuple[str, datetime]]:
    """The names of an organization's secrets, with the time of each last change."""
    with database.reading() as session:
        mine = select(Secret.name, Secret.changed_at).where(Secret.organization_id == organization_id)
        return [(name, changed_at) for name, changed_at in session.exec(mine.order_by(Secret.name))]


def delete_secret(database: Database, *, organization_id: str, name: str) -> None:
    """Raises NotFound when there is none of this name."""
    with database.writing() as session:
        mine = (col(Secret.organization_id) == organization_id) & (col(Secret.name) == name)
        if not session.execute(delete(Secret).where(mine).returning(col(Secret.id))).all():
            raise NotFound("There is no such secret.", code="SECRET_NOT_FOUND")
