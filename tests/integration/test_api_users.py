"""Users sign in, and act by JWT until they sign out."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from sqlmodel import select

from models.permission import WORKFLOW_EXECUTE, WORKFLOW_READ
from models.tables import RevokedToken, User
from tests.integration.api import Api, serving, without_names
from tests.stores import SQLITE_AND_FAKEREDIS, StoreFactory, Stores

SECRET_KEY = "s" * 32

#: A token whose claims are nested 120 levels deep.
NESTED = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." + "W1tb" * 40 + ".x"


@pytest.fixture
def sqlite(store_factory: StoreFactory) -> Iterator[Stores]:
    with store_factory.open(SQLITE_AND_FAKEREDIS) as stores:
        yield stores


@pytest.fixture
def api(sqlite: Stores) -> Iterator[Api]:
    with serving(sqlite) as api:
        yield api


def change_user(api: Api, **values: Any) -> None:
    with api.database.writing() as session:
        row = session.exec(select(User)).one()
        for name, value in values.items():
            setattr(row, name, value)


def test_signing_in_gives_a_token_that_acts_for_the_user(api: Api) -> None:
    tokens = api.sign_in(WORKFLOW_READ)
    assert tokens.keys() == {"accessToken", "refreshToken", "expiresIn"}
    assert tokens["expiresIn"] == 900
    assert api.with_token(tokens["accessToken"], "GET", "/flows").status_code == 200
    assert api.with_token(tokens["accessToken"], "GET", "/secrets").status_code == 403


def test_a_wrong_password_an_unknown_and_a_disabled_user_answer_the_same(api: Api) -> None:
    api.sign_in()
    right = {"email": "jane@example.com", "password": "correct horse"}

    def problem(**changes: str) -> dict[str, Any]:
        answer = api.call("POST", "/auth/login", key=None, json={**right, **changes})
        assert answer.status_code == 401
        return without_names(answer)

    wrong, unknown = problem(password="wrong"), problem(email="nobody@example.com")
    change_user(api, disabled=True)
    assert wrong == unknown == problem()
    assert wrong["code"] == "INVALID_CREDENTIALS"


def test_the_e_mail_of_a_sign_in_may_be_in_capitals(api: Api) -> None:
    api.sign_in(email="Jane@Example.com")
    answer = api.call(
        "POST", "/auth/login", key=None, json={"email": "JANE@example.COM", "password": "correct horse"}
    )
    assert answer.status_code == 200


def test_a_withdrawn_permission_and_a_disabled_user_count_from_the_next_request(api: Api) -> None:
    tokens = api.sign_in(WORKFLOW_READ)
    change_user(api, permissions=[WORKFLOW_EXECUTE])
    assert api.with_token(tokens["accessToken"], "GET", "/flows").status_code == 403
    change_user(api, permissions=[WORKFLOW_READ], disabled=True)
    assert api.with_token(tokens["accessToken"], "GET", "/flows").status_code == 401
    refreshed = api.call("POST", "/auth/refresh", key=None, json={"refreshToken": tokens["refreshToken"]})
    assert refreshed.status_code == 401


def test_a_refresh_token_gives_access_and_is_none(api: Api) -> None:
    tokens = api.sign_in(WORKFLOW_READ)
    assert api.with_token(tokens["refreshToken"], "GET", "/flows").status_code == 401
    refused = api.call("POST", "/auth/refresh", key=None, json={"refreshToken": tokens["accessToken"]})
    assert refused.status_code == 401
    for answer in (
        api.call("POST", "/auth/refresh", key=None, json={"refreshToken": tokens["refreshToken"]}),
        api.with_token(tokens["refreshToken"], "POST", "/auth/refresh"),
    ):
        assert api.with_token(answer.json["accessToken"], "GET", "/flows").status_code == 200


def test_signing_out_ends_the_session_and_no_other(api: Api) -> None:
    tokens = api.sign_in(WORKFLOW_READ)
    other, third = (
        api.call(
            "POST", "/auth/login", key=None, json={"email": "jane@example.com", "password": "correct horse"}
        ).json
        for _ in range(2)
    )
    answer = api.with_token(
        tokens["accessToken"], "POST", "/auth/logout", json={"refreshToken": other["refreshToken"]}
    )
    assert answer.status_code == 200
    for ended in (tokens, other):
        assert api.with_token(ended["accessToken"], "GET", "/flows").json["code"] == "TOKEN_REVOKED"
        assert api.with_token(ended["refreshToken"], "POST", "/auth/refresh").status_code == 401
    assert api.with_token(third["accessToken"], "GET", "/flows").status_code == 200


def test_signing_out_forgets_tokens_that_expired_long_ago(api: Api) -> None:
    with api.database.writing() as session:
        session.add(RevokedToken(jti="old", expires_at=datetime.now(UTC) - timedelta(days=1)))
    api.with_token(api.sign_in()["accessToken"], "POST", "/auth/logout")
    with api.database.reading() as session:
        assert "old" not in session.exec(select(RevokedToken.jti)).all()


def test_a_token_that_was_signed_with_the_former_key_still_holds(sqlite: Stores) -> None:
    with serving(sqlite, secret_key=SECRET_KEY) as before:
        token = before.sign_in(WORKFLOW_READ)["accessToken"]
    with serving(sqlite, secret_key=f"{'n' * 32},{SECRET_KEY}") as rotated:
        assert rotated.with_token(token, "GET", "/flows").status_code == 200
    with serving(sqlite, secret_key="n" * 32) as without:
        assert without.with_token(token, "GET", "/flows").status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        {"exp": None},
        {"iss": None},
        {"aud": None},
        {"sub": None},
        {"jti": None},
        {"exp": 1},
        {"iss": "somebody"},
        {"aud": "somebody"},
        {"sub": "user_unknown"},
        {"sub": 7},
    ],
    ids=str,
)
def test_a_token_needs_every_claim(api: Api, change: dict[str, Any]) -> None:
    claims = claims_of(api.sign_in(WORKFLOW_READ)["accessToken"])
    assert api.with_token(signed(claims), "GET", "/flows").status_code == 200
    broken = {name: value for name, value in {**claims, **change}.items() if value is not None}
    assert api.with_token(signed(broken), "GET", "/flows").status_code == 401


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False}, algorithms=["HS256"])


def signed(claims: dict[str, Any]) -> str:
    # Not `jwt.encode`: it refuses to write some claims that must be refused when they are read.
    return jwt.PyJWS().encode(json.dumps(claims).encode(), SECRET_KEY, "HS256")


@pytest.mark.parametrize("algorithm", ["none", "HS384", "HS512"])
def test_other_algorithms_are_refused(api: Api, algorithm: str) -> None:
    claims = claims_of(api.sign_in(WORKFLOW_READ)["accessToken"])
    key = None if algorithm == "none" else SECRET_KEY * 2
    token = jwt.encode(claims, key, algorithm)  # type: ignore[arg-type]
    assert api.with_token(token, "GET", "/flows").status_code == 401


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é", NESTED])
def test_a_hostile_token_is_a_401(api: Api, token: str) -> None:
    assert api.with_token(token, "GET", "/flows").status_code == 401


def test_an_api_key_cannot_sign_out(api: Api) -> None:
    answer = api.call("POST", "/auth/logout")
    assert (answer.status_code, answer.json["code"]) == (403, "USER_REQUIRED")
