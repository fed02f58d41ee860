"""JWTs by flask-jwt-extended: HS256 only, with `exp iss aud sub jti`, signed by the first of several keys.

One sign-in is one session: its refresh token's `jti` is the session's id, and every access token made from it
names that id as `sid`. Revoking the session ends all of them.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

from flask import Flask
from flask_jwt_extended import JWTManager, create_access_token, create_refresh_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import ExpiredSignatureError, PyJWTError
from sqlmodel import delete

from models.db import Database
from models.errors import Unauthorized
from models.settings import Settings
from models.upsert import insert_new
from models.user import RevokedToken

_NAME = "procession"  # issuer and audience
_REQUIRED = ("exp", "iss", "aud", "sub", "jti")

#: How long a revocation is remembered after its token has expired, because clocks of processes differ.
_SKEW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid token says."""

    user_id: str
    jti: str
    session: str


def install(app: Flask, settings: Settings) -> None:
    """Configures flask-jwt-extended for this app."""
    app.config.update(
        JWT_SECRET_KEY=settings.secret_key[0],
        JWT_ALGORITHM="HS256",
        JWT_DECODE_ALGORITHMS=["HS256"],
        JWT_COOKIE_CSRF_PROTECT=False,  # tokens come in a header only
        JWT_ENCODE_ISSUER=_NAME,
        JWT_DECODE_ISSUER=_NAME,
        JWT_ENCODE_AUDIENCE=_NAME,
        JWT_DECODE_AUDIENCE=_NAME,
        JWT_ACCESS_TOKEN_EXPIRES=timedelta(minutes=settings.access_token_minutes),
        JWT_REFRESH_TOKEN_EXPIRES=timedelta(days=settings.refresh_token_days),
    )
    keys = {_key_id(key): key for key in settings.secret_key}

    def key_of(header: Mapping[str, Any], _claims: Mapping[str, Any]) -> str:
        return keys.get(str(header.get("kid")), settings.secret_key[0])

    manager = JWTManager(app)
    manager.decode_key_loader(key_of)
    manager.additional_headers_loader(lambda _identity: {"kid": _key_id(settings.secret_key[0])})


def _key_id(key: str) -> str:
    return hmac.new(key.encode(), b"kid", hashlib.sha256).hexdigest()[:16]


def issue_refresh_token(user_id: str) -> tuple[str, str]:
    """A new session: its refresh token, and its id."""
    session = str(uuid4())
    token: str = create_refresh_token(user_id, additional_claims={"jti": session, "sid": session})
    return token, session


def issue_access_token(user_id: str, session: str) -> str:
    token: str = create_access_token(user_id, additional_claims={"sid": session})
    return token


def read_token(encoded: str, kind: Literal["access", "refresh"]) -> Claims:
    """What a valid token of this kind says. Whether it was revoked is not checked here.

    Raises:
        Unauthorized: says whether the token is expired or wrong.
    """
    try:
        claims = decode_token(encoded)
    except ExpiredSignatureError:
        raise Unauthorized("The token has expired.", code="TOKEN_EXPIRED") from None
    except (PyJWTError, JWTExtendedException, RecursionError, ValueError):
        raise Unauthorized("The token does not hold.", code="INVALID_TOKEN") from None
    if claims.get("type") != kind:
        raise Unauthorized(f"A token of the kind {kind} is needed here.", code="INVALID_TOKEN")
    if any(claims.get(name) is None for name in _REQUIRED):
        raise Unauthorized("The token lacks a claim.", code="INVALID_TOKEN")
    jti = str(claims["jti"])
    return Claims(str(claims["sub"]), jti, str(claims.get("sid", jti)))


def revoke_sessions(database: Database, revoked: Mapping[str, datetime]) -> None:
    """Ends sessions or single tokens, by id, until the time at which they end by themselves."""
    with database.writing() as session:
        now = database.now(session)
        session.execute(delete(RevokedToken).where(RevokedToken.expires_at < now - _SKEW))  # type: ignore[arg-type]
        for jti, expires_at in revoked.items():
            insert_new(session, RevokedToken, {"jti": jti, "expires_at": expires_at})
