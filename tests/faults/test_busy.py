"""Rows that somebody else holds locked: whoever needs them comes back later, and nobody else waits."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from harness.caller import wait_for
from models.errors import Busy
from tests.faults.meeting import attached, count, rows, waits
from tests.flows import end, flow, line, python, script, start, timer, user
from tests.integration.tasks_for_tests import calls, gates
from tests.product import Product
from tests.stores import POSTGRESQL_AND_VALKEY, StoreFactory, Stores
from workers.engine.store import Claim, Store, Transaction, load
from workers.sweeper import Pace

#: What somebody else holds locked is waited for only shortly.
SOON = Pace(lock_wait="100ms")


@contextmanager
def held(product: Product, instance_id: str, table: str = "instances") -> Iterator[None]:
    """Somebody holds the row. Where the database has no row locks, the engine is told what one would say."""
    if not product.database.is_sqlite:
        with psycopg.connect(product.settings.database_url) as other:
            other.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR UPDATE", [instance_id])
            yield
        return
    lock = load.lock_instance

    def refuse(transaction: Transaction, wanted: str) -> Any:
        if wanted == instance_id:
            raise Busy("held", code="INSTANCE_BUSY")
        return lock(transaction, wanted)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load, "lock_instance", refuse)
        yield


def test_one_locked_instance_holds_up_nothing_else_of_the_sweepers_round(
    stores: Stores,
) -> None:
    with Product(stores).work() as product:
        process_id = product.api.publish(line(timer("wait", duration="PT1H"), user("ask")))
        locked, free, lost, unsent = (product.api.start(process_id) for _ in range(4))
        for instance in (locked, free, lost, unsent):
            waits(product, instance, "wait")
        product.rest()
        with product.engine.store.transaction() as transaction:
            now = transaction.now()
            # The locked one's comes first in every round; a second one waits no second time.
            transaction.run(
                "UPDATE timers SET due_at = :due WHERE instance_id = :id",
                due=now - timedelta(hours=1),
                id=locked,
            )
            transaction.run("UPDATE timers SET due_at = :now WHERE instance_id = :id", now=now, id=free)
            for instance in (locked, lost):
                transaction.run(
                    "UPDATE tokens SET state = 'running', lease_at = :ago WHERE instance_id = :id",
                    ago=now - timedelta(minutes=1 if instance == lost else 5),
                    id=instance,
                )
            transaction.run(
                "UPDATE tokens SET state = 'ready', sent_at = NULL, sends = 0 WHERE instance_id = :id",
                id=unsent,
            )
        again = product.sweeper(SOON)
        with held(product, locked):
            again.sweep()
            assert not count(product, "timers", "instance_id = :id", id=free)
            assert _token(product, lost)["state"] == "ready"
            assert _token(product, unsent)["sends"] == 1
            assert count(product, "timers", "instance_id = :id", id=locked)
            assert _token(product, locked)["state"] == "running"
        # Its lease is taken back once the instance is free, and it was set aside for long enough.
        product.sweeper(replace(SOON, reclaim=timedelta())).sweep()
        assert _token(product, locked)["state"] != "running"


def test_a_locked_instance_is_waited_for_once_in_a_round(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    with Product(stores).work() as product:
        reminders = [attached(f"r{n}", "ask", "timer", interrupting=False, duration="PT1H") for n in range(3)]
        definition = flow(
            start(), user("ask"), *reminders, end(),
            flows=["start->ask", "ask->end", *[f"r{n}->end" for n in range(3)]],
        )  # fmt: skip
        instance = product.api.start(product.api.publish(definition))
        wait_for(lambda: count(product, "timers", "instance_id = :id", id=instance) == 3)
        product.rest()
        product.database.clock_shift = timedelta(hours=2)
        with held(product, instance):
            lock = load.lock_instance

            def count_it(transaction: Transaction, wanted: str) -> Any:
                asked.append(wanted)
                return lock(transaction, wanted)

            monkeypatch.setattr(load, "lock_instance", count_it)
            product.sweeper(SOON).sweep()
        assert asked == [instance]
        assert count(product, "timers", "instance_id = :id", id=instance) == 3


def test_a_caller_is_told_that_the_instance_is_busy_and_when_to_come_again(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.db.SESSION_OPTIONS", "-c lock_timeout=100ms")
    with Product(stores).work() as product:
        instance = product.api.start(product.api.publish(line(user("ask"))))
        waits(product, instance, "ask")
        body = {"processInstanceId": instance, "nodeId": "ask", "action": "COMPLETE", "data": {}}
        with held(product, instance):
            answer = product.api.http.post("/process/task", json=body)
        assert (answer.status_code, answer.json()["code"]) == (503, "INSTANCE_BUSY")
        assert int(answer.headers["Retry-After"]) > 0
        product.api.complete(instance, "ask")
        product.api.until(instance, "COMPLETED")


def test_a_deadlock_and_a_lost_wait_of_a_reading_session_are_no_missing_database(
    store_factory: StoreFactory,
) -> None:
    with store_factory.open(POSTGRESQL_AND_VALKEY) as stores, Product(stores) as product:
        from sqlalchemy import text

        for state in ("40P01", "40001", "55P03"):
            raising = text(f"DO $$ BEGIN RAISE SQLSTATE '{state}'; END $$")
            with pytest.raises(Busy), product.database.writing() as session:
                session.execute(raising)


def test_what_an_outside_call_came_to_is_stored_once_the_row_is_free(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Product(stores).work() as product:
        instance = product.api.start(product.api.publish(line(python("work", "test-gate"))))
        wait_for(lambda: calls[instance])
        refused = threading.Event()
        move = Store.move

        def refuse_once(self: Store, changes: Any) -> bool:
            if not refused.is_set():
                refused.set()
                raise Busy("held")
            return move(self, changes)

        monkeypatch.setattr(Store, "move", refuse_once)
        gates[instance].set()
        product.api.until(instance, "COMPLETED")
        assert refused.is_set()
        assert len(calls[instance]) == 1


def test_a_node_whose_instance_is_held_makes_no_incident_and_runs_later(
    store_factory: StoreFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.db.SESSION_OPTIONS", "-c lock_timeout=100ms")
    with (
        store_factory.open(POSTGRESQL_AND_VALKEY) as stores,
        Product(stores, resend_seconds=0.3) as product,
    ):
        tried: list[bool] = []
        move = Store.move

        def watched(self: Store, changes: Any) -> bool:
            try:
                return move(self, changes)
            except Busy:
                tried.append(True)
                raise

        monkeypatch.setattr(Store, "move", watched)
        instance = product.api.start(product.api.publish(line(script("a", "= 1", resultVariable="a"))))
        with held(product, instance):
            product.work()
            wait_for(lambda: tried)
        product.api.until(instance, "COMPLETED")
        assert not rows(product, "SELECT * FROM incidents")


def test_one_locked_token_costs_no_other_its_lease(store_factory: StoreFactory) -> None:
    with store_factory.open(POSTGRESQL_AND_VALKEY) as stores, Product(stores).work() as product:
        process_id = product.api.publish(line(user("ask")))
        locked, free = (product.api.start(process_id) for _ in range(2))
        for instance in (locked, free):
            waits(product, instance, "ask")
        with product.engine.store.transaction() as transaction:
            # Long enough that no sweeper takes them back meanwhile.
            lease_at = transaction.now() + timedelta(minutes=5)
            transaction.run("UPDATE tokens SET state = 'running', lease_at = :at", at=lease_at)
        first, second = _token(product, locked), _token(product, free)
        claims = [Claim(each["id"], each["epoch"]) for each in (first, second)]
        with held(product, first["id"], "tokens"):
            product.engine.upkeep.renew(claims, timedelta(hours=1))
            assert _token(product, free)["lease_at"] > second["lease_at"]
            assert _token(product, locked)["lease_at"] == first["lease_at"]
            product.engine.upkeep.hand_back(claims)
            assert _token(product, free)["state"] == "ready"


def _token(product: Product, instance_id: str) -> dict[str, Any]:
    (found,) = rows(product, "SELECT * FROM tokens WHERE instance_id = :id", id=instance_id)
    return found
