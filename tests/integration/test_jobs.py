"""External service tasks: workers fetch and lock jobs over HTTP, and say what came of them."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.administration.keys import create_key
from app.administration.organizations import create_organization
from app.administration.secrets import set_secret
from harness.caller import Api, wait_for
from harness.processes import BOOT, ROOT, Process
from harness.server import free_port
from models.db import Database
from models.permission import PERMISSIONS, WORKFLOW_EXECUTE
from models.secret import Vault
from tests.flows import boundary, end, flow, line, node, start, user
from tests.integration.api import Api as LocalApi
from tests.integration.api import serving
from tests.product import Product
from tests.stores import POSTGRESQL_AND_VALKEY, SQLITE_AND_FAKEREDIS, StoreFactory, Stores
from workers.engine.store import jobs

Json = dict[str, Any]

ACTIVATE = "/process/jobs/activate"

#: All that a worker can say of a job.
SAYINGS: dict[str, Json] = {
    "complete": {"data": {"by": "first"}},
    "fail": {"retries": 0},
    "error": {"errorCode": "X"},
    "extend": {"lockDuration": "PT1M"},
}


def external(id: str, topic: str = "ship", **properties: Any) -> Json:
    return node(id, "serviceTask", implementation="external", topic=topic, **properties)


def activate(api: Api, topic: str = "ship", **fields: Any) -> list[Json]:
    body = {"topic": topic, "workerName": "first", "timeout": "PT25S", **fields}
    jobs: list[Json] = api.call("POST", ACTIVATE, body)["jobs"]
    return jobs


def fetch(api: Api, topic: str = "ship", **fields: Any) -> Json:
    """The one job that is there, or will be soon."""
    (job,) = activate(api, topic, **fields)
    return job


def tell(api: Api, job: Json, what: str, body: Json | None = None, **expect: Any) -> Json:
    return api.call("POST", f"/process/jobs/{job['jobId']}/{what}", body or {}, **expect)


def shift(product: Product, **time: float) -> None:
    """So much later, by the database's clock."""
    product.database.clock_shift += timedelta(**time)


def test_a_worker_gets_the_input_of_a_job_and_its_data_goes_into_the_flow(product: Product) -> None:
    definition = line(
        external("pack", "pack-{region}", input={"item": "{order.item}", "count": "= order.count + 1"}),
        external("ship", output={"code": "= tracking.code"}),
    )
    process_id = product.api.publish(definition)
    order = {"region": "eu", "order": {"item": "pen", "count": 2}}
    instance = product.api.start(process_id, order, correlationKey="order-1")
    job = fetch(product.api, "pack-eu", lockDuration="PT1H")
    assert job.pop("lockedUntil") > product.api.instance(instance)["startTime"]
    assert len(job.pop("idempotencyKey")) == 40
    assert job == {
        "jobId": job["jobId"],
        "topic": "pack-eu",
        "processInstanceId": instance,
        "processId": process_id,
        "versionNumber": "1",
        "nodeId": "pack",
        "correlationKey": "order-1",
        "variables": {"item": "pen", "count": 3},
        "attempt": 1,
        "retriesLeft": 2,
    }
    state = product.api.instance(instance)
    (shown,) = state["jobs"]
    assert state["status"] == "WAITING"
    assert (shown["nodeId"], shown["topic"], shown["worker"]) == ("pack", "pack-eu", "first")
    assert job["jobId"] == shown["jobId"]
    assert tell(product.api, job, "complete", {"data": {"parcel": "P-1"}}) == {
        "jobId": job["jobId"], "status": "completed",
    }  # fmt: skip
    assert tell(product.api, job, "complete", status=404)["code"] == "JOB_NOT_FOUND"

    last = fetch(product.api)
    assert last["variables"] == {
        **order, "parcel": "P-1", "correlationKey": "order-1", "processInstanceId": instance,
    }  # fmt: skip
    tell(product.api, last, "complete", {"data": {"tracking": {"code": "T-1"}}})
    state = product.api.until(instance, "COMPLETED")
    assert state["variables"] == {**order, "parcel": "P-1", "code": "T-1"}
    assert state["jobs"] == []
    packed = product.api.history(instance)[1]
    assert (packed["nodeId"], packed["attempts"], packed["outcome"]) == ("pack", 1, "completed")
    assert packed["input"] == {"item": "pen", "count": 3}
    assert packed["output"] == {"parcel": "P-1"}


