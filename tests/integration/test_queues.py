"""Queues of service tasks: their workers scale on their own."""

from pathlib import Path

import pytest

from tests.flows import line, python, script
from tests.processes import BOOT, Process, deployment
from tests.product import Product, wait_for
from tests.stores import POSTGRESQL_AND_VALKEY, StoreFactory, Stores

WORKER = ("python", "-m", "workers", "--threads", "2", "--queues")


def test_a_node_with_a_queue_runs_only_where_a_worker_consumes_that_queue(
    store_factory: StoreFactory, tmp_path: Path
) -> None:
    queues = "default,reports"
    with (
        store_factory.open(POSTGRESQL_AND_VALKEY) as stores,
        Product(stores, queues=queues) as product,
    ):
        environment = deployment(stores, QUEUES=queues, TASK_MODULES="tests.integration.tasks_for_tests")
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
