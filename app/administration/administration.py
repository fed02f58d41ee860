"""Life cycles of organizations, keys, users and secrets, on a `Database`; commands and views share them."""

import re
from collections.abc import Collection
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, select, update

from app.administration.passwords import hash_password
from app.administration.upsert import insert_or_change
from models.db import Database
from models.errors import Conflict, NotFound, ProcessionError, Unprocessable
from models.flow import ENVIRONMENTS
from models.key import REVOKED, ApiKey, format_key, hash_secret, new_secret
from models.organization import Organization
from models.permission import ORGANIZATION_PERMISSIONS, PERMISSIONS
from models.secret import Secret, Vault
from models.types import LONGEST_NAME, new_id
from models.user import User
from workers.flow.problem import sentence
from workers.flow.values.zone import find_zone

#: Bounds on what is kept.
LONGEST_SECRET = 65_536
SHORTEST_PASSWORD = 8

SECRET_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,254}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def create_organization(database: Database, name: str) -> Organization:
    with database.writing() as session:
        organization = Organization(name=_checked_name(name), created_at=database.now(session))
        session.add(organization)
    return organization


def list_organizations(database: Database) -> list[Organization]:
    """The oldest first."""
    with database.reading() as session:
        return list(session.exec(select(Organization).order_by(col(Organization.created_at))))


def time_zone_of(session: Session, organization_id: str) -> str:
    """Where times are that name no zone; raises NotFound where there is no such organization."""
    require_organization(session, organization_id)
    return session.exec(select(Organization.time_zone).where(Organization.id == organization_id)).one()


def set_time_zone(database: Database, *, organization_id: str, time_zone: str) -> None:
    """The zone of times that name none, in what is published from now on.

    Raises:
        NotFound: there is no such organization.
        Unprocessable: there is no such zone.
    """
    try:
        find_zone(time_zone)
    except ValueError as error:
        raise Unprocessable(sentence(str(error)), [("timeZone", str(error))]) from None
    with database.writing() as session:
        require_organization(session, organization_id)
        mine = col(Organization.id) == organization_id
        session.execute(update(Organization).where(mine).values(time_zone=time_zone))


def create_key(
    database: Database,
    *,
    name: str,
    permissions: Collection[str],
    organization_id: str | None = None,
    environment: str | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its text `apk_<keyId>_<secret>`, which is shown here and never again.

    `organization_id` None makes a system-level key.

    Raises:
        NotFound: there is no such organization.
        Unprocessable: a permission or the environment is unknown, or not one for this kind of key.
    """
    allowed = PERMISSIONS if organization_id is None else ORGANIZATION_PERMISSIONS
    if environment is not None and environment not in ENVIRONMENTS:
        raise _wrong("environment", f"must be one of {', '.join(ENVIRONMENTS)}")
    key_id, secret = new_secret()
    with database.writing() as session:
        require_organization(session, organization_id)
        key = ApiKey(
            id=key_id,
            organization_id=organization_id,
            name=_checked_name(name),
            permissions=_checked_permissions(permissions, allowed),
            secret_hash=hash_secret(secret, database.settings.key_peppers[0]),
            environment=environment,
            expires_at=expires_at,
            created_at=database.now(session),
        )
        session.add(key)
    return key, format_key(key_id, secret)


def revoke_key(database: Database, key_id: str) -> None:
    """The key fails on its next request; revoking twice changes nothing.

    Raises:
        NotFound: there is no such key.
    """
    with database.writing() as session:
        key = session.get(ApiKey, key_id)
        if key is None:
            raise NotFound("There is no such key.", code="KEY_NOT_FOUND")
        key.state = REVOKED


def create_user(
    database: Database,
    *,
    email: str,
    password: str,
    permissions: Collection[str],
    organization_id: str | None = None,
) -> User:
    """A user who may sign in; the e-mail is kept in lower case.

    Raises:
        NotFound: there is no such organization.
        Conflict: the e-mail is taken.
        Unprocessable: e-mail, password or a permission is wrong.
    """
    if not _EMAIL.fullmatch(email) or len(email) > 320:
        raise _wrong("email", "must be an e-mail address")
    if not SHORTEST_PASSWORD <= len(password) <= 1024:
        raise _wrong("password", f"must have {SHORTEST_PASSWORD} to 1024 characters")
    checked, password_hash = _checked_permissions(permissions, PERMISSIONS), hash_password(password)
    try:
        with database.writing() as session:
            require_organization(session, organization_id)
            user = User(
                email=email.lower(),
                password_hash=password_hash,
                organization_id=organization_id,
                permissions=checked,
                created_at=database.now(session),
            )
            session.add(user)
    except IntegrityError:
        raise Conflict("There is a user with this e-mail.", code="EMAIL_TAKEN") from None
    return user


def set_secret(database: Database, vault: Vault, *, organization_id: str, name: str, value: str) -> None:
    """Keeps a value, encrypted, for `{secrets.NAME}`; one of the same name is replaced.

    Raises:
        NotFound: there is no such organization.
        Unprocessable: the name is not an identifier, or the value is empty or too long.
    """
    if not SECRET_NAME.fullmatch(name):
        raise _wrong("name", "must be a letter or _, then letters, digits, _ and -, 255 at most")
    if not 1 <= len(value) <= LONGEST_SECRET:
        raise _wrong("value", f"must have 1 to {LONGEST_SECRET} characters")
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
    """Names of an organization's secrets, and when each was changed."""
    with database.reading() as session:
        mine = select(Secret.name, Secret.changed_at).where(Secret.organization_id == organization_id)
        return [(name, changed_at) for name, changed_at in session.exec(mine.order_by(Secret.name))]


def delete_secret(database: Database, *, organization_id: str, name: str) -> None:
    """Raises NotFound when there is none of this name."""
    with database.writing() as session:
        mine = (col(Secret.organization_id) == organization_id) & (col(Secret.name) == name)
        if not session.execute(delete(Secret).where(mine).returning(col(Secret.id))).all():
            raise NotFound("There is no such secret.", code="SECRET_NOT_FOUND")


def require_organization(session: Session, organization_id: str | None, *, lock: bool = False) -> None:
    """Raises NotFound when there is no such organization; None asks for none.

    Who locks it is the only one who publishes there.
    """
    if organization_id is None:
        return
    # Not FOR UPDATE: what refers to the organization may be inserted meanwhile.
    locked = {"key_share": True} if lock else None
    if session.get(Organization, organization_id, with_for_update=locked) is None:
        raise NotFound("There is no such organization.", code="ORGANIZATION_NOT_FOUND")


def _checked_permissions(permissions: Collection[str], allowed: Collection[str]) -> list[str]:
    for permission in permissions:
        if permission not in allowed:
            raise _wrong("permissions", f"{permission} is not one of {', '.join(allowed)}")
    return [permission for permission in allowed if permission in permissions]


def _checked_name(name: str) -> str:
    if not 1 <= len(name.strip()) <= LONGEST_NAME or not name.isprintable():
        raise _wrong("name", f"must have 1 to {LONGEST_NAME} printable characters")
    return name.strip()


def _wrong(field: str, message: str) -> ProcessionError:
    return Unprocessable(f"{field} {message}.", [(field, message)])