def test_of_workers_that_fetch_at_once_each_gets_other_jobs_the_oldest_first(product: Product) -> None:
    process_id = product.api.publish(line(external("ship")))
    instances = []
    for _ in range(12):
        instances.append(product.api.start(process_id))
        product.api.until(instances[-1], "WAITING", "ship")
    ready = threading.Barrier(6)

    def work(_: int) -> list[list[Json]]:
        batches = []
        for _ in range(3):
            ready.wait()
            batches.append(activate(product.api, maxJobs=2, timeout="PT0S"))
        return batches

    with ThreadPoolExecutor(6) as pool:
        fetched = [jobs for batches in pool.map(work, range(6)) for jobs in batches]
    left = activate(product.api, maxJobs=100, timeout="PT0S")
    ids = [job["processInstanceId"] for jobs in [*fetched, left] for job in jobs]
    assert sorted(ids) == sorted(instances)
    assert max(map(len, fetched)) == 2
    for found in fetched:
        places = [instances.index(job["processInstanceId"]) for job in found]
        assert all(a < b for a, b in pairwise(places))


def test_an_instance_shows_each_job_by_the_id_under_which_it_can_be_answered(product: Product) -> None:
    instance = product.api.start(product.api.publish(line(external("ship"))))
    product.api.until(instance, "WAITING", "ship")
    (waiting,) = product.api.instance(instance)["jobs"]
    refused = tell(product.api, waiting, "complete", status=409)
    assert (refused["code"], "activate" in refused["detail"]) == ("JOB_NOT_LOCKED", True)
    job = fetch(product.api)
    (locked,) = product.api.instance(instance)["jobs"]
    assert locked["jobId"] == job["jobId"]
    tell(product.api, locked, "complete", {"data": {"by": "operator"}})
    assert product.api.until(instance, "COMPLETED")["variables"] == {"by": "operator"}


def test_a_job_whose_lock_ran_out_is_another_workers_and_the_first_gets_409(product: Product) -> None:
    instance = product.api.start(product.api.publish(line(external("ship"))))
    lost = fetch(product.api, lockDuration="PT10M")
    assert activate(product.api, timeout="PT0S") == []
    shift(product, minutes=11)
    job = fetch(product.api, workerName="second", lockDuration="PT10M")
    assert (job["attempt"], job["idempotencyKey"]) == (1, lost["idempotencyKey"])
    for what, said in SAYINGS.items():
        assert tell(product.api, lost, what, said, status=409)["code"] == "JOB_NOT_LOCKED"
    # Neither do ids hold that no activation gave: the row alone, and the row before its first lock.
    row_id = job["jobId"].partition(".")[0]
    for made_up in (row_id, f"{row_id}.0", f"{row_id}.02"):
        answer = tell(product.api, {"jobId": made_up}, "complete", status=409)
        assert answer["code"] == "JOB_NOT_LOCKED"
    tell(product.api, job, "complete", {"data": {"by": "second"}})
    assert product.api.until(instance, "COMPLETED")["variables"] == {"by": "second"}


def test_a_worker_that_is_late_may_finish_a_job_that_nobody_else_got(product: Product) -> None:
    instance = product.api.start(product.api.publish(line(external("ship"))))
    job = fetch(product.api, lockDuration="PT1S")
    shift(product, hours=1)
    tell(product.api, job, "complete", {"data": {"late": True}})
    assert product.api.until(instance, "COMPLETED")["variables"] == {"late": True}


