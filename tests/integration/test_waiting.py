"""Waiting for people, messages and times."""

import threading
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from harness.caller import wait_for
from tests.flows import boundary, end, flow, line, message, node, parallel, start, timer, user
from tests.product import Product
from workers.engine.requests import Access
from workers.engine.store import tasks

FORM = {
    "type": "object",
    "required": ["decision"],
    "properties": {"decision": {"enum": ["approved", "rejected"]}, "notes": {"type": "string"}},
}


def test_a_user_task_waits_with_its_name_expanded_and_its_answer_goes_into_the_flow(product: Product) -> None:
    definition = line(user("ask", name="Approve {amount} EUR", candidateGroups=["leads"], form=FORM))
    instance = product.api.start(product.api.publish(definition), {"amount": 149.99})
    state = product.api.until(instance, "WAITING", "ask")
    (task,) = state["tasks"]
    assert task["nodeId"] == "ask"
    assert task["name"] == "Approve 149.99 EUR"
    assert task["form"] == FORM
    answer = product.api.complete(instance, "ask", {"decision": "approved"})
    assert answer == {"processInstanceId": instance, "status": "resumed"}
    assert product.api.until(instance, "COMPLETED")["variables"]["decision"] == "approved"


def test_an_answer_that_breaks_the_form_is_refused_by_field_and_the_task_stays_open(product: Product) -> None:
    instance = product.api.start(product.api.publish(line(user("ask", form=FORM))))
    product.api.until(instance, "WAITING", "ask")
    refused = product.api.complete(instance, "ask", {"decision": "perhaps", "notes": 3}, status=422)
    assert {error["field"] for error in refused["errors"]} == {"data.decision", "data.notes"}
    product.api.complete(instance, "ask", {"decision": "rejected"})
    product.api.until(instance, "COMPLETED")


