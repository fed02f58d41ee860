"""POST /auth/login, /auth/refresh, /auth/logout: users sign in and act by JWT."""

from datetime import UTC, datetime, timedelta

from flask_openapi.blueprint import APIBlueprint
from pydantic import Field
from sqlmodel import select

from app.administration.passwords import password_matches
from app.api.tags import SIGNING_IN
from app.http.auth import bearer_token, caller_of_token
from app.http.caller import Permit, current_caller
from app.http.jwt import Claims, issue_access_token, issue_refresh_token, read_token, revoke_sessions
from app.http.operation import operation
from app.http.schemas import Answer, Body
from app.services import current_services
from models.errors import Forbidden, Unauthorized
from models.user import User

api = APIBlueprint("login", __name__, abp_tags=[SIGNING_IN])


class LoginBody(Body):
    """E-mail and password of a user."""

    email: str = Field(
        min_length=1,
        max_length=320,
        examples=["jane@example.com"],
    )
    password: str = Field(min_length=1, max_length=1024, repr=False)


class RefreshBody(Body):
    """The refresh token, unless it is sent as `Authorization: Bearer`."""

    refresh_token: str | None = Field(default=None, repr=False)


class Tokens(Answer):
    """`expiresIn` is the life of the access token in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int = Field(examples=[900])


@operation(api, "POST", "/auth/login", permit=None, errors=(401,))
def log_in(body: LoginBody) -> Tokens:
    """Sign in with e-mail and password."""
    query = select(User.id, User.password_hash, User.disabled).where(User.email == body.email.lower())
    with current_services().database.reading() as session:
        user_id, password_hash, disabled = session.exec(query).one_or_none() or (None, None, True)
    # An unknown user, a wrong password and a disabled user cost and answer the same.
    if not password_matches(body.password, password_hash) or user_id is None or disabled:
        raise Unauthorized("E-mail or password is wrong.", code="INVALID_CREDENTIALS")
    refresh_token, session_id = issue_refresh_token(user_id)
    return _tokens(user_id, session_id, refresh_token)


@operation(api, "POST", "/auth/refresh", permit=None, errors=(401,))
def refresh(body: RefreshBody) -> Tokens:
    """Get a new access token for a refresh token.

    The refresh token, in the body or as `Authorization: Bearer`, comes back as it is: it lives until its own
    end.
    """
    token = body.refresh_token or bearer_token()
    if token is None:
        raise Unauthorized("Send the refresh token.", code="CREDENTIAL_REQUIRED")
    claims = read_token(token, "refresh")
    caller_of_token(claims)
    return _tokens(claims.user_id, claims.session, token)


class LoggedOut(Answer):
    """The tokens are dead from the next request on."""

    status: str = Field(examples=["logged out"])


@operation(api, "POST", "/auth/logout", permit=Permit(None))
def log_out(body: RefreshBody) -> LoggedOut:
    """Sign out: the access token, its session's others and its refresh token do not hold any more.

    `refreshToken` names another session of the same user that ends as well.
    """
    caller = current_caller()
    token = bearer_token()
    if caller.kind != "user" or token is None:
        raise Forbidden("Only users sign out; an API key is revoked.", code="USER_REQUIRED")
    services = current_services()
    ended = [read_token(token, "access")]
    if body.refresh_token is not None:
        ended += _own(body.refresh_token, caller.id)
    # An access token does not know when its session ends: after a refresh token's life at most.
    session_end = datetime.now(UTC) + timedelta(days=services.settings.refresh_token_days)
    revoke_sessions(services.database, dict.fromkeys((claims.session for claims in ended), session_end))
    return LoggedOut(status="logged out")


def _own(refresh_token: str, user_id: str) -> list[Claims]:
    try:
        claims = read_token(refresh_token, "refresh")
    except Unauthorized:
        return []  # it does not hold: there is nothing to end
    return [claims] if claims.user_id == user_id else []


def _tokens(user_id: str, session_id: str, refresh_token: str) -> Tokens:
    minutes = current_services().settings.access_token_minutes
    return Tokens(
        access_token=issue_access_token(user_id, session_id),
        refresh_token=refresh_token,
        expires_in=minutes * 60,
    )
