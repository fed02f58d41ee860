"""Databases that are full, busy, cut off, or hold what this release cannot run."""

import sqlite3
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from harness.caller import wait_for
from models.errors import Unavailable
from tests.flows import end, flow, line, message, parallel, python, script, start, timer, user
from tests.integration.tasks_for_tests import calls, gates
from tests.product import Product
from tests.stores import POSTGRESQL_AND_VALKEY, SQLITE_AND_FAKEREDIS, StoreFactory, Stores
from workers.engine.store import Store, Upkeep


def failing_once(call: Callable[..., Any], error: Exception) -> Callable[..., Any]:
    """The call, but its first use raises."""
    used = threading.Event()

    def attempt(*args: Any, **kwargs: Any) -> Any:
        if not used.is_set():
            used.set()
            raise error
        return call(*args, **kwargs)

    return attempt


def test_what_an_outside_call_came_to_is_stored_when_the_database_is_back_and_not_called_again(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Product(stores).work() as product:
        process_id = product.api.publish(
            line(python("work", "test-gate", output={"opened": "= result.opened"}))
        )
        instance = product.api.start(process_id)
        wait_for(lambda: calls[instance])
        monkeypatch.setattr(Store, "move", failing_once(Store.move, Unavailable("away")))
        gates[instance].set()
        assert product.api.until(instance, "COMPLETED")["variables"] == {"opened": True}
        assert len(calls[instance]) == 1


def test_a_failure_after_the_commit_makes_no_incident_of_the_token_that_moved_on(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Product(stores, resend_seconds=0.2).work() as product:
        process_id = product.api.publish(line(script("a", "= 1", resultVariable="a"), user("ask")))
        monkeypatch.setattr("workers.broker.Doorbell.ring", lambda self, tokens: list(tokens))
        monkeypatch.setattr(Upkeep, "mark_unsent", failing_once(Upkeep.mark_unsent, RuntimeError("deadlock")))
        instance = product.api.start(process_id)
        monkeypatch.undo()
        product.api.until(instance, "WAITING", "ask")


def test_output_after_an_outside_call_sees_the_variables_as_they_are_then(stores: Stores) -> None:
    with Product(stores).work() as product:
        process_id = product.api.publish(
            line(python("work", "test-gate", output={"seen": "= setting"}), user("ask"))
        )
        instance = product.api.start(process_id, {"setting": "old"})
        wait_for(lambda: calls[instance])
        product.api.call(
            "PATCH", f"/process/instances/{instance}/variables", {"variables": {"setting": "new"}}
        )
        gates[instance].set()
        assert product.api.until(instance, "WAITING", "ask")["variables"]["seen"] == "new"


def test_heartbeats_and_cancels_of_the_same_tokens_do_not_end_in_a_deadlock(
    store_factory: StoreFactory,
) -> None:
    with (
        store_factory.open(POSTGRESQL_AND_VALKEY) as stores,
        Product(stores, lease_seconds=0.01).work() as product,
    ):
        works = [python(f"w{number}", "test-gate") for number in range(4)]
        definition = flow(
            start(), parallel("fork"), *works, end(),
            flows=["start->fork", *[f"fork->{w['id']}" for w in works], *[f"{w['id']}->end" for w in works]],
        )  # fmt: skip
        process_id = product.api.publish(definition)
        for _ in range(5):
            instance = product.api.start(process_id)
            wait_for(lambda instance=instance: len(calls[instance]) == 4)  # type: ignore[misc]
            product.api.call("POST", f"/process/instances/{instance}/cancel")
            gates[instance].set()


def test_a_full_disk_is_a_503_and_is_over_when_there_is_space_again(store_factory: StoreFactory) -> None:
    with store_factory.open(SQLITE_AND_FAKEREDIS) as stores, Product(stores) as product:
        process_id = product.api.publish(line())
        product.api.start(process_id)
        with product.database.connection() as connection:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
        _limit_pages(product, pages)
        body = {"processId": process_id, "data": {"big": "x" * 200_000}}
        refused = product.api.call("POST", "/process/exec", body, status=503)
        assert refused["code"] == "DATABASE_UNAVAILABLE"
        _limit_pages(product, 1_000_000)
        product.api.start(process_id, {"big": "x" * 200_000})


def _limit_pages(product: Product, pages: int) -> None:
    """For every connection that the product makes from now on."""
    product.database.engine.dispose()

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    from sqlalchemy import event

    event.listen(product.database.engine, "connect", limit)


def test_sessions_that_are_cut_are_replaced_without_an_incident(store_factory: StoreFactory) -> None:
    with (
        store_factory.open(POSTGRESQL_AND_VALKEY) as stores,
        Product(stores, resend_seconds=0.5).work() as product,
    ):
        process_id = product.api.publish(
            line(*[script(f"s{n}", "= 1", resultVariable="a") for n in range(5)])
        )
        instances = [product.api.start(process_id) for _ in range(20)]
        with psycopg.connect(stores.database_url, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        for instance in instances:
            wait_for(lambda instance=instance: _state(product, instance) == "COMPLETED")  # type: ignore[misc]
            assert len(product.api.visited(instance)) == 7


def _state(product: Product, instance: str) -> str:
    """The status, also while a session of the web's own pool has to be replaced."""
    answer = product.api.http.get(f"/process/instances/{instance}")
    return str(answer.json().get("status"))


def test_with_one_connection_a_cold_process_completes_a_task(store_factory: StoreFactory) -> None:
    with store_factory.open(POSTGRESQL_AND_VALKEY) as stores:
        with Product(stores).work() as product:
            instance = product.api.start(product.api.publish(line(user("ask"))))
            product.api.until(instance, "WAITING", "ask")
            organization = product.organization_id
        with Product(stores, database_pool=1) as cold:
            caller = cold.caller(organization_id=organization)
            caller.complete(instance, "ask")
            caller.close()


def test_a_version_that_cannot_be_run_holds_up_no_other_timer_and_can_be_cancelled(stores: Stores) -> None:
    with Product(stores).work() as product:
        waiting = line(timer("wait", duration="PT1H"))
        bad = product.api.start(product.api.publish(waiting))
        good = product.api.start(product.api.publish(waiting))
        for instance in (bad, good):
            product.api.until(instance, "WAITING", "wait")
        with product.engine.store.transaction() as transaction:
            (row,) = transaction.rows("SELECT version_id FROM instances WHERE id = :id", id=bad)
            transaction.run("UPDATE flow_versions SET definition = '{}' WHERE id = :id", id=row["version_id"])
        product.engine.graphs.forget()
        product.database.clock_shift = timedelta(hours=2)
        product.api.until(good, "COMPLETED")
        assert product.api.until(bad, "INCIDENT")["incidents"][0]["code"] == "VERSION_NOT_RUNNABLE"
        product.api.call("POST", f"/process/instances/{bad}/cancel")
        assert product.api.instance(bad)["status"] == "CANCELLED"


def test_a_kept_message_that_does_not_fit_stops_one_instance_and_nobody_else(stores: Stores) -> None:
    with Product(stores).work() as product:
        schema = {"type": "object", "required": ["sum"]}
        definition = line(message("wait", "paid"), messages=[{"id": "paid", "dataSchema": schema}])
        process_id = product.api.publish(definition)
        product.api.message("paid", "k", data={"wrong": 1})
        product.api.message("paid", "k", data={"sum": 5})
        first = product.api.start(process_id, correlationKey="k")
        assert product.api.until(first, "INCIDENT")["incidents"][0]["code"] == "MESSAGE_DATA_INVALID"
        second = product.api.start(process_id, correlationKey="k")
        assert product.api.until(second, "COMPLETED")["variables"] == {"sum": 5}


def test_a_repeated_message_id_does_nothing_after_a_short_time_to_live_too(stores: Stores) -> None:
    with Product(stores).work() as product:
        process_id = product.api.publish(line(message("a", "m"), message("b", "m"), messages=[{"id": "m"}]))
        instance = product.api.start(process_id, correlationKey="k")
        product.api.until(instance, "WAITING", "a")
        body: dict[str, Any] = {"timeToLive": "PT1S", "messageId": "once"}
        assert product.api.message("m", "k", **body)["status"] == "correlated"
        product.api.until(instance, "WAITING", "b")
        product.database.clock_shift = timedelta(minutes=1)
        assert product.api.message("m", "k", **body)["status"] == "duplicate"


def test_a_due_date_long_ago_can_be_read_again(stores: Stores) -> None:
    with Product(stores).work() as product:
        instance = product.api.start(product.api.publish(line(user("ask", dueDate="0999-01-01T00:00:00Z"))))
        assert (
            product.api.until(instance, "WAITING", "ask")["tasks"][0]["dueDate"] == "0999-01-01T00:00:00.000Z"
        )
