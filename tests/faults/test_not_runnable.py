"""Flows without end, and versions that this release cannot run."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from harness.caller import wait_for
from tests.faults.meeting import (
    ANYBODY,
    MESSAGE,
    SIGNAL,
    SOON,
    call,
    called_by,
    count,
    expect_nothing_left,
    rows,
    timer_of,
    waits,
)
from tests.flows import (
    end,
    event,
    flow,
    line,
    message,
    node,
    start,
    sub_process,
    user,
)
from tests.product import Product
from tests.stores import Stores
from workers.engine import graphs
from workers.engine.incident import ROLLING
from workers.flow.compiler import compile as compile_
from workers.semantics.kinds import call_activity
from workers.sweeper import Pace

# -- what would have no end


def test_a_flow_that_calls_itself_ends_in_an_incident_and_can_be_cancelled_from_the_top(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_activity, "MOST_CALLERS", 15)
    product.work()
    process_id = product.api.call("POST", "/flows", {"name": "itself"}, status=201)["processId"]
    product.api.call("PUT", f"/flows/{process_id}/draft", line(call(process_id), user("after")))
    product.api.call("POST", f"/flows/{process_id}/publish", {}, status=201)
    instance = product.api.start(process_id)
    wait_for(lambda: count(product, "incidents", "code = 'CALLS_TOO_DEEP'"))
    assert count(product, "instances") == 16
    product.engine.cancel(ANYBODY, instance)
    expect_nothing_left(product)


# -- what this release cannot run


def _spoil(product: Product, process_id: str) -> Callable[[], None]:
    """Makes the flow's version one that cannot be run; what is given back mends it."""

    def write_definition(definition: str) -> None:
        with product.engine.store.transaction() as transaction:
            transaction.run(
                "UPDATE flow_versions SET definition = :text WHERE flow_id = :id",
                text=definition,
                id=process_id,
            )
        product.engine.graphs.forget()

    cast = "definition::text" if not product.database.is_sqlite else "CAST(definition AS TEXT)"
    (row,) = rows(product, f"SELECT {cast} AS text FROM flow_versions WHERE flow_id = :id", id=process_id)
    write_definition("{}")
    return lambda: write_definition(row["text"])


def test_a_caller_can_be_cancelled_though_what_it_called_cannot_be_run(product: Product) -> None:
    product.work()
    called = product.api.publish(line(user("ask")))
    instance = product.api.start(product.api.publish(line(call(called))))
    wait_for(lambda: count(product, "tasks", "state = 'OPEN'"))
    _spoil(product, called)
    product.engine.cancel(ANYBODY, instance)
    expect_nothing_left(product)


def test_a_caller_is_told_when_what_it_called_is_cancelled_though_it_cannot_be_run(product: Product) -> None:
    product.work()
    called = product.api.publish(line(user("ask")))
    instance = product.api.start(product.api.publish(line(call(called))))
    wait_for(lambda: count(product, "tasks", "state = 'OPEN'"))
    _spoil(product, called)
    product.engine.cancel(ANYBODY, called_by(product, instance))
    state = product.api.until(instance, "INCIDENT")
    assert state["incidents"][0]["code"] == "CALLED_INSTANCE_CANCELLED"


def test_what_comes_for_a_version_that_cannot_be_run_is_not_lost_until_it_can(
    stores: Stores,
) -> None:
    with Product(stores, pace=Pace(reclaim=timedelta(seconds=0.1)), **SOON).work() as product:
        called = product.api.publish(line(user("ask")))
        caller = product.api.publish(line(call(called), user("after")))
        instance = product.api.start(caller)
        wait_for(lambda: count(product, "tasks", "state = 'OPEN'"))
        inner = called_by(product, instance)
        mend = _spoil(product, caller)
        product.engine.complete_task(ANYBODY, inner, "ask", {"answer": 42})
        product.api.until(inner, "COMPLETED")
        product.database.clock_shift = 2 * ROLLING  # another worker had time enough
        product.api.until(instance, "INCIDENT")
        mend()
        waits(product, instance, "after")
        assert product.api.instance(instance)["variables"] == {"answer": 42}
        assert count(product, "instances") == 2
        assert not count(product, "incidents", "resolved_at IS NULL")


def test_a_lease_on_a_version_that_this_worker_cannot_run_is_left_to_others_for_a_while(
    product: Product,
) -> None:
    process_id = product.api.publish(line())
    instance = product.api.start(process_id)
    with product.engine.store.transaction() as transaction:
        lapsed = transaction.now() - timedelta(seconds=1)
        transaction.run("UPDATE tokens SET state = 'running', lease_at = :at", at=lapsed)
    _spoil(product, process_id)

    def take_back() -> list[str]:
        (lease,) = product.engine.upkeep.expired_leases(10)
        product.engine.take_back(lease)
        return [each["code"] for each in product.api.instance(instance)["incidents"]]

    assert take_back() == []
    product.database.clock_shift = ROLLING
    assert take_back() == ["VERSION_NOT_RUNNABLE"]


def test_messages_that_cannot_be_routed_do_not_hold_up_those_after_them(
    stores: Stores,
) -> None:
    # What follows from commits is left to a sweeper that takes one of each kind.
    with Product(stores, pace=Pace(batch=1), follow_ups=0, **SOON).work() as product:
        cannot, can = (product.api.publish(line(message("a", "m"), **MESSAGE)) for _ in range(2))
        for process_id, key in ((cannot, "1"), (can, "2")):
            waits(product, product.api.start(process_id, correlationKey=key), "a")
        _spoil(product, cannot)
        sender = product.api.publish(line(node("tells", "sendTask", messageRef="m"), **MESSAGE))
        for key in ("1", "1", "2"):
            product.api.until(product.api.start(sender, correlationKey=key), "COMPLETED")
        wait_for(lambda: count(product, "instances", "flow_id = :id AND status = 'COMPLETED'", id=can))
        assert count(product, "messages", "state = 'SENT'") == 2