def test_of_fifty_callers_that_complete_one_task_one_succeeds_and_the_others_get_409(
    product: Product,
) -> None:
    instance = product.api.start(product.api.publish(line(user("ask"))))
    product.api.until(instance, "WAITING", "ask")
    body = {"processInstanceId": instance, "nodeId": "ask", "action": "COMPLETE", "data": {}}
    answers: Counter[tuple[int, str]] = Counter()
    ready = threading.Barrier(50)

    def call() -> None:
        ready.wait()
        response = product.api.http.post("/process/task", json=body)
        answers[response.status_code, response.json().get("code", response.json()["status"])] += 1

    callers = [threading.Thread(target=call) for _ in range(50)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert answers == {(200, "resumed"): 1, (409, "TASK_NOT_WAITING"): 49}
    product.api.until(instance, "COMPLETED")
    assert product.api.visited(instance) == ["start", "ask", "end"]


def test_cancelling_a_task_takes_its_error_boundary_if_there_is_one(product: Product) -> None:
    definition = flow(
        start(), user("ask"), boundary("cancelled", "ask"), end("done"), end("aborted"),
        flows=["start->ask", "ask->done", "cancelled->aborted"],
    )  # fmt: skip
    instance = product.api.start(product.api.publish(definition))
    product.api.until(instance, "WAITING", "ask")
    assert product.api.cancel_task(instance, "ask")["status"] == "resumed"
    product.api.until(instance, "COMPLETED")
    assert product.api.visited(instance) == ["start", "ask", "cancelled", "aborted"]


def test_cancelling_a_task_that_nothing_catches_cancels_the_instance(product: Product) -> None:
    definition = flow(
        start(), parallel("fork"), user("ask"), user("other"), end(),
        flows=["start->fork", "fork->ask", "fork->other", "ask->end", "other->end"],
    )  # fmt: skip
    instance = product.api.start(product.api.publish(definition))
    wait_for(lambda: len(product.api.instance(instance)["tasks"]) == 2)
    assert product.api.cancel_task(instance, "ask")["status"] == "cancelled"
    state = product.api.until(instance, "CANCELLED")
    assert state["tasks"] == []
    assert state["endTime"] is not None
    product.api.complete(instance, "other", status=409)


def test_where_a_node_waits_more_than_once_the_task_id_names_the_one_that_is_meant(product: Product) -> None:
    definition = flow(
        start(), parallel("fork"), user("ask"), end(),
        flows=["start->fork", {"id": "f1", "sourceRef": "fork", "targetRef": "ask"},
               {"id": "f2", "sourceRef": "fork", "targetRef": "ask"}, "ask->end"],
    )  # fmt: skip
    instance = product.api.start(product.api.publish(definition))
    wait_for(lambda: len(product.api.instance(instance)["tasks"]) == 2)
    refused = product.api.complete(instance, "ask", status=409)
    open_ids = {task["taskId"] for task in product.api.instance(instance)["tasks"]}
    assert set(refused["taskIds"]) == open_ids
    for task_id in open_ids:
        body = {"processInstanceId": instance, "nodeId": "ask", "action": "COMPLETE", "taskId": task_id}
        product.api.call("POST", "/process/task", body)
    product.api.until(instance, "COMPLETED")


def test_a_task_that_is_named_by_its_id_is_read_alone(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So completing each task of a large loop takes the same time, however many there are."""
    loop = {"collection": "{votes}", "elementVariable": "vote"}
    instance = product.api.start(product.api.publish(line(user("ask", loop=loop))), {"votes": [1, 2, 3]})
    wait_for(lambda: len(product.api.instance(instance)["tasks"]) == 3)
    monkeypatch.setattr(tasks, "open_at", lambda *_: pytest.fail("the other tasks were read"))
    for task in product.api.instance(instance)["tasks"]:
        product.engine.complete_task(Access(None), instance, "ask", {}, task_id=task["taskId"])
    product.api.until(instance, "COMPLETED")


def test_a_message_reaches_the_instance_with_its_key_exactly_once(product: Product) -> None:
    definition = line(message("wait", "paid"), messages=[{"id": "paid"}])
    process_id, key = product.api.publish(definition), uuid.uuid4().hex
    instance = product.api.start(process_id, correlationKey=key)
    other = product.api.start(process_id, correlationKey=key + "x")
    for waiting in (instance, other):
        product.api.until(waiting, "WAITING", "wait")
    answer = product.api.message("paid", key, data={"sum": 10}, messageId="m-" + key)
    assert answer["status"] == "correlated"
    assert answer["processInstanceId"] == instance
    assert product.api.message("paid", key, data={"sum": 99}, messageId="m-" + key)["status"] == "duplicate"
    assert product.api.until(instance, "COMPLETED")["variables"] == {"sum": 10}
    assert product.api.instance(other)["status"] == "WAITING"


def test_messages_that_nobody_waits_for_are_kept_and_delivered_first_in_first_out(product: Product) -> None:
    definition = line(message("first", "m", output={"a": "= n"}), message("second", "m", output={"b": "= n"}),
                      messages=[{"id": "m"}])  # fmt: skip
    key = uuid.uuid4().hex
    for number in (1, 2):
        assert product.api.message("m", key, data={"n": number})["status"] == "buffered"
    assert product.api.message("m", key + "0", timeToLive="PT0S")["status"] == "discarded"
    instance = product.api.start(product.api.publish(definition), correlationKey=key)
    assert product.api.until(instance, "COMPLETED")["variables"] == {"a": 1, "b": 2}


def test_a_kept_message_whose_time_is_over_is_not_delivered(product: Product) -> None:
    key = uuid.uuid4().hex
    product.api.message("m", key, timeToLive="PT10S")
    product.database.clock_shift = timedelta(seconds=11)
    instance = product.api.start(product.api.publish(line(message("wait", "m"), messages=[{"id": "m"}])),
                                 correlationKey=key)  # fmt: skip
    product.api.until(instance, "WAITING", "wait")
    assert product.api.message("m", key)["status"] == "correlated"


def test_the_correlation_key_of_a_message_is_worked_out_when_its_event_is_reached(product: Product) -> None:
    messages = [{"id": "m", "name": "order-shipped", "correlationKey": "order-{order.id}"}]
    instance = product.api.start(
        product.api.publish(line(message("wait", "m"), messages=messages)), {"order": {"id": 7}}
    )
    state = product.api.until(instance, "WAITING", "wait")
    assert [(s["name"], s["correlationKey"]) for s in state["subscriptions"]] == [
        ("order-shipped", "order-7")
    ]
    assert product.api.message("order-shipped", "order-7")["processInstanceId"] == instance
    product.api.until(instance, "COMPLETED")


def test_a_timer_fires_when_its_time_has_come_and_not_before(product: Product) -> None:
    instance = product.api.start(
        product.api.publish(line(timer("wait", duration="{delay}"))), {"delay": "PT1H"}
    )
    state = product.api.until(instance, "WAITING", "wait")
    due = datetime.fromisoformat(state["timers"][0]["dueAt"])
    assert timedelta(minutes=59) < due - datetime.now(UTC) <= timedelta(hours=1)
    product.database.clock_shift = timedelta(minutes=59)
    assert product.api.instance(instance)["status"] == "WAITING"
    product.database.clock_shift = timedelta(minutes=61)
    product.api.until(instance, "COMPLETED")
    assert product.api.visited(instance) == ["start", "wait", "end"]


@pytest.mark.parametrize("event", [{"duration": "PT0S"}, {"date": "2020-01-01T00:00:00Z"}])
def test_a_timer_of_zero_or_in_the_past_fires_at_once(product: Product, event: dict[str, str]) -> None:
    instance = product.api.start(product.api.publish(line(timer("wait", **event))))
    product.api.until(instance, "COMPLETED")


def test_an_input_node_is_resumed_like_a_user_task(product: Product) -> None:
    instance = product.api.start(product.api.publish(line(node("give", "inputTask"))))
    product.api.until(instance, "WAITING", "give")
    product.api.complete(instance, "give", {"iban": "DE00"})
    assert product.api.until(instance, "COMPLETED")["variables"] == {"iban": "DE00"}


def test_an_answer_whose_output_fails_is_not_lost_but_goes_on_after_a_retry(product: Product) -> None:
    definition = line(user("ask", output={"total": "= price * amount"}))
    instance = product.api.start(product.api.publish(definition), {"price": "ten"})
    product.api.until(instance, "WAITING", "ask")
    product.api.complete(instance, "ask", {"amount": 3})
    assert product.api.until(instance, "INCIDENT")["incidents"][0]["nodeId"] == "ask"
    product.api.call("PATCH", f"/process/instances/{instance}/variables", {"variables": {"price": 10}})
    product.api.call("POST", f"/process/instances/{instance}/retry")
    assert product.api.until(instance, "COMPLETED")["variables"]["total"] == 30


def test_after_cancel_no_node_starts_and_nothing_waits(product: Product) -> None:
    definition = line(message("wait", "m"), messages=[{"id": "m"}])
    key = uuid.uuid4().hex
    instance = product.api.start(product.api.publish(definition), correlationKey=key)
    product.api.until(instance, "WAITING", "wait")
    product.api.call("POST", f"/process/instances/{instance}/cancel")
    state = product.api.instance(instance)
    assert (state["status"], state["subscriptions"], state["tokens"]) == ("CANCELLED", [], [])
    assert product.api.message("m", key)["status"] == "buffered"
    product.api.call("POST", f"/process/instances/{instance}/cancel", status=409)


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("= order.id", "CORRELATION_KEY_MISSING"),
        ("{empty}", "CORRELATION_KEY_MISSING"),
        ("{long}", "CORRELATION_KEY_TOO_LONG"),
    ],
)
def test_a_correlation_key_that_no_message_could_meet_is_an_incident(
    product: Product, key: str, code: str
) -> None:
    definition = line(message("wait", "m"), messages=[{"id": "m", "correlationKey": key}])
    data = {"order": {}, "empty": "", "long": "x" * 256}
    instance = product.api.start(product.api.publish(definition), data, correlationKey="own")
    assert product.api.until(instance, "INCIDENT")["incidents"][0]["code"] == code


def test_a_discarded_message_may_be_published_again_under_its_id(product: Product) -> None:
    body = {"timeToLive": "PT0S", "messageId": "knock"}
    assert product.api.message("m", "k", **body)["status"] == "discarded"
    instance = product.api.start(
        product.api.publish(line(message("wait", "m"), messages=[{"id": "m"}])), correlationKey="k"
    )
    product.api.until(instance, "WAITING", "wait")
    assert product.api.message("m", "k", **body)["status"] == "correlated"
