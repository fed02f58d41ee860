"""Lets things meet at the same moment, and looks at what is left of them."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from harness.caller import Json, wait_for
from models.errors import Conflict
from tests.flows import (
    node,
)
from tests.product import Product
from workers.engine.requests import Access, MessageRequest

ANYBODY = Access(None)

#: How often two things meet that may come in either order.
ROUNDS = 12


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Does all of them at the same moment; what each gave, or the problem that it was answered with."""
    results: list[Any] = [None] * len(acts)
    together = threading.Barrier(len(acts))

    def run(place: int) -> None:
        together.wait()
        try:
            results[place] = acts[place]()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            results[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, Conflict):
            raise result
    return results


def rows(product: Product, sql: str, **params: object) -> list[Json]:
    with product.engine.store.autocommit() as reading:
        return reading.rows(sql, **params)


def count(product: Product, table: str, condition: str = "1 = 1", **params: object) -> int:
    found: int = rows(product, f"SELECT count(*) AS n FROM {table} WHERE {condition}", **params)[0]["n"]
    return found


def waits(product: Product, instance_id: str, *node_ids: str) -> None:
    """Waits until tokens stand parked at exactly these nodes."""

    def look() -> bool:
        found = rows(product, "SELECT node_id, state FROM tokens WHERE instance_id = :id", id=instance_id)
        return sorted((row["node_id"], row["state"]) for row in found) == sorted(
            (each, "waiting") for each in node_ids
        )

    wait_for(look, lambda: f"{node_ids}, but {product.api.instance(instance_id)}")


def expect_nothing_left(product: Product) -> None:
    """Every instance has ended, and nothing of it is left but its history, tasks and variables."""
    wait_for(
        lambda: not count(product, "instances", "status = 'RUNNING'"),
        lambda: f"the end of all, but {rows(product, 'SELECT * FROM tokens')}",
    )
    # What is on its way to an instance that has ended goes when it comes.
    wait_for(lambda: not count(product, "timers"), lambda: str(rows(product, "SELECT * FROM timers")))
    for table in ("tokens", "scopes", "subscriptions", "jobs"):
        assert not rows(product, f"SELECT * FROM {table}"), table
    assert not count(product, "tasks", "state = 'OPEN'")
    assert not count(product, "incidents", "resolved_at IS NULL")
    assert not count(product, "messages", "state = 'SENT'")
    assert not count(product, "variables", "scope_id NOT IN (SELECT id FROM instances)")


def publish(product: Product, name: str, key: str | None = None) -> None:
    life = timedelta(hours=1)
    request = MessageRequest(product.organization_id, "PRODUCTION", name, key, {}, life)
    product.engine.publish_message(request)


def timer_of(product: Product, instance_id: str) -> str:
    (row,) = rows(product, "SELECT id FROM timers WHERE instance_id = :id", id=instance_id)
    found: str = row["id"]
    return found


def called_by(product: Product, instance_id: str) -> str:
    found: str = rows(product, "SELECT id FROM instances WHERE caller_id = :id", id=instance_id)[0]["id"]
    return found


def attached(id: str, host: str, kind: str, *, interrupting: bool = True, **event: Any) -> Json:
    return node(
        id, "boundaryEvent", attachedToRef=host, cancelActivity=interrupting, event={"type": kind, **event}
    )


def call(process_id: str) -> Json:
    return node("call", "callActivity", processId=process_id)


SIGNAL = {"signals": [{"id": "go"}]}
MESSAGE = {"messages": [{"id": "m"}]}

#: Settings by which what a lost worker had comes back soon.
SOON: Json = {"resend_seconds": 0.3, "lease_seconds": 2}

#: Of a session that waits for another.
LOCKED = "wait_event_type = 'Lock' AND datname = current_database()"
