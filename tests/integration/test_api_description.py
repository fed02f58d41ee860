"""Health, /openapi.json, /docs and /schemas."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.integration.api import Api, serving
from tests.stores import SQLITE_AND_FAKEREDIS, StoreFactory
from workers.flow.catalogue.models import public_schema


@pytest.fixture
def api(store_factory: StoreFactory) -> Iterator[Api]:
    with store_factory.open(SQLITE_AND_FAKEREDIS) as stores, serving(stores) as api:
        yield api


def test_ready_reports_redis_and_does_not_need_it(api: Api) -> None:
    answer = api.call("GET", "/health/ready", key=None)
    assert (answer.status_code, answer.json) == (200, {"status": "ready", "redis": "down"})


def test_every_route_of_the_api_is_described_with_its_problems(api: Api) -> None:
    document = api.call("GET", "/openapi.json", key=None).json
    served = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in api.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD"}
        if not rule.endpoint.startswith("docs.")
    }
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert described == served
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            problems = {
                status: answer for status, answer in operation["responses"].items() if int(status) >= 400
            }
            assert {"422", "500", "503"} <= problems.keys(), (path, method)
            assert all("application/problem+json" in answer["content"] for answer in problems.values())
            assert operation["summary"]
    assert document["components"]["securitySchemes"].keys() == {"apiKey", "bearer"}


def test_the_body_of_a_call_is_described_as_its_own(api: Api) -> None:
    document = api.call("GET", "/openapi.json", key=None).json

    def body(path: str, method: str) -> dict[str, Any]:
        described = document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
        schema: dict[str, Any] = document["components"]["schemas"][described["$ref"].rpartition("/")[2]]
        return schema

    assert {"topic", "workerName"} <= body("/process/jobs/activate", "post")["properties"].keys()
    activated = body("/flows/{processId}/environments/{environment}", "put")
    assert activated["properties"].keys() == {"versionNumber"}
    data = body("/process/exec", "post")["properties"]["data"]
    for names, holds in (({"orderId": 1}, True), ({"secrets": 1}, False), ({"correlationKey": 1}, False)):
        assert Draft202012Validator(data).is_valid(names) is holds


def test_what_needs_no_credential_says_so_and_the_document_names_licence_server_and_groups(api: Api) -> None:
    document = api.call("GET", "/openapi.json", key=None).json
    open_calls = {
        path
        for path, methods in document["paths"].items()
        for each in methods.values()
        if not each["security"]
    }
    assert open_calls == {"/auth/login", "/auth/refresh", "/health/live", "/health/ready"}
    assert document["info"]["license"] == {"name": "MIT", "identifier": "MIT"}
    assert document["servers"][0]["url"] == "/"
    used = {
        tag for methods in document["paths"].values() for each in methods.values() for tag in each["tags"]
    }
    assert used == {tag["name"] for tag in document["tags"] if tag["description"]}


def test_the_documentation_is_served_from_here_alone(api: Api) -> None:
    page = api.call("GET", "/docs", key=None)
    assert "https://" not in page.text
    assert "http://" not in page.text
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "docs.js"):
        assert f"/docs/{name}" in page.text
        assert api.call("GET", f"/docs/{name}", key=None).status_code == 200


def test_the_first_page_leads_to_what_there_is(api: Api) -> None:
    page = api.call("GET", "/", key=None)
    links = re.findall('href="([^"]+)"', page.text)
    assert {"/docs", "/openapi.json", "/schemas/flow.json", "/health/ready"} <= set(links)
    for link in links:
        assert api.call("GET", link, key=None).status_code == 200
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_the_schema_of_flows_is_served_to_everybody_and_kept_by_caches(api: Api) -> None:
    answer = api.call("GET", "/schemas/flow.json", key=None)
    assert answer.headers["Content-Type"] == "application/schema+json"
    assert answer.json == public_schema()
    again = api.call("GET", "/schemas/flow.json", key=None, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.text) == (304, "")
