"""Bad input: what a caller can get wrong in a body or a query answers by field and loses nothing."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.api import Api, serving
from tests.stores import SQLITE_AND_FAKEREDIS, StoreFactory, Stores

EXEC = "/process/exec"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def api(store_factory: StoreFactory) -> Iterator[Api]:
    with store_factory.open(SQLITE_AND_FAKEREDIS) as stores, serving(stores) as api:
        yield api


def errors_of(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {error["field"]: error["message"] for error in answer.json["errors"]}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"{'a': 1}", b'{"a": NaN}', b"\xff", b'{"processId": "x"} x', b"undefined"], ids=str
)
def test_what_is_not_json_is_a_400(api: Api, body: bytes) -> None:
    answer = api.call("POST", EXEC, data=body, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (400, "MALFORMED_JSON")


@pytest.mark.parametrize("body", [b"[]", b'"text"', b'"{}"', b"7", b"null", b"true"], ids=str)
def test_a_body_that_is_no_object_is_a_422(api: Api, body: bytes) -> None:
    answer = api.call("POST", EXEC, data=body, content_type="application/json")
    assert errors_of(answer) == {"body": "must be an object"}


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ('"a\\u0000b"', "data.items[1].price"),
        ('"\\ud800"', "data.items[1].price"),
        ("1e400", "data.items[1].price"),
        ("123456789012345678901234567890", "data.items[1].price"),
        ("[" * 70 + "]" * 70, "data.items[1].price"),
    ],
)
def test_what_no_store_can_keep_is_a_422_that_names_the_place(api: Api, value: str, field: str) -> None:
    body = f'{{"processId": "{UNKNOWN}", "data": {{"items": [1, {{"price": {value}}}]}}}}'
    answer = api.call("POST", EXEC, data=body, content_type="application/json")
    (named,) = errors_of(answer)
    assert named.startswith(field)


def test_a_lone_surrogate_in_a_key_is_a_422_and_the_answer_is_json(api: Api) -> None:
    body = b'{"processId": "x", "data": {"\\udfff": "a\\u0000"}}'
    answer = api.call("POST", EXEC, data=body, content_type="application/json")
    assert errors_of(answer)


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({}, "processId", "is required"),
        ({"processId": 7}, "processId", "must be a string"),
        ({"processId": ""}, "processId", "must not be empty"),
        ({"processId": None}, "processId", "null"),
        ({"processId": "x" * 256}, "processId", "at most 255"),
        ({"processId": "x", "correlationKey": 7}, "correlationKey", "must be a string"),
        ({"processId": "x", "correlationKey": ""}, "correlationKey", "must not be empty"),
        ({"processId": "x", "correlationKey": None}, "correlationKey", "null"),
        ({"processId": "x", "correlationKey": "k" * 256}, "correlationKey", "at most 255"),
        ({"processId": "x", "data": []}, "data", "must be an object"),
        ({"processId": "x", "data": "text"}, "data", "must be an object"),
        ({"processId": "x", "data": None}, "data", "null"),
        ({"processId": "x", "data": {"secrets": 1}}, "data.secrets", "system"),
        ({"processId": "x", "data": {"correlationKey": 1}}, "data.correlationKey", "system"),
        ({"processId": "x", "data": {"processInstanceId": 1}}, "data.processInstanceId", "system"),
        ({"processId": "x", "dta": {}}, "dta", "`data`"),
        ({"processId": "x", "ProcessID": "x"}, "ProcessID", "`processId`"),
        ({"processId": "x", "process_id": "x"}, "process_id", "`processId`"),
    ],
    ids=str,
)
def test_a_wrong_field_of_a_start_is_named(api: Api, body: Any, field: str, words: str) -> None:
    assert words in errors_of(api.call("POST", EXEC, json=body))[field]


@pytest.mark.parametrize(
    ("path", "body", "field", "words"),
    [
        ("/process/task", {"action": "COMPLETE"}, "nodeId", "is required"),
        ("/process/task", {"action": "complete"}, "action", "'COMPLETE' or 'CANCEL'"),
        ("/process/task", {"action": "APPROVE"}, "action", "'COMPLETE' or 'CANCEL'"),
        ("/process/task", {"action": "COMPLETE", "data": [1]}, "data", "must be an object"),
        ("/process/message", {"name": 1}, "name", "must be a string"),
        ("/process/message", {"name": "a", "timeToLive": "1h"}, "timeToLive", "PT1H"),
        ("/process/message", {"name": "a", "timeToLive": "-PT1S"}, "timeToLive", "PT1H"),
        ("/process/message", {"name": "a", "timeToLive": "P9999999D"}, "timeToLive", "PT1H"),
        ("/process/message", {"name": "a", "timeToLive": 3600}, "timeToLive", "PT1H"),
        ("/process/message", {"name": "a", "messageId": ""}, "messageId", "must not be empty"),
        ("/process/instances/x/cancel", {"reason": "x"}, "reason", "is unknown"),
        ("/flows", {"name": ""}, "name", "must not be empty"),
        ("/flows", {"name": "a", "definition": []}, "definition", "must be an object"),
        ("/flows/x/publish", {"environments": ["production"]}, "environments[0]", "'PRODUCTION'"),
        ("/flows/x/publish", {"environments": "PRODUCTION"}, "environments", "must be a list"),
    ],
    ids=str,
)
def test_a_wrong_field_of_any_body_is_named(api: Api, path: str, body: Any, field: str, words: str) -> None:
    assert words in errors_of(api.call("POST", path, json=body))[field]


@pytest.mark.parametrize(
    ("path", "field", "words"),
    [
        ("/process/instances?environment=production", "environment", "'DEVELOPMENT' or 'PRODUCTION'"),
        ("/process/instances?status=running", "status", "'RUNNING'"),
        ("/process/instances?limit=0", "limit", "1 or more"),
        ("/process/instances?limit=501", "limit", "500 or less"),
        ("/process/instances?limit=1.0", "limit", "whole number"),
        ("/process/instances?limit=", "limit", "whole number"),
        ("/process/instances?startedFrom=yesterday", "startedFrom", "2026-02-20T10:00:00Z"),
        ("/process/instances?startedFrom=2026-01-01T00:00:00", "startedFrom", "offset"),
        ("/process/instances?startedFrom=1700000000", "startedFrom", "offset"),
        ("/process/instances?startedFrom=0001-01-01T00:00:00%2B14:00", "startedFrom", "offset"),
        ("/process/instances?statu=RUNNING", "statu", "`status`"),
        ("/process/instances?status=RUNNING&status=WAITING", "status", "more than once"),
        ("/process/instances?correlationKey=a%00b", "correlationKey", "NUL"),
        ("/process/instances?after=x&before=x", "before", "after"),
        ("/process/tasks?asignee=x", "asignee", "`assignee`"),
    ],
)
def test_a_wrong_query_parameter_is_named(api: Api, path: str, field: str, words: str) -> None:
    assert words in errors_of(api.call("GET", path))[field]


def test_a_wrong_environment_of_a_start_is_named_beside_the_fields(api: Api) -> None:
    answer = api.call("POST", f"{EXEC}?environment=production&version=1", json={"data": 1})
    assert errors_of(answer).keys() == {"environment", "version", "processId", "data"}


@pytest.mark.parametrize("key", ["", "é", "a" * 256, "a\tb"], ids=["empty", "umlaut", "long", "tab"])
def test_an_idempotency_key_is_printable_ascii(api: Api, key: str) -> None:
    answer = api.call("POST", EXEC, json={"processId": UNKNOWN}, headers={"Idempotency-Key": key})
    assert errors_of(answer).keys() == {"Idempotency-Key"}


def test_a_thousand_wrong_fields_are_answered_in_short(api: Api) -> None:
    answer = api.call("POST", EXEC, json={f"f{number}": 1 for number in range(150)})
    assert len(errors_of(answer)) == 51  # fifty that are unknown, and the one that is missing


def test_nul_in_a_path_is_an_id_that_does_not_exist(stores: Stores) -> None:
    with serving(stores) as api:
        for path in ("/process/instances/a%00b", "/flows/a%00b", "/flows/a%00b/versions/1%00"):
            assert api.call("GET", path).status_code == 404


def test_a_probe_may_add_what_it_likes_to_a_health_check(api: Api) -> None:
    assert api.call("GET", "/health/live?cache=1").status_code == 200
    assert api.call("GET", "/health/ready?cache=1").status_code == 200
