"""What follows from a commit: lost, late, out of order, or for somebody who has gone on."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from harness.caller import wait_for
from models.errors import Unavailable
from tests.faults.meeting import (
    ANYBODY,
    LOCKED,
    MESSAGE,
    ROUNDS,
    SIGNAL,
    SOON,
    at_once,
    attached,
    call,
    count,
    expect_nothing_left,
    publish,
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
    parallel,
    python,
    script,
    start,
    user,
)
from tests.integration.tasks_for_tests import calls, gates
from tests.product import Product
from tests.stores import Stores
from workers.engine.engine import Engine
from workers.engine.requests import SignalRequest
from workers.engine.store import Store, Transaction, timers
from workers.semantics.changes import Changes
from workers.semantics.follow_up import FireTimer, RouteMessage
from workers.sweeper import Pace

# -- what follows from a commit


def test_what_follows_from_a_commit_and_was_lost_is_made_up_by_the_sweeper(
    stores: Stores,
) -> None:
    with Product(stores, pace=Pace(deliver_every=0.1), follow_ups=0, **SOON).work() as product:
        waiter = product.api.publish(
            flow(start(), parallel("both"), message("told", "m"), event("hears", "intermediateCatchEvent",
                 "signal", signalRef="go"), end(),
                 flows=["start->both", "both->told", "both->hears", "told->end", "hears->end"],
                 **SIGNAL, **MESSAGE)
        )  # fmt: skip
        called = product.api.publish(
            flow(start(), node("tells", "sendTask", messageRef="m"), event("calls", "intermediateThrowEvent",
                 "signal", signalRef="go"), end(),
                 flows=["start->tells", "tells->calls", "calls->end"], **SIGNAL, **MESSAGE)
        )  # fmt: skip
        caller = product.api.publish(line(call(called)))
        waiting = product.api.start(waiter, correlationKey="k")
        waits(product, waiting, "told", "hears")
        calling = product.api.start(caller, correlationKey="k")
        product.api.until(calling, "COMPLETED")
        product.api.until(waiting, "COMPLETED")
        publish(product, "m", "late")
        hearer = product.api.publish(line(message("told", "m"), **MESSAGE))
        late = product.api.start(hearer, correlationKey="late")
        product.api.until(late, "COMPLETED")
        expect_nothing_left(product)


def test_whatever_commits_fail_or_end_unknown_everything_happens_once(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A third of the transactions of the workers and sweepers are cut, before their commit or after it."""
    with Product(stores, pace=Pace(deliver_every=0.1, reclaim=timedelta(seconds=0.2)), **SOON) as product:
        called = product.api.publish(
            flow(start(), node("tells", "sendTask", messageRef="m"), event("calls", "intermediateThrowEvent",
                 "signal", signalRef="go"), end(),
                 flows=["start->tells", "tells->calls", "calls->end"], **SIGNAL, **MESSAGE)
        )  # fmt: skip
        product.api.publish(
            flow(event("hears", "startEvent", "signal", signalRef="go"), end("heard"), flows=["hears->heard"],
                 **SIGNAL),
            environments=["PRODUCTION"],
        )  # fmt: skip
        each = script("each", "= loopCounter", resultVariable="last", loop={"cardinality": "= 3"})
        work = python("work", "test-echo", input={"a": 1})
        process_id = product.api.publish(
            flow(start(), each, work, attached("never", "work", "timer", duration="PT1H"), parallel("fork"),
                 call(called), message("told", "m"), parallel("join"), end(),
                 flows=["start->each", "each->work", "work->fork", "fork->call", "fork->told", "call->join",
                        "told->join", "join->end", "never->end"], **MESSAGE)
        )  # fmt: skip
        instances = [product.api.start(process_id, correlationKey=f"k{number}") for number in range(4)]
        dice, transaction, move = random.Random(4), Store.transaction, Store.move

        def cut(odds: float) -> None:
            if dice.random() < odds:
                raise Unavailable("cut")

        @contextmanager
        def cut_transaction(self: Store) -> Iterator[Transaction]:
            with transaction(self) as opened:
                yield opened
                cut(0.15)
            cut(0.15)

        def cut_move(self: Store, changes: Changes) -> bool:
            moved = move(self, changes)
            cut(0.3)
            return moved

        monkeypatch.setattr(Store, "transaction", cut_transaction)
        monkeypatch.setattr(Store, "move", cut_move)
        product.work()
        wait_for(lambda: count(product, "instances", "status = 'COMPLETED'") == 3 * len(instances))
        monkeypatch.undo()
        for instance in instances:
            visited = ["call", "each", "each", "each", "each", "end", "fork", "join", "start", "told", "work"]
            assert sorted(product.api.visited(instance)) == visited
            assert len({context.idempotency_key for context in calls[instance]}) == 1
        expect_nothing_left(product)


