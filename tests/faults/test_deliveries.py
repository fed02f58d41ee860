"""Messages that come twice, late or never; workers and Redis that go away."""

import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
import redis

from harness.caller import wait_for
from harness.processes import BOOT, Process
from tests.flows import end, exclusive, flow, line, parallel, python, script, start, user
from tests.product import Product
from tests.stores import POSTGRESQL_AND_VALKEY, StoreFactory, Stores
from workers.broker import Doorbell
from workers.semantics.situation import Token

TASKS = "tests.integration.tasks_for_tests"


def branching() -> dict[str, Any]:
    """Branches, a join, a choice and a pause."""
    return flow(
        start(), parallel("fork"), script("a", "= 'a'", resultVariable="a"),
        python("b", "test-echo", input={}),
        script("c", "= 'c'", resultVariable="c"), parallel("join"), exclusive("gate", default="gate->end"),
        user("ask"), end(),
        flows=["start->fork", "fork->a", "fork->b", "fork->c", "a->join", "b->join", "c->join", "join->gate",
               "gate->ask if = ask", "gate->end", "ask->end"],
    )  # fmt: skip


VISITS = sorted(["start", "fork", "a", "b", "c", "join", "gate", "ask", "end"])


def test_with_every_message_delivered_twice_each_node_is_once_in_the_history(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = Doorbell.ring

    def ring_twice(self: Doorbell, tokens: list[Token]) -> list[Token]:
        return ring(self, [*tokens, *reversed(list(tokens))])

    monkeypatch.setattr(Doorbell, "ring", ring_twice)
    with Product(stores).work() as product:
        process_id = product.api.publish(branching())
        instances = [product.api.start(process_id, {"ask": True}) for _ in range(20)]
        for instance in instances:
            product.api.until(instance, "WAITING", "ask")
            product.api.complete(instance, "ask")
        for instance in instances:
            product.api.until(instance, "COMPLETED")
            assert sorted(product.api.visited(instance)) == VISITS


def test_messages_that_never_come_are_sent_again(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = []
    ring = Doorbell.ring

    def ring_every_second(self: Doorbell, tokens: list[Token]) -> list[Token]:
        lost.extend(tokens[:1])
        return ring(self, tokens) if len(lost) % 2 else []  # said to be sent, and lost

    monkeypatch.setattr(Doorbell, "ring", ring_every_second)
    with Product(stores, resend_seconds=0.3).work() as product:
        instance = product.api.start(product.api.publish(branching()), {"ask": False})
        product.api.until(instance, "COMPLETED")
        assert sorted(product.api.visited(instance)) == sorted(set(VISITS) - {"ask"})


def test_starts_are_accepted_while_workers_are_stopped_and_run_when_they_come(stores: Stores) -> None:
    with Product(stores) as product:
        process_id = product.api.publish(line(script("a", "= 1", resultVariable="a")))
        instances = [product.api.start(process_id) for _ in range(5)]
        assert [product.api.instance(instance)["status"] for instance in instances] == ["RUNNING"] * 5
        assert all(not product.api.history(instance) for instance in instances)
        product.work()
        for instance in instances:
            product.api.until(instance, "COMPLETED")


def test_whatever_fails_in_sending_a_start_is_answered_and_is_sent_later(stores: Stores) -> None:
    with Product(stores) as product:
        process_id = product.api.publish(line(script("a", "= 1", resultVariable="a")))

        def refuse(*_: object) -> None:
            raise RuntimeError("no thread left")

        with pytest.MonkeyPatch.context() as refusing:
            refusing.setattr(product.embedded.broker, "enqueue", refuse)
            instance = product.api.start(process_id)
        product.work()
        product.api.until(instance, "COMPLETED")


def test_with_redis_away_a_start_is_answered_and_runs_when_redis_is_back(store_factory: StoreFactory) -> None:
    from harness.valkey import ValkeyServer  # a server of its own, to be stopped

    with store_factory.open(POSTGRESQL_AND_VALKEY) as stores:
        valkey = ValkeyServer().start()
        try:
            own = Stores(stores.name, stores.database_url, valkey.url)
            with Product(own).work() as product:
                process_id = product.api.publish(line(script("a", "= 1", resultVariable="a")))
                product.api.until(product.api.start(process_id), "COMPLETED")
                valkey.kill()
                instances = [product.api.start(process_id) for _ in range(3)]
                valkey.start()
                for instance in instances:
                    product.api.until(instance, "COMPLETED")
                    assert product.api.visited(instance) == ["start", "a", "end"]
        finally:
            valkey.close()


def test_two_worker_processes_on_postgresql_with_doubled_messages_and_a_flush_run_each_node_once(
    store_factory: StoreFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = Doorbell.ring
    monkeypatch.setattr(Doorbell, "ring", lambda self, tokens: ring(self, [*tokens, *tokens]))
    with store_factory.open(POSTGRESQL_AND_VALKEY) as stores, Product(stores) as product:
        environment = stores.environment(TASK_MODULES=TASKS)
        words = ("python", "-m", "workers", "--threads", "4")
        process_id = product.api.publish(branching())
        with (
            Process(tmp_path / "worker1.log", *words, **environment) as one,
            Process(tmp_path / "worker2.log", *words, **environment) as two,
        ):
            wait_for(lambda: "ready" in one.output and "ready" in two.output, lambda: one.output, BOOT)
            instances = [product.api.start(process_id, {"ask": True}) for _ in range(60)]
            with redis.Redis.from_url(stores.redis_url) as client:
                client.flushdb()
            for instance in instances:
                product.api.until(instance, "WAITING", "ask")
            product.api.complete(instances[0], "ask")
            threads = [threading.Thread(target=product.api.complete, args=(i, "ask")) for i in instances[1:]]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            for instance in instances:
                product.api.until(instance, "COMPLETED")
                assert sorted(product.api.visited(instance)) == VISITS


def test_a_worker_that_is_told_to_stop_hands_its_nodes_back_at_once(
    store_factory: StoreFactory, tmp_path: Path
) -> None:
    with store_factory.open(POSTGRESQL_AND_VALKEY) as stores, Product(stores) as product:
        environment = stores.environment(TASK_MODULES=TASKS, SHUTDOWN_SECONDS="0.5")
        definition = line(python("work", "test-sleep", input={"seconds": "{seconds}"}))
        process_id = product.api.publish(definition)
        words = ("python", "-m", "workers", "--threads", "2")
        with Process(tmp_path / "old.log", *words, **environment) as old:
            instance = product.api.start(process_id, {"seconds": 600})
            wait_for(lambda: _state(product, instance) == "running", lambda: old.output, BOOT)
            os.kill(old.pid, signal.SIGTERM)
            # Long before the lease of a minute runs out, and it counts as no attempt and no loss.
            wait_for(lambda: _state(product, instance) == "ready", lambda: old.output, 20)


def _state(product: Product, instance: str) -> str:
    tokens = product.api.instance(instance)["tokens"]
    return str(tokens[0]["state"]).lower()
