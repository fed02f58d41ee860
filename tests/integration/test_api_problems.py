"""The order of checks, and the shape of every problem."""

import io
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from structlog.testing import capture_logs

from app import create_app
from app.services import make_services
from models.settings import load_settings
from tests.integration.api import Api, serving
from tests.stores import SQLITE_AND_FAKEREDIS, StoreFactory

EXEC = "/process/exec"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def api(store_factory: StoreFactory) -> Iterator[Api]:
    with store_factory.open(SQLITE_AND_FAKEREDIS) as stores, serving(stores, max_body_bytes=2000) as api:
        yield api


def test_checks_come_in_the_order_of_the_contract(api: Api) -> None:
    lacking = api.new_key([])
    too_large = b"x" * 3000
    steps: list[tuple[int, dict[str, Any]]] = [
        (401, {"key": "apk_x_y", "data": too_large, "content_type": "text/plain"}),
        (403, {"key": lacking, "data": too_large, "content_type": "text/plain"}),
        (413, {"data": too_large, "content_type": "text/plain"}),
        (415, {"data": b"{", "content_type": "text/plain"}),
        (400, {"data": b"{", "content_type": "application/json"}),
        (422, {"json": {"processId": UNKNOWN, "wrong": 1}}),
        (404, {"json": {"processId": UNKNOWN}}),
    ]
    statuses = [api.call("POST", EXEC, **request).status_code for _, request in steps]
    assert statuses == [status for status, _ in steps]


def test_too_large_is_said_before_the_body_is_read(api: Api) -> None:
    class Unread(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise AssertionError("the body was read")

    answer = api.call(
        "POST",
        EXEC,
        content_type="application/json",
        environ_overrides={"wsgi.input": Unread(), "CONTENT_LENGTH": "10485760"},
    )
    assert (answer.status_code, answer.json["code"]) == (413, "BODY_TOO_LARGE")


def test_a_body_of_unknown_length_is_read_to_the_limit_only(api: Api) -> None:
    stream = io.BytesIO(b" " * 1_000_000)
    answer = api.call(
        "POST",
        EXEC,
        content_type="application/json",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input": stream, "wsgi.input_terminated": True},
    )
    assert answer.status_code == 413
    assert stream.tell() < 100_000


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 404),
        ("application/json; charset=utf-8", 404),
        ("Application/JSON; charset=UTF-8", 404),
        ("application/vnd.example+json", 404),
        ("application/json; charset=latin-1", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data", 415),
        ("text/json", 415),
        ("application/xml", 415),
        ("", 415),
    ],
)
def test_a_body_is_json_in_utf_8(api: Api, content_type: str, status: int) -> None:
    body = json.dumps({"processId": UNKNOWN}).encode()
    answer = api.call("POST", EXEC, data=body, headers={"Content-Type": content_type})
    assert answer.status_code == status


def test_xml_is_refused_where_only_json_is_taken(api: Api) -> None:
    answer = api.call("POST", EXEC, data=b"<definitions/>", content_type="application/xml")
    assert answer.status_code == 415
    assert "JSON" in answer.json["detail"]


def test_a_compressed_body_is_refused(api: Api) -> None:
    answer = api.call("POST", EXEC, json={}, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 415


def test_a_problem_has_its_fields_in_order_and_the_request_id(api: Api) -> None:
    answer = api.call("POST", EXEC, json={"processId": UNKNOWN}, headers={"X-Request-ID": "my-request.1"})
    assert answer.mimetype == "application/problem+json"
    assert list(answer.json.items()) == [
        ("type", "/problems/flow-not-found"),
        ("title", "Not found"),
        ("status", 404),
        ("detail", "There is no flow with this processId."),
        ("instance", "/process/exec"),
        ("code", "FLOW_NOT_FOUND"),
        ("requestId", "my-request.1"),
    ]
    assert answer.headers["X-Request-ID"] == "my-request.1"


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, "é", "a;b"])
def test_an_odd_request_id_is_replaced(api: Api, sent: str) -> None:
    answer = api.call("GET", "/health/live", headers={"X-Request-ID": sent})
    made = answer.headers["X-Request-ID"]
    assert made
    assert made != sent


def test_what_the_framework_refuses_is_a_problem_too(api: Api) -> None:
    nowhere = api.call("GET", "/nowhere", key=None)
    assert (nowhere.status_code, nowhere.json["code"]) == (404, "NOT_FOUND")
    wrong_method = api.call("DELETE", EXEC)
    assert (wrong_method.status_code, wrong_method.json["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert wrong_method.headers["Allow"] == "POST"
    assert api.call("OPTIONS", EXEC).status_code == 405


def test_an_unexpected_error_is_logged_and_tells_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the inner workings")

    monkeypatch.setattr(api.engine, "start", fail)
    with capture_logs() as lines:
        answer = api.call("POST", EXEC, json={"processId": UNKNOWN})
    assert (answer.status_code, answer.json["code"]) == (500, "INTERNAL_ERROR")
    assert "inner" not in answer.text
    assert str(lines[0]["exc_info"]) == "the inner workings"


def test_a_database_that_is_away_is_a_503() -> None:
    keys = {"secret_key": "s" * 32, "key_peppers": "p" * 32, "encryption_keys": "e" * 32}
    settings = load_settings(
        database_url="postgresql://nobody@127.0.0.1:1/nothing", redis_url="fakeredis://", **keys
    )
    services = make_services(settings)
    with closing(services.database):
        client = create_app(services).test_client()
        for path in ("/flows", "/health/ready"):
            answer = client.get(path, headers={"X-API-Key": "apk_a_b"})
            assert (answer.status_code, (answer.json or {})["code"]) == (503, "DATABASE_UNAVAILABLE")
            assert answer.headers["Retry-After"] == "2"
        assert client.get("/health/live").status_code == 200


def test_a_request_is_one_log_line_without_what_is_secret(api: Api) -> None:
    with capture_logs() as lines:
        api.call("POST", f"{EXEC}?versionNumber=private", json={"processId": UNKNOWN})
    (line,) = lines
    assert {name: line[name] for name in ("method", "path", "status", "caller")} == {
        "method": "POST",
        "path": EXEC,
        "status": 404,
        "caller": f"key:{api.key.split('_')[1]}",
    }
    assert api.key.split("_", 2)[2] not in str(lines)
    assert "private" not in str(lines)


def test_answers_are_neither_sniffed_nor_stored(api: Api) -> None:
    for answer in (api.call("GET", "/flows"), api.call("GET", "/nowhere")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
