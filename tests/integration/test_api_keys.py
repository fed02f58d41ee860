"""Who may call: API keys, and the permissions of keys and users."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlmodel import select

from app.http.requests import Declaration
from models.key import ApiKey
from models.permission import ORGANIZATION_PERMISSIONS, SYSTEM_ADMIN, WORKFLOW_READ
from tests.integration.api import Api, serving, without_names
from tests.stores import SQLITE_AND_FAKEREDIS, StoreFactory, Stores

PEPPER = "p" * 32


@pytest.fixture
def sqlite(store_factory: StoreFactory) -> Iterator[Stores]:
    with store_factory.open(SQLITE_AND_FAKEREDIS) as stores:
        yield stores


@pytest.fixture
def api(sqlite: Stores) -> Iterator[Api]:
    with serving(sqlite) as api:
        yield api


def change_key(api: Api, **values: Any) -> None:
    with api.database.writing() as session:
        row = session.get(ApiKey, api.key.split("_")[1])
        assert row is not None
        for name, value in values.items():
            setattr(row, name, value)


def declarations(app: Flask) -> Iterator[tuple[str, str, Declaration | None]]:
    for rule in app.url_map.iter_rules():
        path = rule.rule.replace("<environment>", "PRODUCTION").replace("<", "").replace(">", "")
        for method in sorted((rule.methods or set()) - {"HEAD"}):
            yield method, path, getattr(app.view_functions[rule.endpoint], "declaration", None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "apk_{id}",
        "apk_{id}_",
        "apk_{id}_{secret}x",
        "apk_0{id}_{secret}",
        "apk_{id}_{secret}, apk_{id}_{secret}",
        "{id}_{secret}",
        "apk_{id}_é",
    ],
)
def test_a_key_that_does_not_hold_is_a_401_with_a_challenge(api: Api, text: str) -> None:
    _, key_id, secret = api.key.split("_", 2)
    damaged = text.format(id=key_id, secret=secret)
    answer = api.call("GET", "/flows", key=None, headers={"X-API-Key": damaged})
    assert answer.status_code == 401
    assert answer.json["code"] == "INVALID_API_KEY"
    assert "ApiKey" in answer.headers["WWW-Authenticate"]


def test_a_wrong_secret_and_an_unknown_key_answer_the_same(api: Api) -> None:
    key_id, secret = api.key.split("_", 2)[1:]
    wrong = api.call("GET", "/flows", key=f"apk_{key_id}_{'x' * len(secret)}")
    unknown = api.call("GET", "/flows", key=f"apk_{'0' * len(key_id)}_{secret}")
    assert without_names(wrong) == without_names(unknown)


def test_without_a_credential_is_a_401(api: Api) -> None:
    answer = api.call("GET", "/flows", key=None)
    assert (answer.status_code, answer.json["code"]) == (401, "CREDENTIAL_REQUIRED")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"state": "SUSPENDED"}, "API_KEY_SUSPENDED"),
        ({"state": "REVOKED"}, "API_KEY_REVOKED"),
        ({"expires_at": datetime.now(UTC) - timedelta(seconds=1)}, "API_KEY_EXPIRED"),
    ],
)
def test_a_key_that_ends_fails_on_the_next_request(api: Api, change: dict[str, Any], code: str) -> None:
    assert api.call("GET", "/flows").status_code == 200
    change_key(api, **change)
    answer = api.call("GET", "/flows")
    assert (answer.status_code, answer.json["code"]) == (401, code)


def test_several_peppers_are_live_at_once(sqlite: Stores) -> None:
    with serving(sqlite, key_peppers=PEPPER) as before:
        key = before.key
    with serving(sqlite, key_peppers=f"{'n' * 32},{PEPPER}") as rotated:
        assert rotated.call("GET", "/flows", key=key).status_code == 200
        new_key = rotated.key
    with serving(sqlite, key_peppers=PEPPER) as old_only:
        assert old_only.call("GET", "/flows", key=new_key).status_code == 401


def test_last_use_is_written_once_a_minute(api: Api) -> None:
    def last_use() -> datetime:
        with api.database.reading() as session:
            written = session.exec(
                select(ApiKey.last_used_at).where(ApiKey.id == api.key.split("_")[1])
            ).one()
        assert written is not None
        return written

    api.call("GET", "/flows")
    first = last_use()
    api.call("GET", "/flows")
    assert last_use() == first
    api.database.clock_shift = timedelta(seconds=61)
    api.call("GET", "/flows")
    assert last_use() >= first + timedelta(seconds=60)


def test_the_api_key_is_checked_where_both_are_sent(api: Api) -> None:
    token = api.sign_in(WORKFLOW_READ)["accessToken"]
    both = {"Authorization": f"Bearer {token}", "X-API-Key": "apk_x_y"}
    assert api.call("GET", "/flows", headers=both).status_code == 401
    both = {"Authorization": "Bearer nonsense", "X-API-Key": api.key}
    assert api.call("GET", "/flows", headers=both).status_code == 200


def test_every_route_declares_what_it_needs(api: Api) -> None:
    undeclared = [(method, path) for method, path, declared in declarations(api.app) if declared is None]
    assert undeclared == []


def test_no_credential_is_needed_only_where_the_contract_says_so(api: Api) -> None:
    public = {path for _, path, declared in declarations(api.app) if declared and declared.permit is None}
    assert public == {
        "/",
        "/openapi.json",
        "/docs",
        "/docs/any('swagger-ui.css', 'swagger-ui-bundle.js', 'docs.js', 'home.css'):name",
        "/health/live",
        "/health/ready",
        "/schemas/flow.json",
        "/auth/login",
        "/auth/refresh",
    }


def test_every_other_route_refuses_who_has_no_credential_and_who_lacks_the_permission(api: Api) -> None:
    powerless, powerless_system = api.new_key([]), api.new_key([], organization_id=None)
    for method, path, declared in declarations(api.app):
        permit = declared.permit if declared else None
        if permit is None or permit.permission is None:
            continue
        assert api.call(method, path, key=None).status_code == 401, path
        lacking = api.call(method, path, key=powerless_system if permit.scope == "system" else powerless)
        assert (lacking.status_code, lacking.json["code"]) == (403, "PERMISSION_REQUIRED"), path
        assert lacking.json["permission"] == permit.permission


def test_exec_sends_a_system_key_to_start(api: Api) -> None:
    answer = api.call("POST", "/process/exec", key=api.system_key, json={"processId": "x"})
    assert answer.status_code == 403
    assert "/process/start" in answer.json["detail"]


def test_start_takes_system_keys_and_users_with_system_admin_only(api: Api) -> None:
    body = {"processId": "x"}
    admin = api.sign_in(SYSTEM_ADMIN)["accessToken"]
    member = api.sign_in(*ORGANIZATION_PERMISSIONS, email="member@example.com")["accessToken"]
    assert api.call("POST", "/process/start", json=body).status_code == 403
    assert api.with_token(member, "POST", "/process/start", json=body).status_code == 403
    assert api.call("POST", "/process/start", key=api.system_key, json=body).status_code == 404
    assert api.with_token(admin, "POST", "/process/start", json=body).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/process/message", {"name": "paid"}),
        ("POST", "/flows", {"name": "x"}),
        ("PUT", "/secrets/CRM", {"value": "x"}),
        ("GET", "/secrets", None),
    ],
)
def test_what_belongs_to_one_organization_needs_a_credential_of_it(
    api: Api, method: str, path: str, body: Any
) -> None:
    answer = api.call(method, path, key=api.system_key, json=body)
    assert (answer.status_code, answer.json["code"]) == (403, "ORGANIZATION_REQUIRED")


def test_a_user_without_organization_sees_none(api: Api) -> None:
    token = api.sign_in(WORKFLOW_READ, organization_id=None)["accessToken"]
    answer = api.with_token(token, "GET", "/process/instances")
    assert (answer.status_code, answer.json["code"]) == (403, "ORGANIZATION_REQUIRED")


def test_a_key_that_is_bound_to_an_environment_acts_only_there(api: Api) -> None:
    bound = api.new_key(ORGANIZATION_PERMISSIONS, environment="DEVELOPMENT")
    for method, path, body in (
        ("POST", "/process/message", {"name": "paid"}),
        ("GET", "/process/instances?environment=PRODUCTION", None),
        ("PUT", "/flows/x/environments/PRODUCTION", {"versionNumber": "1"}),
        ("POST", "/flows/x/publish", {}),
        ("POST", "/process/exec", {"processId": "x"}),
    ):
        answer = api.call(method, path, key=bound, json=body)
        assert (answer.status_code, answer.json["code"]) == (403, "ENVIRONMENT_NOT_ALLOWED"), path
    in_development = api.call(
        "POST", "/process/message?environment=DEVELOPMENT", key=bound, json={"name": "p"}
    )
    assert in_development.status_code == 200
