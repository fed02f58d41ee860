"""Flows that begin by a message, a signal or a time."""

from datetime import timedelta
from typing import Any

import pytest

from tests.flows import end, event, flow, node, start, user
from tests.product import Json, Product, wait_for

MESSAGES: Json = {"messages": [{"id": "ordered", "dataSchema": {"type": "object", "required": ["amount"]}}]}
PRODUCTION = ["PRODUCTION"]
SIGNALS: Json = {"signals": [{"id": "opened"}]}
ROOTS: dict[str, Json] = {"message": MESSAGES, "signal": SIGNALS}


def begun_by(kind: str, **properties: Any) -> Json:
    """A flow that begins by an event, and waits then."""
    root = ROOTS.get(kind, {})
    return flow(
        event("begin", "startEvent", kind, **properties), user("ask"), end(),
        flows=["begin->ask", "ask->end"], **root,
    )  # fmt: skip


def instances_of(product: Product, process_id: str) -> list[Json]:
    items: list[Json] = product.api.call("GET", f"/process/instances?processId={process_id}")["items"]
    return items


def started(product: Product, process_id: str, count: int) -> list[Json]:
    def look() -> list[Json] | None:
        items = instances_of(product, process_id)
        return items if len(items) >= count else None

    found: list[Json] = wait_for(look, lambda: f"{count} instances, but {instances_of(product, process_id)}")
    return found


def test_a_message_that_nobody_waits_for_starts_the_flow_with_its_data_and_key(product: Product) -> None:
    process_id = product.api.publish(begun_by("message", messageRef="ordered"))
    answer = product.api.message("ordered", "order-1", data={"amount": 3})
    assert answer["status"] == "started"
    state = product.api.until(answer["processInstanceId"], "WAITING", "ask")
    assert (state["correlationKey"], state["variables"], state["processId"]) == (
        "order-1",
        {"amount": 3},
        process_id,
    )


def test_while_an_instance_with_the_key_runs_the_message_is_kept_and_starts_the_next_one_after_it(
    product: Product,
) -> None:
    process_id = product.api.publish(begun_by("message", messageRef="ordered"))
    first = product.api.message("ordered", "order-1", data={"amount": 1})["processInstanceId"]
    assert product.api.message("ordered", "order-1", data={"amount": 2})["status"] == "buffered"
    assert product.api.message("ordered", "order-2", data={"amount": 9})["status"] == "started"
    product.api.until(first, "WAITING", "ask")
    product.api.complete(first, "ask")
    newest = started(product, process_id, 3)[0]["processInstanceId"]
    assert product.api.until(newest, "WAITING", "ask")["variables"] == {"amount": 2}


def test_a_message_that_breaks_the_schema_of_the_start_event_is_refused(product: Product) -> None:
    product.api.publish(begun_by("message", messageRef="ordered"))
    body = {"name": "ordered", "correlationKey": "order-1", "data": {}}
    refused = product.api.call("POST", "/process/message", body, status=422)
    assert [error["field"] for error in refused["errors"]] == ["data.amount"]


def test_a_flow_that_begins_by_events_alone_cannot_be_started_plainly(product: Product) -> None:
    process_id = product.api.publish(begun_by("message", messageRef="ordered"))
    refused = product.api.call("POST", "/process/exec", {"processId": process_id}, status=409)
    assert refused["code"] == "NO_PLAIN_START"


def test_a_flow_with_a_plain_start_too_begins_at_the_start_that_is_meant(product: Product) -> None:
    definition = flow(
        start(), event("begin", "startEvent", "signal", signalRef="opened"), node("a", "task"),
        node("b", "task"), end(),
        flows=["start->a", "begin->b", "a->end", "b->end"], **SIGNALS,
    )  # fmt: skip
    process_id = product.api.publish(definition)
    plain = product.api.start(process_id)
    product.api.until(plain, "COMPLETED")
    assert product.api.visited(plain) == ["start", "a", "end"]
    (by_signal,) = product.api.call("POST", "/process/signal", {"name": "opened"})["startedInstances"]
    product.api.until(by_signal, "COMPLETED")
    assert product.api.visited(by_signal) == ["begin", "b", "end"]


def test_a_signal_starts_every_flow_that_waits_for_it_in_its_environment(product: Product) -> None:
    one, other = (product.api.publish(begun_by("signal", signalRef="opened")) for _ in range(2))
    product.api.publish(begun_by("signal", signalRef="opened"), environments=["DEVELOPMENT"])
    answer = product.api.call("POST", "/process/signal", {"name": "opened", "data": {"at": "noon"}})
    assert len(answer["startedInstances"]) == 2
    states = [product.api.until(each, "WAITING", "ask") for each in answer["startedInstances"]]
    assert {state["processId"] for state in states} == {one, other}
    assert [state["variables"] for state in states] == [{"at": "noon"}] * 2