def test_an_escalation_reaches_the_caller_before_the_end_of_what_was_called(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweeper, or another worker, may come to the end first."""
    with Product(stores, follow_ups=0, **SOON) as product:
        escalations = {"escalations": [{"id": "up", "escalationCode": "UP"}]}
        called = product.api.publish(
            line(event("escalate", "intermediateThrowEvent", "escalation", escalationRef="up"), **escalations)
        )
        caller = product.api.publish(
            flow(start(), call(called), attached("raised", "call", "escalation", interrupting=False,
                 escalationRef="up"), user("see"), end(),
                 flows=["start->call", "call->end", "raised->see", "see->end"], **escalations)
        )  # fmt: skip
        monkeypatch.setattr(Engine, "fire_timer", lambda *_: None)
        product.work()
        instance = product.api.start(caller)
        last = wait_for(
            lambda: rows(product, "SELECT id FROM timers WHERE instance_id = :id ORDER BY id", id=instance)[
                1:
            ]
        )
        monkeypatch.undo()
        product.engine.do(FireTimer(last[0]["id"]))
        waits(product, instance, "see")


def test_messages_are_delivered_in_the_order_in_which_they_were_thrown(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker may route the second first."""
    do = Engine.do
    monkeypatch.setattr(Engine, "do", lambda *_: None)  # the sweeper's way
    with Product(stores, follow_ups=0, **SOON).work() as product:
        sends = [node(f"s{n}", "sendTask", messageRef="m", data={"n": n}) for n in (1, 2)]
        product.api.until(product.api.start(product.api.publish(line(*sends, **MESSAGE))), "COMPLETED")
        first, second = rows(product, "SELECT id FROM messages WHERE state = 'SENT' ORDER BY id")
        instance = product.api.start(product.api.publish(line(message("a", "m"), user("ask"), **MESSAGE)))
        waits(product, instance, "a")
        do(product.engine, RouteMessage(second["id"]))
        waits(product, instance, "ask")
        assert product.api.instance(instance)["variables"] == {"n": 1}
        for message_id in (second["id"], first["id"]):
            do(product.engine, RouteMessage(message_id))
        assert not count(product, "messages", "state = 'SENT'")
        assert count(product, "messages", "state = 'KEPT'") == 1


def test_a_message_that_was_kept_goes_before_one_that_comes_now(
    stores: Stores,
) -> None:
    with Product(stores, pace=Pace(deliver_every=1000.0), follow_ups=0, **SOON).work() as product:
        product.api.message("m", "k", data={"n": 1})
        process_id = product.api.publish(line(message("a", "m"), user("ask"), **MESSAGE))
        instance = product.api.start(process_id, correlationKey="k")
        waits(product, instance, "a")
        assert product.api.message("m", "k", data={"n": 2})["status"] == "buffered"
        waits(product, instance, "ask")
        assert product.api.instance(instance)["variables"] == {"n": 1}


def test_a_call_does_some_of_what_follows_and_a_sweeper_the_rest(stores: Stores) -> None:
    """So a caller is not kept waiting for what it sets off in other instances."""
    with Product(stores, follow_ups=2, **SOON) as product:
        process_id = product.api.publish(
            line(event("hears", "intermediateCatchEvent", "signal", signalRef="go"), **SIGNAL)
        )
        product.work()
        for _ in range(5):
            waits(product, product.api.start(process_id), "hears")
        product.rest()
        answer = product.api.call("POST", "/process/signal", {"name": "go"})
        assert answer["reached"] == 5
        assert count(product, "timers") == 3
        sweeper = product.sweeper()
        while count(product, "timers"):
            sweeper.sweep()
        assert not count(product, "subscriptions")


# -- what is late for somebody who has gone on


def test_a_signal_that_is_on_its_way_does_not_reach_a_token_that_has_gone_on(
    on_postgresql: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = on_postgresql
    instance = product.api.start(
        product.api.publish(
            flow(start(), user("ask"), attached("stop", "ask", "signal", signalRef="go"), user("after"),
                 user("stopped"), end(), flows=["start->ask", "ask->after", "after->end", "stop->stopped",
                 "stopped->end"], **SIGNAL)
        )
    )  # fmt: skip
    waits(product, instance, "ask")
    arm = timers.arm_for_signal

    def slowly(*args: Any) -> list[str]:
        armed = arm(*args)
        product.engine.complete_task(ANYBODY, instance, "ask", {})
        return armed

    monkeypatch.setattr(timers, "arm_for_signal", slowly)
    product.engine.publish_signal(SignalRequest(product.organization_id, "PRODUCTION", "go", {}))
    waits(product, instance, "after")
    assert not count(product, "timers")


def test_a_repeating_boundary_timer_that_fires_while_its_call_returns_is_over_with_the_call(
    on_postgresql: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = on_postgresql
    instance = product.api.start(
        product.api.publish(
            flow(start(), python("work", "test-gate"), attached("tick", "work", "timer", interrupting=False,
                 cycle="R/PT1H"), user("ticked"), user("after"), end(),
                 flows=["start->work", "work->after", "after->end", "tick->ticked", "ticked->end"])
        )
    )  # fmt: skip
    wait_for(lambda: calls[instance])
    due = timer_of(product, instance)
    find, looks = timers.find, []

    def slowly(transaction: Transaction, id: str) -> timers.Timer | None:
        """The call returns once the instance is locked, which is before the second look."""
        looks.append(id)
        if len(looks) == 2:
            gates[instance].set()
            wait_for(lambda: count(product, "pg_stat_activity", LOCKED))
        return find(transaction, id)

    monkeypatch.setattr(timers, "find", slowly)
    product.engine.do(FireTimer(due))
    waits(product, instance, "after", "ticked")
    assert not count(product, "timers")


def test_a_key_that_is_another_each_time_it_is_worked_out_holds_up_no_worker(product: Product) -> None:
    product.work()
    messages = {"messages": [{"id": "m", "correlationKey": "= $string($millis())"}]}
    instance = product.api.start(product.api.publish(line(message("wait", "m"), **messages)))
    waits(product, instance, "wait")


def test_two_messages_that_start_the_same_flow_with_the_same_key_at_once_start_one_instance(
    on_postgresql: Product,
) -> None:
    product = on_postgresql
    product.api.publish(
        flow(event("a", "startEvent", "message", messageRef="m"), event("b", "startEvent", "message",
             messageRef="n"), user("ask"), end(), flows=["a->ask", "b->ask", "ask->end"],
             messages=[{"id": "m"}, {"id": "n"}]),
        environments=["PRODUCTION"],
    )  # fmt: skip
    for number in range(ROUNDS):
        at_once(*[partial(publish, product, name, f"k{number}") for name in ("m", "n")])
        assert count(product, "instances", "correlation_key = :key", key=f"k{number}") == 1
