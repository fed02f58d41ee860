"""Who sends this request: an API key or the user of a JWT.

Nothing is cached: a key that is revoked, a user who is disabled and a permission that is withdrawn count from
the next request on. Where both an API key and a JWT are sent, the API key is the one that is checked.
"""

from datetime import UTC, datetime, timedelta

import structlog
from flask import request
from sqlalchemy import bindparam, exists, select, update
from sqlmodel import SQLModel

from app.http.caller import Caller
from app.http.jwt import Claims, read_token
from app.services import current_services
from models.db import Database, translated_errors
from models.errors import Busy, Unauthorized, Unavailable
from models.key import ACTIVE, hash_secret, parse_key, secret_matches
from models.tables import ApiKey, RevokedToken, User

log = structlog.get_logger(__name__)

_TABLES = SQLModel.metadata.tables
_KEYS, _USERS, _REVOKED = (_TABLES[str(model.__tablename__)] for model in (ApiKey, User, RevokedToken))

# Tables instead of models: this runs in each request, and is faster without the ORM.
_KEY = select(_KEYS).where(_KEYS.c.id == bindparam("id"))
_USER = select(
    _USERS.c.organization_id,
    _USERS.c.permissions,
    _USERS.c.disabled,
    exists().where(_REVOKED.c.jti.in_([bindparam("jti"), bindparam("sid")])).label("revoked"),
).where(_USERS.c.id == bindparam("id"))

#: `lastUsedAt` of a key is written no more often than this.
_TOUCH = timedelta(minutes=1)

# The secret of an unknown key is compared with this, so that both cost the same time.
_NOBODY = hash_secret("nobody", "nobody")


def authenticate() -> Caller:
    """The caller of the current request.

    Raises:
        Unauthorized: there is no credential, or it does not hold.
    """
    key = request.headers.get("X-API-Key")
    if key is not None:
        return _caller_of_key(key)
    token = bearer_token()
    if token is not None:
        return caller_of_token(read_token(token, "access"))
    raise Unauthorized("Send X-API-Key, or Authorization: Bearer.", code="CREDENTIAL_REQUIRED")


def bearer_token() -> str | None:
    """The token of `Authorization: Bearer`, if there is one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def caller_of_token(claims: Claims) -> Caller:
    """The user that a token names, with the permissions that the user has now."""
    database = current_services().database
    parameters = {"id": claims.user_id, "jti": claims.jti, "sid": claims.session}
    with translated_errors(), database.engine.connect() as connection:
        row = connection.execute(_USER, parameters).one_or_none()
    if row is None or row.disabled:
        raise Unauthorized("The user of this token may not sign in.", code="INVALID_TOKEN")
    if row.revoked:
        raise Unauthorized("This token was logged out.", code="TOKEN_REVOKED")
    return Caller("user", claims.user_id, row.organization_id, frozenset(row.permissions))


def _caller_of_key(text: str) -> Caller:
    services = current_services()
    parsed = parse_key(text)
    if parsed is None:
        raise Unauthorized("An API key looks like apk_<keyId>_<secret>.", code="INVALID_API_KEY")
    key_id, secret = parsed
    with translated_errors(), services.database.engine.connect() as connection:
        row = connection.execute(_KEY, {"id": key_id}).one_or_none()
    stored = row.secret_hash if row is not None else _NOBODY
    if not secret_matches(secret, stored, services.settings.key_peppers) or row is None:
        raise Unauthorized("There is no such API key.", code="INVALID_API_KEY")
    # The state of a key is told only to a caller that knows its secret.
    now = datetime.now(UTC) + services.database.clock_shift
    if row.state != ACTIVE:
        raise Unauthorized(f"This API key is {row.state.lower()}.", code=f"API_KEY_{row.state}")
    if row.expires_at is not None and row.expires_at <= now:
        raise Unauthorized("This API key has expired.", code="API_KEY_EXPIRED")
    if row.last_used_at is None or row.last_used_at <= now - _TOUCH:
        _touch(services.database, key_id, now)
    return Caller("key", key_id, row.organization_id, frozenset(row.permissions), row.environment)


def _touch(database: Database, key_id: str, now: datetime) -> None:
    stale = _KEYS.c.last_used_at.is_(None) | (_KEYS.c.last_used_at <= now - _TOUCH)
    try:
        with database.writing() as session:
            session.execute(update(_KEYS).where(_KEYS.c.id == key_id, stale).values(last_used_at=now))
    except (Busy, Unavailable) as error:
        # A read-only database cannot write `lastUsedAt`, but it can still answer the request.
        log.warning("last use not written", cause=repr(error.__cause__))
