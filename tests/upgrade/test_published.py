"""What an earlier release published goes on: its instances, a rollback to it, and its own starts."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from harness.caller import Api, wait_for
from tests.flows import Json, line, user
from tests.product import Product
from tests.stores import PAIRS, StoreFactory, migrate
from tests.upgrade.cases import BASE, REFUSED_SINCE, Case
from tests.upgrade.sides import Side
from tests.upgrade.stories.outside import Outside
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


@dataclass(frozen=True)
class Stored:
    """What the earlier release stored of a case: two instances of its flow, of which one ended."""

    process_id: str
    data: Json
    parked: str
    end: Json


Upgraded = tuple[Product, dict[str, Stored]]


@pytest.fixture(scope="module", params=PAIRS)
def upgraded(
    request: pytest.FixtureRequest,
    release: Path,
    store_factory: StoreFactory,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Upgraded]:
    """The database that the earlier release stored, under today's code; its server outside answers still."""
    folder = tmp_path_factory.mktemp("side")
    with Outside() as outside, store_factory.open(request.param, migrated=False) as stores:
        with Side("old", release, stores, outside, folder, migrates=True) as old:
            key = old.key
            old.set(works=True, clock=timedelta())
            with closing(old.caller(key)) as api:
                stored = {name: _store(api, _given(case, outside)) for name, case in REFUSED_SINCE.items()}
        migrate(stores.database_url)
        with Product(stores, allowed_private_hosts=[outside.host]) as product:
            product.api.close()
            product.api = Api(product.url, key)
            yield product.work(), stored


def _store(api: Api, case: Case) -> Stored:
    """Publishes the case, parks one instance of it and ends another."""
    if isinstance(case.source, str):
        headers = {"Content-Type": "application/xml"}
        answer = api.http.post("/flows", content=case.source.encode(), headers=headers)
        assert answer.status_code == 201, answer.text
        process_id = answer.json()["processId"]
        api.call("POST", f"/flows/{process_id}/publish", {}, status=201)
    else:
        process_id = api.publish(case.source)
    parked, ended = (api.start(process_id, case.data) for _ in range(2))
    for instance in (parked, ended):
        api.until(instance, "WAITING", "hold")
    api.complete(ended, "hold")
    return Stored(process_id, case.data, parked, _end_of(api, ended))


def _end_of(api: Api, instance: str) -> Json:
    """How an instance that moves comes to rest, without what differs between two instances."""

    def rests() -> Json | None:
        state = api.instance(instance)
        moves = any(token["state"] in ("ready", "running") for token in state["tokens"])
        stays = state["status"] == "WAITING" and not any(each["nodeId"] == "hold" for each in state["tokens"])
        return state if not moves and (stays or state["status"] in ("COMPLETED", "INCIDENT")) else None

    state = wait_for(rests, f"{instance} rests")
    return {
        "status": state["status"],
        "variables": state["variables"],
        "incidents": [(each["nodeId"], each["code"]) for each in state["incidents"]],
        "visited": sorted(api.visited(instance)),
    }


def _given(case: Case, outside: Outside) -> Case:
    """A case as the earlier release gets it, calling the server of this run."""
    return Case(**json.loads(json.dumps(asdict(case)).replace(BASE, outside.url)))


@pytest.mark.parametrize("name", REFUSED_SINCE)
def test_a_parked_instance_comes_to_the_same_end(upgraded: Upgraded, name: str) -> None:
    product, stored = upgraded
    product.api.complete(stored[name].parked, "hold")
    assert _end_of(product.api, stored[name].parked) == stored[name].end


@pytest.mark.parametrize("name", REFUSED_SINCE)
def test_its_draft_is_refused_by_name_when_it_is_published_again(upgraded: Upgraded, name: str) -> None:
    product, stored = upgraded
    process_id = stored[name].process_id
    product.api.call("PUT", f"/flows/{process_id}/environments/DEVELOPMENT", {"versionNumber": "1"})
    answer = product.api.call("POST", f"/flows/{process_id}/publish", {}, status=422)
    errors = {each["code"] for each in answer["problems"] if each["severity"] == "error"}
    assert REFUSED_SINCE[name].code in errors


@pytest.mark.parametrize("name", REFUSED_SINCE)
def test_its_flow_starts_and_a_rollback_to_it_works(upgraded: Upgraded, name: str) -> None:
    product, stored = upgraded
    process_id = stored[name].process_id
    product.api.call("PUT", f"/flows/{process_id}/draft", line(user("hold")))
    product.api.call("POST", f"/flows/{process_id}/publish", {}, status=201)
    back = {"versionNumber": "1"}
    product.api.call("PUT", f"/flows/{process_id}/environments/PRODUCTION", back)
    instance = product.api.start(process_id, stored[name].data)
    product.api.until(instance, "WAITING", "hold")
    product.api.complete(instance, "hold")
    assert _end_of(product.api, instance) == stored[name].end
