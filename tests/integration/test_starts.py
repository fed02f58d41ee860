"""Flows that begin by a message, a signal or a time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.administration.organizations import set_time_zone
from harness.caller import Json, wait_for
from tests.flows import end, event, flow, node, start, user
from tests.product import Product
from workers.flow.values.zone import find_zone

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


def test_a_timer_starts_the_flow_in_production_only_where_no_environments_are_named(product: Product) -> None:
    definition = begun_by("timer", date="2020-01-01T00:00:00Z")
    process_id = product.api.call("POST", "/flows", {"name": "f", "definition": definition}, status=201)[
        "processId"
    ]
    published = product.api.call("POST", f"/flows/{process_id}/publish", {}, status=201)
    (warning,) = published["problems"]
    assert (warning["code"], warning["nodeId"]) == ("SCHEDULE_IN_PRODUCTION_ONLY", "begin")
    (item,) = started(product, process_id, 1)
    assert item["environment"] == "PRODUCTION"
    assert [row["environment"] for row in starts(product)] == ["PRODUCTION"]
    flow_view = product.api.call("GET", f"/flows/{process_id}")
    assert flow_view["activeVersions"] == {"DEVELOPMENT": "1", "PRODUCTION": "1"}


def test_a_timer_starts_the_flow_in_each_environment_that_is_named(product: Product) -> None:
    both = ["DEVELOPMENT", "PRODUCTION"]
    process_id = product.api.publish(begun_by("timer", cycle="R/PT1H"), environments=both)
    assert [row["environment"] for row in starts(product)] == both
    product.api.call("PUT", f"/flows/{process_id}/draft", begun_by("timer", cycle="R/PT4H"))
    product.api.call("POST", f"/flows/{process_id}/publish", {"environments": ["DEVELOPMENT"]}, status=201)
    assert [(row["environment"], row["cycle"]) for row in starts(product)] == [
        ("DEVELOPMENT", "R/PT4H"), ("PRODUCTION", "R/PT1H"),
    ]  # fmt: skip


def test_activating_a_version_arms_its_timers_where_they_were_not(product: Product) -> None:
    process_id = product.api.publish(begun_by("timer", cycle="R/PT1H"))
    production = starts(product)
    product.api.call("PUT", f"/flows/{process_id}/environments/DEVELOPMENT", {"versionNumber": "1"})
    development, *others = starts(product)
    assert (development["environment"], others) == ("DEVELOPMENT", production)
    product.api.call("PUT", f"/flows/{process_id}/environments/DEVELOPMENT", {"versionNumber": "1"})
    assert starts(product) == [development, *production]


def test_what_starts_by_messages_and_signals_waits_in_both_environments_as_before(product: Product) -> None:
    product.api.publish(begun_by("signal", signalRef="opened"))
    assert [row["environment"] for row in starts(product)] == ["DEVELOPMENT", "PRODUCTION"]


@pytest.mark.parametrize(
    "definition",
    [
        begun_by("timer", cycle="R3/2022-04-27T17:20:00Z/PT10M"),
        flow(
            start(), user("ask"), end(), end("late"),
            event("b", "boundaryEvent", "timer", cycle="R1/2022-04-27T17:20:00Z/P1D", attachedToRef="ask",
                  cancelActivity=False),
            flows=["start->ask", "ask->end", "b->late"],
        ),
    ],
)  # fmt: skip
def test_a_cycle_that_is_over_is_refused_when_it_is_published(product: Product, definition: Json) -> None:
    body = {"name": "f", "definition": definition}
    process_id = product.api.call("POST", "/flows", body, status=201)["processId"]
    refused = product.api.call("POST", f"/flows/{process_id}/publish", {}, status=422)
    assert [each["code"] for each in refused["problems"]] == ["SCHEDULE_OVER"]
    saved = product.api.call("PUT", f"/flows/{process_id}/draft", definition)
    assert saved["problems"] == refused["problems"]


def test_a_draft_is_told_of_in_the_zone_in_which_it_would_be_published(product: Product) -> None:
    set_time_zone(product.database, organization_id=product.organization_id, time_zone="Pacific/Kiritimati")
    soon = datetime.now(UTC) + timedelta(hours=1)  # in UTC; hours ago on that island
    definition = begun_by("timer", cycle=f"R1/{soon:%Y-%m-%dT%H:%M:%S}/PT1H")
    process_id = product.api.call("POST", "/flows", {"name": "f"}, status=201)["processId"]
    saved = product.api.call("PUT", f"/flows/{process_id}/draft", definition)
    assert [each["code"] for each in saved["problems"]] == ["SCHEDULE_OVER"]
    refused = product.api.call("POST", f"/flows/{process_id}/publish", {}, status=422)
    assert refused["problems"] == saved["problems"]


def test_times_are_in_the_zone_that_the_organization_had_when_the_flow_was_published(
    product: Product,
) -> None:
    set_time_zone(product.database, organization_id=product.organization_id, time_zone="Asia/Tokyo")
    definition = begun_by("timer", cycle="30 9 * * *")
    process_id = product.api.publish(definition, environments=PRODUCTION)
    assert product.api.call("GET", f"/flows/{process_id}/versions/1")["timeZone"] == "Asia/Tokyo"
    set_time_zone(product.database, organization_id=product.organization_id, time_zone="Europe/Berlin")
    product.api.call("PUT", f"/flows/{process_id}/environments/DEVELOPMENT", {"versionNumber": "1"})
    assert [row["cycle"] for row in starts(product)] == ["TZ=Asia/Tokyo 30 9 * * *"] * 2
    assert {f"{row['due_at']:%H:%M}" for row in starts(product)} == {"00:30"}


def test_a_start_goes_on_in_its_zone_and_on_its_grid(product: Product) -> None:
    definition = begun_by("timer", cycle="R/P1M", timeZone="Asia/Tokyo")
    product.api.publish(definition, environments=PRODUCTION)
    (before,) = starts(product)
    product.database.clock_shift += timedelta(days=40)
    started(product, before["flow_id"], 1)
    after = wait_for(lambda: starts(product)[0] if starts(product)[0]["due_at"] != before["due_at"] else None)
    assert (after["anchor_at"], after["cycle"]) == (before["anchor_at"], "TZ=Asia/Tokyo R/P1M")
    tokyo = find_zone("Asia/Tokyo")
    begun, due = (after[name].astimezone(tokyo) for name in ("anchor_at", "due_at"))
    months = due.year * 12 + due.month - begun.year * 12 - begun.month
    assert (months, due.time()) == (2, begun.time())


def test_a_start_that_an_earlier_release_armed_goes_on_from_its_present_time(product: Product) -> None:
    product.api.publish(begun_by("timer", cycle="R/P1M"), environments=PRODUCTION)
    product.rest()
    with product.engine.store.statements() as writing:
        writing.run("UPDATE flow_starts SET anchor_at = NULL")
    (before,) = starts(product)
    product.database.clock_shift += timedelta(days=32)
    product.engine.fire_start(before["id"])
    (after,) = starts(product)
    assert after["anchor_at"] == before["due_at"]
    assert after["due_at"] > before["due_at"]


def starts(product: Product) -> list[Json]:
    with product.engine.store.autocommit() as reading:
        return reading.rows("SELECT * FROM flow_starts ORDER BY environment, version_number")