def test_a_schedule_whose_version_cannot_be_run_stays_due_and_is_made_up_once(product: Product) -> None:
    definition = flow(
        event("due", "startEvent", "timer", cycle="R/PT1H"),
        user("ask"),
        end(),
        flows=["due->ask", "ask->end"],
    )
    process_id = product.api.publish(definition, environments=["PRODUCTION"])
    mend = _spoil(product, process_id)
    sweeper = product.sweeper(Pace(reclaim=timedelta()))
    for hours in (2, 4):
        product.database.clock_shift = timedelta(hours=hours)
        sweeper.sweep()
    assert not count(product, "instances")
    mend()
    sweeper.sweep()
    sweeper.sweep()
    assert count(product, "instances") == 1


def test_a_timer_of_the_instance_itself_whose_version_cannot_be_run_is_an_incident(product: Product) -> None:
    product.work()
    inside = sub_process(
        "on-time", event("due", "startEvent", "timer", duration="PT1H"), end("done"),
        flows=["due->done"], triggeredByEvent=True,
    )  # fmt: skip
    process_id = product.api.publish(
        flow(start(), user("ask"), end(), inside, flows=["start->ask", "ask->end"])
    )
    instance = product.api.start(process_id)
    waits(product, instance, "ask")
    _spoil(product, process_id)
    timer_of(product, instance)
    product.database.clock_shift = timedelta(hours=2)
    assert product.api.until(instance, "INCIDENT")["incidents"][0]["code"] == "VERSION_NOT_RUNNABLE"


# -- of several receivers one cannot be run


def test_a_signal_reaches_all_though_one_flow_that_it_starts_cannot_be_run(stores: Stores) -> None:
    started_by = flow(
        event("hears", "startEvent", "signal", signalRef="go"), end(), flows=["hears->end"], **SIGNAL
    )
    waiter = line(event("wait", "intermediateCatchEvent", "signal", signalRef="go"), **SIGNAL)
    with Product(stores, resend_seconds=0.05).work() as product:
        cannot, can = (product.api.publish(started_by, environments=["PRODUCTION"]) for _ in range(2))
        waiting = product.api.start(product.api.publish(waiter))
        waits(product, waiting, "wait")
        mend = _spoil(product, cannot)
        answer = product.api.call("POST", "/process/signal", {"name": "go", "data": {"n": 1}})
        assert len(answer["startedInstances"]) == 2
        product.api.until(waiting, "COMPLETED")
        wait_for(lambda: count(product, "instances", "flow_id = :id AND status = 'COMPLETED'", id=can))
        (begun,) = rows(product, "SELECT id FROM instances WHERE flow_id = :id", id=cannot)
        stopped = product.api.until(begun["id"], "INCIDENT")
        assert [each["code"] for each in stopped["incidents"]] == ["VERSION_NOT_RUNNABLE"]
        mend()
        product.api.call("POST", f"/process/instances/{begun['id']}/retry", {})
        assert product.api.until(begun["id"], "COMPLETED")["variables"] == {"n": 1}


def test_a_message_goes_to_the_oldest_that_can_be_run_and_waits_for_one_that_cannot(stores: Stores) -> None:
    with Product(
        stores, pace=Pace(deliver_every=0.1, set_aside=timedelta(seconds=0.1)), **SOON
    ).work() as product:
        cannot, can = (product.api.publish(line(message("a", "m"), user("ask"), **MESSAGE)) for _ in range(2))
        old, young = (product.api.start(process_id, correlationKey="k") for process_id in (cannot, can))
        for instance in (old, young):
            waits(product, instance, "a")
        mend = _spoil(product, cannot)
        assert product.api.message("m", "k", data={"n": 1})["processInstanceId"] == young
        waits(product, young, "ask")
        # Neither this sender nor the next one is refused, whatever the life of the message.
        for number in (2, 3):
            answer = product.api.message("m", "k", data={"n": number}, timeToLive="PT0S")
            assert answer["status"] == "buffered"
        mend()
        waits(product, old, "ask")
        assert product.api.instance(old)["variables"] == {"n": 2}


def test_a_version_that_cannot_be_run_is_compiled_once_however_many_wait_for_a_message(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    product.work()
    process_id = product.api.publish(line(message("a", "m"), **MESSAGE))
    for _ in range(3):
        waits(product, product.api.start(process_id, correlationKey="k"), "a")
    product.rest()
    _spoil(product, process_id)
    compiled: list[object] = []

    def compile_flow(definition: object, **context: Any) -> Any:
        compiled.append(definition)
        return compile_.compile_flow(definition, **context)

    monkeypatch.setattr(graphs, "compile_flow", compile_flow)
    assert product.api.message("m", "k")["status"] == "buffered"
    assert len(compiled) == 1


def test_a_message_begins_a_flow_that_cannot_be_run(product: Product) -> None:
    definition = flow(
        event("hears", "startEvent", "message", messageRef="m"), end(), flows=["hears->end"], **MESSAGE
    )
    process_id = product.api.publish(definition, environments=["PRODUCTION"])
    mend = _spoil(product, process_id)
    answer = product.api.message("m", "k", data={"n": 1})
    assert answer["status"] == "started"
    mend()
    product.work()
    assert product.api.until(answer["processInstanceId"], "COMPLETED")["variables"] == {"n": 1}
