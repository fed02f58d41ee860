"""What an earlier release published goes on: its instances, a rollback to it, and its own starts."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows import Json, line, user
from tests.product import Product
from tests.stores import PAIRS, StoreFactory, migrate
from tests.unit.local_server import LocalServer, http, says
from tests.upgrade.cases import BASE, REFUSED_SINCE, Case
from tests.upgrade.release import run
from tests.upgrade.store import end_of
from workers.flow.compiler.compile import compile_flow
from workers.flow.interchange.read import import_bpmn


@pytest.mark.parametrize("name", REFUSED_SINCE)
def test_what_is_refused_since_then_compiles_where_it_was_published(name: str) -> None:
    case = REFUSED_SINCE[name]
    if isinstance(case.source, str):
        (process,) = import_bpmn(case.source.encode()).processes
        assert case.code in {each.code for each in process.problems if each.severity == "error"}
        return
    graph, waived = compile_flow(case.source, published=True)
    assert graph is not None
    assert {each.code for each in waived if each.waived} <= {case.code}


@pytest.fixture(scope="module", params=PAIRS)
def upgraded(
    request: pytest.FixtureRequest, release: Path, store_factory: StoreFactory
) -> Iterator[tuple[Product, Json, dict[str, Any]]]:
    """The database that the earlier release stored, under today's code; its server outside answers still."""
    answer = says(http(200, "Content-Type: application/json", body=b'{"ok": true}'))
    with LocalServer(answer) as server, store_factory.open(request.param, migrated=False) as stores:
        cases = {name: _given(case, server.url) for name, case in REFUSED_SINCE.items()}
        given = {
            "databaseUrl": stores.database_url,
            "redisUrl": stores.redis_url,
            "hosts": [server.host],
            "cases": cases,
        }
        kept = run(release, Path(__file__).with_name("store.py"), given)
        migrate(stores.database_url)
        with Product(stores, allowed_private_hosts=[server.host]) as product:
            product.api = product.caller(organization_id=kept["organizationId"])
            yield product.work(), cases, kept["stored"]


def _given(case: Case, url: str) -> Json:
    """A case as the earlier release gets it, calling the server of this run."""
    given: Json = json.loads(json.dumps({"source": case.source, "data": case.data}).replace(BASE, url))
    return given


@pytest.mark.parametrize("name", REFUSED_SINCE)
def test_a_parked_instance_comes_to_the_same_end(upgraded: Any, name: str) -> None:
    product, _, stored = upgraded
    product.api.complete(stored[name]["parked"], "hold")
    assert json.loads(json.dumps(end_of(product, stored[name]["parked"]))) == stored[name]["end"]


@pytest.mark.parametrize("name", REFUSED_SINCE)
def test_its_draft_is_refused_by_name_when_it_is_published_again(upgraded: Any, name: str) -> None:
    product, _, stored = upgraded
    process_id = stored[name]["processId"]
    product.api.call("PUT", f"/flows/{process_id}/environments/DEVELOPMENT", {"versionNumber": "1"})
    answer = product.api.call("POST", f"/flows/{process_id}/publish", {}, status=422)
    errors = {each["code"] for each in answer["problems"] if each["severity"] == "error"}
    assert REFUSED_SINCE[name].code in errors


@pytest.mark.parametrize("name", REFUSED_SINCE)
def test_its_flow_starts_and_a_rollback_to_it_works(upgraded: Any, name: str) -> None:
    product, cases, stored = upgraded
    process_id = stored[name]["processId"]
    product.api.call("PUT", f"/flows/{process_id}/draft", line(user("hold")))
    product.api.call("POST", f"/flows/{process_id}/publish", {}, status=201)
    back = {"versionNumber": "1"}
    product.api.call("PUT", f"/flows/{process_id}/environments/PRODUCTION", back)
    instance = product.api.start(process_id, cases[name]["data"])
    product.api.until(instance, "WAITING", "hold")
    product.api.complete(instance, "hold")
    assert json.loads(json.dumps(end_of(product, instance))) == stored[name]["end"]