def test_who_extends_a_job_at_the_moment_of_its_end_is_told_that_it_has_ended(
    store_factory: StoreFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store_factory.open(POSTGRESQL_AND_VALKEY) as stores, Product(stores).work() as product:
        product.api.start(product.api.publish(line(external("ship"))))
        job = fetch(product.api)

        extend = jobs.extend

        def after_its_end(*arguments: Any) -> bool:
            tell(product.api, job, "complete")
            return extend(*arguments)

        monkeypatch.setattr(jobs, "extend", after_its_end)
        answer = tell(product.api, job, "extend", {"lockDuration": "PT1H"}, status=404)
        assert answer["code"] == "JOB_NOT_FOUND"


def test_an_extended_lock_holds_for_as_long_as_it_says(product: Product) -> None:
    instance = product.api.start(product.api.publish(line(external("ship"))))
    job = fetch(product.api, lockDuration="PT10M")
    extended = tell(product.api, job, "extend", {"lockDuration": "PT1H"})
    assert extended["lockedUntil"] > job["lockedUntil"]
    assert product.api.instance(instance)["jobs"][0]["lockedUntil"] == extended["lockedUntil"]
    shift(product, minutes=50)
    assert activate(product.api, timeout="PT0S") == []
    shift(product, minutes=11)
    assert fetch(product.api)["jobId"] != job["jobId"]


def test_a_failed_job_is_tried_again_as_its_node_says_until_it_is_an_incident(product: Product) -> None:
    task = external("ship", retry={"maxAttempts": 2, "backoff": "PT0.05S"})
    instance = product.api.start(product.api.publish(line(task)))
    first = fetch(product.api)
    assert tell(product.api, first, "fail", {"errorMessage": "no lorry"})["status"] == "retrying"
    assert tell(product.api, first, "fail", status=404)["code"] == "JOB_NOT_FOUND"
    second = fetch(product.api)
    assert [(job["attempt"], job["retriesLeft"]) for job in (first, second)] == [(1, 1), (2, 0)]
    assert second["idempotencyKey"] == first["idempotencyKey"]
    assert tell(product.api, second, "fail", {"errorMessage": "no driver"})["status"] == "incident"
    state = product.api.until(instance, "INCIDENT")
    (incident,) = state["incidents"]
    assert (incident["nodeId"], incident["code"], incident["message"]) == ("ship", "JOB_FAILED", "no driver")
    assert (incident["attempts"], state["jobs"]) == (2, [])
    product.api.call("POST", f"/process/instances/{instance}/retry")
    third = fetch(product.api)
    assert third["attempt"] == 1
    tell(product.api, third, "complete")
    product.api.until(instance, "COMPLETED")


def test_a_worker_may_say_how_many_retries_are_left_and_after_what_pause(product: Product) -> None:
    task = external("ship", retry={"maxAttempts": 1})
    instance = product.api.start(product.api.publish(line(task)))
    job = fetch(product.api)
    tell(product.api, job, "fail", {"retries": 2, "retryBackOff": "PT10M"})
    (token,) = product.api.instance(instance)["tokens"]
    assert (token["state"], token["attempts"]) == ("ready", 1)
    assert token["nextAttemptAt"] > token["since"]
    assert activate(product.api, timeout="PT0S") == []
    shift(product, minutes=11)
    again = fetch(product.api)
    assert (again["attempt"], again["retriesLeft"]) == (2, 1)
    # What was said once holds until something else is said; the pause is the node's again.
    assert tell(product.api, again, "fail")["status"] == "retrying"
    last = fetch(product.api)
    assert (last["attempt"], last["retriesLeft"]) == (3, 0)
    assert tell(product.api, last, "fail")["status"] == "incident"
    assert product.api.instance(instance)["incidents"][0]["code"] == "JOB_FAILED"
    product.api.call("POST", f"/process/instances/{instance}/retry")
    job = fetch(product.api)
    assert (job["attempt"], job["retriesLeft"]) == (1, 0)
    tell(product.api, job, "fail", {"retries": 9})
    assert tell(product.api, fetch(product.api), "fail", {"retries": 0})["status"] == "incident"


def test_an_error_that_a_worker_throws_takes_the_boundary_event_of_its_code(product: Product) -> None:
    definition = flow(
        start(), external("ship"),
        boundary("sold-out", "ship", "stock",
                 output={"told": "= error.message", "item": "= error.data.item", "code": "= error.code"}),
        user("order"), end("done"), end("later"),
        flows=["start->ship", "ship->done", "sold-out->order", "order->later"],
        errors=[{"id": "stock", "errorCode": "OUT_OF_STOCK"}],
    )  # fmt: skip
    process_id = product.api.publish(definition)
    instance = product.api.start(process_id)
    job = fetch(product.api)
    thrown = {"errorCode": "OUT_OF_STOCK", "errorMessage": "no pens", "data": {"item": "pen"}}
    assert tell(product.api, job, "error", thrown) == {"jobId": job["jobId"], "status": "caught"}
    state = product.api.until(instance, "WAITING", "order")
    assert state["variables"] == {"told": "no pens", "item": "pen", "code": "OUT_OF_STOCK"}
    assert state["jobs"] == []
    assert product.api.visited(instance) == ["start", "ship", "sold-out"]
    assert tell(product.api, job, "complete", status=404)["code"] == "JOB_NOT_FOUND"

    uncaught = product.api.start(process_id)
    assert tell(product.api, fetch(product.api), "error", {"errorCode": "NOBODY"})["status"] == "incident"
    state = product.api.until(uncaught, "INCIDENT")
    assert (state["incidents"][0]["code"], state["jobs"]) == ("UNCAUGHT_ERROR", [])


def test_a_poll_gets_a_job_that_appears_while_it_waits_and_holds_no_connection(stores: Stores) -> None:
    with Product(stores, database_pool=1).work() as product, ThreadPoolExecutor(4) as pool:
        process_id = product.api.publish(line(external("ship")))
        polls = [pool.submit(activate, product.api) for _ in range(4)]
        for _ in range(5):  # each of these needs the one connection
            product.api.call("GET", "/process/instances")
        began = time.monotonic()
        instances = {product.api.start(process_id) for _ in range(4)}
        jobs = [job for poll in polls for job in poll.result()]
        assert time.monotonic() - began < 20
        assert {job["processInstanceId"] for job in jobs} == instances
        tell(product.api, jobs[0], "complete")


def test_a_poll_is_answered_empty_when_its_time_is_over_or_the_server_stops(product: Product) -> None:
    began = time.monotonic()
    assert activate(product.api, timeout="PT0.3S") == []
    assert time.monotonic() - began >= 0.3
    with ThreadPoolExecutor(1) as pool:
        poll = pool.submit(activate, product.api, timeout="PT25S")
        began = time.monotonic()
        product.rest()
        assert poll.result() == []
        assert time.monotonic() - began < 20


@contextmanager
def gunicorn(store_factory: StoreFactory, folder: Path) -> Iterator[tuple[Process, Callable[[], Api]]]:
    """The Procfile's web server, with one process of eight threads; and who makes callers of it."""
    web = re.findall(r"^web: (.*)$", (ROOT / "Procfile").read_text(), re.MULTILINE)
    with store_factory.open(SQLITE_AND_FAKEREDIS) as stores, ExitStack() as callers:
        with closing(Database(stores.settings())) as database:
            organization_id = create_organization(database, "Test").id
            _, key = create_key(
                database, name="w", permissions=[WORKFLOW_EXECUTE], organization_id=organization_id
            )
        port = free_port()

        def caller() -> Api:
            return callers.enter_context(closing(Api(f"http://127.0.0.1:{port}", key)))

        environment = stores.environment(PORT=str(port), WEB_CONCURRENCY="1", WEB_THREADS="8")
        with Process(folder / "web.log", "sh", "-c", *web, **environment) as server:
            wait_for(lambda: is_alive(caller()), lambda: server.output, BOOT)
            yield server, caller


def is_alive(api: Api) -> bool:
    try:
        return api.http.get("/health/live").status_code == 200
    except httpx2.TransportError:
        return False


def test_gunicorn_answers_those_who_wait_when_it_is_told_to_stop(
    store_factory: StoreFactory, tmp_path: Path
) -> None:
    with gunicorn(store_factory, tmp_path) as (server, caller), ThreadPoolExecutor(1) as pool:
        poll = pool.submit(activate, caller(), timeout="PT25S")
        # The server takes them in order: when it has answered these the poll waits.
        for _ in range(20):
            assert is_alive(caller())
        began = time.monotonic()
        server.stop()
        assert poll.result() == []
        assert time.monotonic() - began < 20


def test_so_many_as_wait_for_jobs_half_of_the_threads_are_for_others(
    store_factory: StoreFactory, tmp_path: Path
) -> None:
    with gunicorn(store_factory, tmp_path) as (server, caller), ThreadPoolExecutor(12) as pool:
        body = {"topic": "ship", "workerName": "first", "timeout": "PT25S"}
        polls = [pool.submit(caller().http.post, ACTIVATE, json=body) for _ in range(12)]
        began = time.monotonic()
        refused = wait_for(lambda: len(done := [poll for poll in polls if poll.done()]) == 8 and done)
        assert is_alive(caller())
        for poll in refused:
            answer = poll.result()
            assert (answer.status_code, answer.json()["code"]) == (429, "TOO_MANY_WAITING")
            assert int(answer.headers["Retry-After"]) == answer.json()["retryAfter"] > 0
        assert time.monotonic() - began < 20
        server.stop()
        assert [poll.result().json() for poll in polls if poll not in refused] == [{"jobs": []}] * 4


def test_who_is_gone_when_a_job_comes_does_not_get_it(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    process_id = product.api.publish(line(external("ship")))
    body = json.dumps({"topic": "ship", "workerName": "gone", "timeout": "PT25S"})
    lines = [
        f"POST {ACTIVATE} HTTP/1.1", "Host: localhost", "Content-Type: application/json",
        f"X-API-Key: {product.api.http.headers['X-API-Key']}", f"Content-Length: {len(body)}", "", body,
    ]  # fmt: skip
    product.engine.seat_polls(1)
    poll = {"topic": "none", "workerName": "other", "timeout": "PT0.01S"}

    looks, is_any_free = [], jobs.is_any_free

    def look(*arguments: Any) -> bool:
        looks.append(arguments)
        return is_any_free(*arguments)

    monkeypatch.setattr(jobs, "is_any_free", look)

    def is_a_seat_free() -> bool:
        return product.api.http.post(ACTIVATE, json=poll).status_code == 200

    with socket.create_connection(("127.0.0.1", int(product.url.rpartition(":")[2]))) as worker:
        worker.sendall("\r\n".join(lines).encode())
        wait_for(lambda: len(looks) > 1, "the worker waits: it has looked again")
        assert not is_a_seat_free()
    wait_for(is_a_seat_free, "that it is gone was seen", patience=5)
    product.api.start(process_id)
    assert fetch(product.api)["jobId"].endswith(".1")


@pytest.mark.parametrize("how", ["cancel", "timer", "message"])
def test_a_job_goes_with_what_it_was_for(product: Product, how: str) -> None:
    definition = flow(
        start(), external("ship"),
        node("late", "boundaryEvent", attachedToRef="ship", event={"type": "timer", "duration": "PT1H"}),
        node("off", "boundaryEvent", attachedToRef="ship", event={"type": "message", "messageRef": "off"}),
        end("done"), end("late-end"), end("off-end"),
        flows=["start->ship", "ship->done", "late->late-end", "off->off-end"], messages=[{"id": "off"}],
    )  # fmt: skip
    instance = product.api.start(product.api.publish(definition))
    job = fetch(product.api, lockDuration="PT24H")
    if how == "cancel":
        product.api.call("POST", f"/process/instances/{instance}/cancel")
    elif how == "timer":
        shift(product, hours=2)
    else:
        product.api.message("off")
    state = product.api.until(instance, "CANCELLED" if how == "cancel" else "COMPLETED")
    assert state["jobs"] == []
    assert tell(product.api, job, "complete", status=404)["code"] == "JOB_NOT_FOUND"
    shift(product, hours=48)
    assert activate(product.api, timeout="PT0S") == []


def test_each_body_of_a_multi_instance_is_a_job_of_its_own(product: Product) -> None:
    loop = {"collection": "{items}", "elementVariable": "item", "outputCollection": "codes",
            "outputElement": "= code"}  # fmt: skip
    instance = product.api.start(
        product.api.publish(line(external("ship", input={"item": "{item}"}, loop=loop))),
        {"items": ["a", "b", "c"]},
    )
    jobs = wait_for(lambda: len(product.api.instance(instance)["jobs"]) == 3) and activate(
        product.api, maxJobs=3
    )
    for job in reversed(jobs):
        tell(product.api, job, "complete", {"data": {"code": job["variables"]["item"].upper()}})
    assert product.api.until(instance, "COMPLETED")["variables"]["codes"] == ["A", "B", "C"]


def test_a_secret_is_in_clear_for_the_worker_and_masked_in_what_is_kept(product: Product) -> None:
    secret = "s3cr3t-value-of-carrier"
    vault = Vault(product.settings.encryption_keys)
    set_secret(product.database, vault, organization_id=product.organization_id, name="CARRIER", value=secret)
    task = external("ship", input={"token": "Bearer {secrets.CARRIER}"}, retry={"backoff": "PT0.05S"})
    instance = product.api.start(product.api.publish(line(task)))
    job = fetch(product.api)
    assert job["variables"] == {"token": f"Bearer {secret}"}
    tell(product.api, job, "fail", {"errorMessage": f"no answer for {secret}", "retries": 0})
    state = product.api.until(instance, "INCIDENT")
    assert state["incidents"][0]["message"] == "no answer for ***"
    product.api.call("POST", f"/process/instances/{instance}/retry")
    tell(product.api, fetch(product.api), "complete", {"data": {"echo": f"got {secret}"}})
    state = product.api.until(instance, "COMPLETED")
    assert state["variables"] == {"echo": "got ***"}
    told = json.dumps([state, product.api.history(instance)])
    assert secret not in told
    assert product.api.history(instance)[1]["input"] == {"token": "Bearer ***"}


def test_a_job_whose_secret_is_missing_is_an_incident_and_the_next_one_is_handed_out(
    product: Product,
) -> None:
    broken = product.api.start(product.api.publish(line(external("ship", input={"x": "{secrets.NOPE}"}))))
    product.api.until(broken, "WAITING", "ship")
    good = product.api.start(product.api.publish(line(external("ship"))))
    product.api.until(good, "WAITING", "ship")
    jobs = activate(product.api, maxJobs=2)
    assert [job["processInstanceId"] for job in jobs] == [good]
    (incident,) = product.api.instance(broken)["incidents"]
    assert incident["code"] == "SECRET_MISSING"
    assert "NOPE" in incident["message"]


def test_a_job_whose_workers_die_five_times_is_an_incident(product: Product) -> None:
    instance = product.api.start(product.api.publish(line(external("ship"))))
    for _ in range(5):
        assert fetch(product.api)["attempt"] == 1
        shift(product, hours=1)
    assert activate(product.api, timeout="PT0S") == []
    state = product.api.until(instance, "INCIDENT")
    assert (state["incidents"][0]["code"], state["jobs"]) == ("WORKER_LOST", [])
    product.api.call("POST", f"/process/instances/{instance}/retry")
    tell(product.api, fetch(product.api), "complete")
    product.api.until(instance, "COMPLETED")


def test_jobs_are_fetched_and_finished_within_their_organization_and_environment(product: Product) -> None:
    process_id = product.api.publish(line(external("ship")))
    instance = product.api.start(process_id)
    product.api.until(instance, "WAITING", "ship")
    other = product.caller(organization_id=create_organization(product.database, "Other").id)
    bound = product.caller(environment="DEVELOPMENT")
    system = product.caller(organization_id=None, permissions=PERMISSIONS)
    body = {"topic": "ship", "workerName": "w", "timeout": "PT0S"}
    assert other.call("POST", ACTIVATE, body) == {"jobs": []}
    assert product.api.call("POST", f"{ACTIVATE}?environment=DEVELOPMENT", body) == {"jobs": []}
    assert bound.call("POST", ACTIVATE, body, status=403)["code"] == "ENVIRONMENT_NOT_ALLOWED"
    assert system.call("POST", ACTIVATE, body, status=403)["code"] == "ORGANIZATION_REQUIRED"
    job = fetch(product.api)
    for what, said in SAYINGS.items():
        foreign = tell(other, job, what, said, status=404)
        unknown = tell(other, {"jobId": "job_unknown.1"}, what, said, status=404)
        for answer in (foreign, unknown):
            del answer["requestId"], answer["instance"]
        assert foreign == unknown
        assert tell(bound, job, what, said, status=403)["code"] == "ENVIRONMENT_NOT_ALLOWED"
    tell(product.api, job, "complete")
    product.api.until(instance, "COMPLETED")
    for caller in (other, bound, system):
        caller.close()


def test_the_worker_of_the_documentation_works(stores: Stores, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "external-workers.md").read_text()
    (source,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (definition,) = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    script = tmp_path / "worker.py"
    script.write_text(source)
    with Product(stores).work() as product:
        process_id = product.api.publish(definition)
        key = product.api.http.headers["X-API-Key"]
        environment = {**os.environ, "URL": product.url, "KEY": key, "PYTHONUNBUFFERED": "1"}
        with (tmp_path / "log").open("wb") as log:
            worker = subprocess.Popen([sys.executable, str(script)], env=environment, stdout=log, stderr=log)
        try:
            shipped = product.api.start(process_id, {"orderId": "O-1", "amount": 3})
            refused = product.api.start(process_id, {"orderId": "O-2", "amount": 3000})
            assert product.api.until(shipped, "COMPLETED")["variables"]["trackingCode"] == "T-O-1"
            assert product.api.until(refused, "COMPLETED")["variables"]["reason"] == "3000 are too many"
            assert worker.poll() is None
        finally:
            worker.terminate()
            worker.wait()


@pytest.fixture
def local(store_factory: StoreFactory) -> Iterator[LocalApi]:
    with store_factory.open(SQLITE_AND_FAKEREDIS) as stores, serving(stores) as api:
        yield api


FETCH = {"topic": "ship", "workerName": "w", "timeout": "PT0S"}


@pytest.mark.parametrize(
    ("what", "body", "field", "words"),
    [
        ("activate", {"workerName": "w"}, "topic", "is required"),
        ("activate", {"topic": "ship"}, "workerName", "is required"),
        ("activate", {**FETCH, "topic": ""}, "topic", "must not be empty"),
        ("activate", {**FETCH, "topic": "t" * 256}, "topic", "at most 255"),
        ("activate", {**FETCH, "topic": None}, "topic", "null"),
        ("activate", {**FETCH, "workerName": 7}, "workerName", "must be a string"),
        ("activate", {**FETCH, "maxJobs": 0}, "maxJobs", "1 or more"),
        ("activate", {**FETCH, "maxJobs": 101}, "maxJobs", "100 or less"),
        ("activate", {**FETCH, "maxJobs": True}, "maxJobs", "whole number"),
        ("activate", {**FETCH, "maxJobs": "3"}, "maxJobs", "whole number"),
        ("activate", {**FETCH, "lockDuration": "PT0.9S"}, "lockDuration", "PT1S to PT24H"),
        ("activate", {**FETCH, "lockDuration": "P2D"}, "lockDuration", "PT1S to PT24H"),
        ("activate", {**FETCH, "lockDuration": 300}, "lockDuration", "PT1S to PT24H"),
        ("activate", {**FETCH, "timeout": "PT26S"}, "timeout", "PT0S to PT25S"),
        ("activate", {**FETCH, "timeout": "10s"}, "timeout", "PT0S to PT25S"),
        ("activate", {**FETCH, "lock": "PT1M"}, "lock", "is unknown"),
        ("activate?environment=production", FETCH, "environment", "'PRODUCTION'"),
        ("job_x.1/complete", {"data": []}, "data", "must be an object"),
        ("job_x.1/complete", {"data": {"secrets": 1}}, "data.secrets", "system"),
        ("job_x.1/complete", {"variables": {}}, "variables", "is unknown"),
        ("job_x.1/fail", {"retries": -1}, "retries", "0 or more"),
        ("job_x.1/fail", {"retries": 1.5}, "retries", "whole number"),
        ("job_x.1/fail", {"retryBackOff": "P2D"}, "retryBackOff", "PT0S to P1D"),
        ("job_x.1/fail", {"errorMessage": {}}, "errorMessage", "must be a string"),
        ("job_x.1/error", {}, "errorCode", "is required"),
        ("job_x.1/error", {"errorCode": ""}, "errorCode", "must not be empty"),
        ("job_x.1/error", {"errorCode": "X", "data": 1}, "data", "must be an object"),
        ("job_x.1/extend", {}, "lockDuration", "is required"),
        ("job_x.1/extend", {"lockDuration": "PT25H"}, "lockDuration", "PT1S to PT24H"),
    ],
    ids=str,
)
def test_a_wrong_field_is_named(local: LocalApi, what: str, body: Json, field: str, words: str) -> None:
    answer = local.call("POST", f"/process/jobs/{what}", json=body)
    assert answer.status_code == 422, answer.text
    assert words in {error["field"]: error["message"] for error in answer.json["errors"]}[field]


def test_what_workers_are_answered_is_as_it_is_described(local: LocalApi) -> None:
    """`local.call` holds each answer against /openapi.json."""
    process_id = local.publish(line(external("ship"), user("wait")))
    for what, body, status in (
        ("extend", {"lockDuration": "PT1M"}, 200),
        ("fail", {"retries": 1}, 200),
        ("error", {"errorCode": "X"}, 200),
        ("complete", {}, 200),
        ("complete", {}, 404),
    ):
        local.start(process_id)
        local.work()
        (job,) = local.call("POST", ACTIVATE, json=FETCH).json["jobs"]
        job_id = job["jobId"] if status == 200 else "job_x.1"
        assert local.call("POST", f"/process/jobs/{job_id}/{what}", json=body).status_code == status
