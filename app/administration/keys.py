"""The life cycle of API keys."""

from collections.abc import Collection
from datetime import datetime

from app.administration.checks import checked_name, checked_permissions, wrong
from app.administration.organizations import require_organization
from models.db import Database
from models.errors import NotFound
from models.flow import ENVIRONMENTS
from models.key import REVOKED, ApiKey, format_key, hash_secret, new_secret
from models.permission import ORGANIZATION_PERMISSIONS, PERMISSIONS


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
        raise wrong("environment", f"must be one of {', '.join(ENVIRONMENTS)}")
    key_id, secret = new_secret()
    with database.writing() as session:
        require_organization(session, organization_id)
        key = ApiKey(
            id=key_id,
            organization_id=organization_id,
            name=checked_name(name),
            permissions=checked_permissions(permissions, allowed),
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
