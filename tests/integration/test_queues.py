"""Queues of service tasks: their workers scale on their own."""

from datetime import timedelta
from pathlib import Path

import pytest

from harness.caller import wait_for
from harness.processes import BOOT, Process
from tests.flows import line, python, script
from tests.integration.tasks_for_tests import calls
from tests.product import Product
from tests.stores import POSTGRESQL_AND_VALKEY, StoreFactory, Stores
from workers.broker import Doorbell
from workers.engine.store import upkeep
from workers.sweeper import Sweeper

WORKER = ("python", "-m", "workers", "--threads", "2", "--queues")


def test_a_node_with_a_queue_runs_only_where_a_worker_consumes_that_queue(
    store_factory: StoreFactory, tmp_path: Path
) -> None:
    queues = "default,reports"
    with (
        store_factory.open(POSTGRESQL_AND_VALKEY) as stores,
        Product(stores, queues=queues) as product,
    ):
        environment = stores.environment(QUEUES=queues, TASK_MODULES="tests.integration.tasks_for_tests")
        definition = line(
            python("report", "test-echo", queue="reports"), script("after", "= 1", resultVariable="a")
        )
        instance = product.api.start(product.api.publish(definition))
        with Process(tmp_path / "default.log", *WORKER, "default", **environment) as first:
            wait_for(lambda: product.api.visited(instance) == ["start"], lambda: first.output, BOOT)
            with Process(tmp_path / "reports.log", *WORKER, "reports", **environment):
                product.api.until(instance, "COMPLETED")


def test_a_flow_that_names_a_queue_without_workers_is_refused_at_publish(stores: Stores) -> None:
    with Product(stores) as product:
        definition = line(python("report", "test-echo", queue="reports"))
        made = product.api.call("POST", "/flows", {"name": "f", "definition": definition}, status=201)
        refused = product.api.call("POST", f"/flows/{made['processId']}/publish", {}, status=422)
        assert [(p["nodeId"], p["code"]) for p in refused["problems"]] == [("report", "UNKNOWN_QUEUE")]


@pytest.mark.parametrize("task", ["test-nothing", "test_echo"])
def test_a_flow_that_names_a_task_that_nobody_registered_is_refused_at_publish(
    stores: Stores, task: str
) -> None:
    with Product(stores) as product:
        definition = line(python("work", task))
        made = product.api.call("POST", "/flows", {"name": "f", "definition": definition}, status=201)
        refused = product.api.call("POST", f"/flows/{made['processId']}/publish", {}, status=422)
        assert [problem["code"] for problem in refused["problems"]] == ["UNKNOWN_TASK"]


def test_a_queue_without_workers_does_not_fill_redis_and_all_runs_once_when_one_comes(
    stores: Stores,
) -> None:
    with Product(stores) as product:
        process_id = product.api.publish(line(python("work", "test-echo", input={})))
        instances = [product.api.start(process_id) for _ in range(5)]
        doorbell = Doorbell(product.embedded.broker)
        again = Sweeper(product.engine, doorbell)
        again.sweep()  # this Redis has seen nothing yet, so everything is sent to it
        sent = doorbell.lengths()["default"]
        for minutes in range(1, 60, 2):
            product.database.clock_shift = timedelta(minutes=minutes)
            again.sweep()
        assert doorbell.lengths()["default"] == sent
        product.work()
        for instance in instances:
            product.api.until(instance, "COMPLETED")
            assert product.api.visited(instance) == ["start", "work", "end"]
            assert len(calls[instance]) == 1


def test_what_a_queue_without_workers_lost_is_sent_again(stores: Stores) -> None:
    with Product(stores) as product:
        process_id = product.api.publish(line(python("work", "test-echo", input={})))
        doorbell = Doorbell(product.embedded.broker)
        again = Sweeper(product.engine, doorbell)
        doorbell.mark()
        instances = [product.api.start(process_id) for _ in range(5)]
        assert doorbell.lengths()["default"] == 5
        # Some are lost: of which tokens nobody can tell.
        for _ in range(2):
            product.embedded.broker.client.rpop("dramatiq:default")
        product.database.clock_shift = timedelta(minutes=1)
        again.sweep()
        assert doorbell.lengths()["default"] == 3 + 5
        # All are lost, and the mark with them.
        product.embedded.broker.client.flushdb()
        again.sweep()
        assert doorbell.lengths()["default"] == 5
        assert not doorbell.was_emptied()
        product.work()
        for instance in instances:
            product.api.until(instance, "COMPLETED")
            assert len(calls[instance]) == 1


def test_a_long_queue_slows_only_its_own_recovery(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "LONG_QUEUE", 0)
    with Product(stores, queues="default,reports") as product:
        process_id = product.api.publish(line(script("a", "= 1", resultVariable="a")))
        moved, other, _ = (product.api.start(process_id) for _ in range(3))
        with product.engine.store.transaction() as transaction:
            for instance in (moved, other):
                transaction.run("UPDATE tokens SET queue = 'reports' WHERE instance_id = :id", id=instance)

        def sent_again(after: timedelta) -> set[str]:
            product.database.clock_shift = after
            lengths = {"default": 0, "reports": 1}
            resend = timedelta(seconds=10)
            return {token.queue for token in product.engine.upkeep.to_send_again(resend, None, lengths, 100)}

        assert sent_again(timedelta(seconds=30)) == {"default"}
        assert sent_again(timedelta(minutes=5)) == {"default", "reports"}
