"""The life cycle of users, who sign in with e-mail and password."""

import re
from collections.abc import Collection

from sqlalchemy.exc import IntegrityError

from app.administration.checks import checked_permissions, wrong
from app.administration.organizations import require_organization
from app.administration.passwords import hash_password
from models.db import Database
from models.errors import Conflict
from models.permission import PERMISSIONS
from models.user import User

SHORTEST_PASSWORD = 8
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


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
        raise wrong("email", "must be an e-mail address")
    if not SHORTEST_PASSWORD <= len(password) <= 1024:
        raise wrong("password", f"must have {SHORTEST_PASSWORD} to 1024 characters")
    checked, password_hash = checked_permissions(permissions, PERMISSIONS), hash_password(password)
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