def test_a_date_that_is_past_starts_the_flow_once_when_it_is_published(product: Product) -> None:
    process_id = product.api.publish(begun_by("timer", date="2020-01-01T00:00:00Z"), environments=PRODUCTION)
    (item,) = started(product, process_id, 1)
    product.api.until(item["processInstanceId"], "WAITING", "ask")
    rows = starts(product)
    assert [(row["due_at"], row["remaining"]) for row in rows] == [(None, None)]


def test_a_cycle_starts_an_instance_each_time_as_often_as_it_says(product: Product) -> None:
    process_id = product.api.publish(begun_by("timer", cycle="R3/PT1H"), environments=PRODUCTION)
    for count in (1, 2, 3):
        product.database.clock_shift += timedelta(minutes=61)
        started(product, process_id, count)
    product.database.clock_shift += timedelta(hours=5)
    wait_for(lambda: starts(product)[0]["due_at"] is None)
    assert len(instances_of(product, process_id)) == 3


def test_what_was_missed_while_everything_was_down_is_made_up_once(product: Product) -> None:
    process_id = product.api.publish(begun_by("timer", cycle="R/PT1H"), environments=PRODUCTION)
    product.database.clock_shift += timedelta(hours=10, minutes=30)
    started(product, process_id, 1)
    due_at = wait_for(lambda: starts(product)[0]["due_at"])
    with product.engine.store.autocommit() as reading:
        now = reading.now()
    assert now < due_at <= now + timedelta(hours=1)
    assert len(instances_of(product, process_id)) == 1


def test_the_schedule_of_a_version_ends_when_another_becomes_active(product: Product) -> None:
    process_id = product.api.publish(begun_by("timer", cycle="R/PT1H"), environments=PRODUCTION)
    product.api.call("PUT", f"/flows/{process_id}/draft", begun_by("timer", cycle="R/PT4H"))
    product.api.call("POST", f"/flows/{process_id}/publish", {"environments": PRODUCTION}, status=201)
    assert [(row["version_number"], row["cycle"]) for row in starts(product)] == [(2, "R/PT4H")]
    product.api.call("PUT", f"/flows/{process_id}/environments/PRODUCTION", {"versionNumber": "1"})
    assert [(row["version_number"], row["cycle"]) for row in starts(product)] == [(1, "R/PT1H")]
    product.database.clock_shift += timedelta(minutes=61)
    (item,) = started(product, process_id, 1)
    assert item["versionNumber"] == "1"


def test_activating_the_active_version_again_leaves_its_schedule_as_it_is(product: Product) -> None:
    process_id = product.api.publish(begun_by("timer", cycle="R5/PT1H"), environments=PRODUCTION)
    before = starts(product)
    product.database.clock_shift += timedelta(minutes=5)
    product.api.call("PUT", f"/flows/{process_id}/environments/PRODUCTION", {"versionNumber": "1"})
    assert starts(product) == before


@pytest.mark.parametrize("kind", ["message", "signal"])
def test_a_version_that_is_not_active_any_more_waits_for_nothing(product: Product, kind: str) -> None:
    properties = {"message": {"messageRef": "ordered"}, "signal": {"signalRef": "opened"}}[kind]
    process_id = product.api.publish(begun_by(kind, **properties))
    product.api.call("PUT", f"/flows/{process_id}/draft", flow(start(), end(), flows=["start->end"]))
    product.api.call("POST", f"/flows/{process_id}/publish", {}, status=201)
    assert starts(product) == []
    if kind == "message":
        assert product.api.message("ordered", "k", data={"amount": 1})["status"] == "buffered"
    else:
        assert product.api.call("POST", "/process/signal", {"name": "opened"})["startedInstances"] == []


def test_a_flow_that_is_taken_out_of_an_environment_starts_there_no_more(product: Product) -> None:
    process_id = product.api.publish(begun_by("timer", cycle="R/PT1H"), environments=PRODUCTION)
    product.api.call("DELETE", f"/flows/{process_id}/environments/PRODUCTION", status=204)
    assert starts(product) == []
    refused = product.api.call("POST", "/process/exec", {"processId": process_id}, status=409)
    assert refused["code"] == "NO_ACTIVE_VERSION"


def starts(product: Product) -> list[Json]:
    with product.engine.store.autocommit() as reading:
        return reading.rows("SELECT * FROM flow_starts ORDER BY environment, version_number")
