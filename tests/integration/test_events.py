"""Events between instances, and events that interrupt what runs."""

from datetime import timedelta
from typing import Any

import pytest

from harness.caller import Json, wait_for
from tests.flows import end, event, flow, line, node, python, script, start, sub_process, user
from tests.integration.tasks_for_tests import calls, gates
from tests.product import Product
from workers.engine.store import load
from workers.semantics.situation import InstanceFacts, Situation

MESSAGES: Json = {"messages": [{"id": "paid", "correlationKey": "{order}"}]}
SIGNALS: Json = {"signals": [{"id": "closed"}]}


def throw_message(id: str, **event_properties: Any) -> Json:
    return event(id, "intermediateThrowEvent", "message", messageRef="paid", **event_properties)


def waits_for_payment() -> Json:
    return line(event("wait", "intermediateCatchEvent", "message", messageRef="paid"), **MESSAGES)


def test_a_thrown_message_reaches_the_one_instance_that_waits_for_its_key(product: Product) -> None:
    waiting = product.api.publish(waits_for_payment())
    one, other = (product.api.start(waiting, {"order": order}) for order in ("o-1", "o-2"))
    for instance in (one, other):
        product.api.until(instance, "WAITING", "wait")
    thrower = product.api.publish(
        line(throw_message("tell", correlationKey="{order}", data={"amount": "{amount}"}), **MESSAGES)
    )
    product.api.until(product.api.start(thrower, {"order": "o-2", "amount": 7}), "COMPLETED")
    assert product.api.until(other, "COMPLETED")["variables"] == {"order": "o-2", "amount": 7}
    assert product.api.instance(one)["status"] == "WAITING"


def test_a_thrown_message_that_nobody_waits_for_is_kept_for_its_life(product: Product) -> None:
    thrower = product.api.publish(line(throw_message("tell", timeToLive="PT10M"), **MESSAGES))
    for key in ("kept", "late"):
        product.api.until(product.api.start(thrower, correlationKey=key), "COMPLETED")
    waiting = product.api.publish(waits_for_payment())
    product.api.until(product.api.start(waiting, {"order": "kept"}), "COMPLETED")
    product.database.clock_shift = timedelta(minutes=11)
    product.api.until(product.api.start(waiting, {"order": "late"}), "WAITING", "wait")


def test_a_thrown_message_can_start_another_flow(product: Product) -> None:
    started = product.api.publish(
        flow(event("begin", "startEvent", "message", messageRef="paid"), user("ask"), flows=["begin->ask"],
             messages=[{"id": "paid"}])
    )  # fmt: skip
    thrower = product.api.publish(line(throw_message("tell", data={"amount": 3}), **MESSAGES))
    product.api.until(product.api.start(thrower, correlationKey="o-1"), "COMPLETED")

    def look() -> list[Json]:
        items: list[Json] = product.api.call("GET", f"/process/instances?processId={started}")["items"]
        return items

    (item,) = wait_for(look)
    state = product.api.until(item["processInstanceId"], "WAITING", "ask")
    assert (state["correlationKey"], state["variables"]) == ("o-1", {"amount": 3})


def test_a_signal_reaches_everybody_who_waits_and_is_not_kept(product: Product) -> None:
    waiting = product.api.publish(
        flow(
            start(), user("work"),
            event("heard", "boundaryEvent", "signal", signalRef="closed", attachedToRef="work",
                  cancelActivity=False),
            user("tidy"), end(), flows=["start->work", "work->end", "heard->tidy", "tidy->end"], **SIGNALS,
        )
    )  # fmt: skip
    early = [product.api.start(waiting) for _ in range(3)]
    for instance in early:
        product.api.until(instance, "WAITING", "work")
    thrower = product.api.publish(
        line(event("tell", "intermediateThrowEvent", "signal", signalRef="closed", input={"by": "{who}"}),
             **SIGNALS)
    )  # fmt: skip
    product.api.until(product.api.start(thrower, {"who": "ann"}), "COMPLETED")
    for instance in early:
        state = product.api.until(instance, "WAITING", "tidy")
        assert {token["nodeId"] for token in state["tokens"]} == {"work", "tidy"}
        assert state["variables"]["by"] == "ann"
    late = product.api.start(waiting)
    product.api.until(late, "WAITING", "work")
    assert product.api.call("POST", "/process/signal", {"name": "closed"})["reached"] == 4
    product.api.until(late, "WAITING", "tidy")


def test_a_condition_is_looked_at_when_an_operator_changes_a_variable(product: Product) -> None:
    definition = line(event("enough", "intermediateCatchEvent", "conditional", condition="= stock >= 10"))
    instance = product.api.start(product.api.publish(definition), {"stock": 3})
    product.api.until(instance, "WAITING", "enough")
    path = f"/process/instances/{instance}/variables"
    product.api.call("PATCH", path, {"variables": {"stock": 9}})
    assert product.api.instance(instance)["status"] == "WAITING"
    product.api.call("PATCH", path, {"variables": {"stock": 10}})
    product.api.until(instance, "COMPLETED")


def test_a_boundary_timer_interrupts_a_call_in_flight_and_what_it_returns_is_dropped(
    product: Product,
) -> None:
    definition = flow(
        start(), python("call", "test-gate", output={"late": "= result.opened"}),
        event("too-long", "boundaryEvent", "timer", duration="PT1M", attachedToRef="call"),
        user("ask"), end(), flows=["start->call", "call->end", "too-long->ask", "ask->end"],
    )  # fmt: skip
    instance = product.api.start(product.api.publish(definition))
    wait_for(lambda: calls[instance])
    product.database.clock_shift = timedelta(seconds=61)
    product.api.until(instance, "WAITING", "ask")
    gates[instance].set()
    product.api.complete(instance, "ask")
    assert product.api.until(instance, "COMPLETED")["variables"] == {}
    outcomes = [(step["nodeId"], step["outcome"]) for step in product.api.history(instance)]
    assert outcomes == [
        ("start", "completed"), ("call", "interrupted"), ("too-long", "completed"), ("ask", "completed"),
        ("end", "completed"),
    ]  # fmt: skip


def test_each_task_of_a_multi_instance_is_answered_by_its_id_and_outputs_keep_their_order(
    product: Product,
) -> None:
    loop = {
        "collection": "{people}",
        "elementVariable": "person",
        "outputCollection": "votes",
        "outputElement": "= person & ': ' & vote",
    }
    definition = line(user("vote", name="Vote of {person}", loop=loop, input={"vote": None}))
    instance = product.api.start(product.api.publish(definition), {"people": ["ann", "bob", "eve"]})

    def look() -> list[Json] | None:
        tasks: list[Json] = product.api.instance(instance)["tasks"]
        return tasks if len(tasks) == 3 else None

    tasks = {task["name"]: task["taskId"] for task in wait_for(look)}
    refused = product.api.complete(instance, "vote", {"vote": "yes"}, status=409)
    assert (refused["code"], set(refused["taskIds"])) == ("TASK_AMBIGUOUS", set(tasks.values()))
    for name, vote in (("Vote of eve", "no"), ("Vote of ann", "yes"), ("Vote of bob", "yes")):
        body = {
            "processInstanceId": instance,
            "nodeId": "vote",
            "action": "COMPLETE",
            "taskId": tasks[name],
            "data": {"vote": vote},
        }
        product.api.call("POST", "/process/task", body)
    state = product.api.until(instance, "COMPLETED")
    assert state["variables"] == {
        "people": ["ann", "bob", "eve"],
        "votes": ["ann: yes", "bob: yes", "eve: no"],
    }


@pytest.mark.parametrize("kind", ["external", "script", "python", "sub-process", "call"])
def test_what_happens_in_one_of_many_bodies_of_a_loop_does_not_load_the_others(
    product: Product, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    twice = script("twice", "= {'r': n * 2}")
    shape: Json = {
        "loop": {
            "collection": "= [1..40]",
            "elementVariable": "n",
            "outputCollection": "results",
            "outputElement": "= r",
        },
        "input": {"n": "{n}", "r": None},
    }
    bodies = {
        "external": node("each", "serviceTask", implementation="external", topic="each", **shape),
        "script": {**twice, **shape},
        "python": python("each", "test-echo", output={"r": "= n * 2"}, **shape),
        "sub-process": sub_process("each", start("s"), twice, flows=["s->twice"], **shape),
        "call": node("each", "callActivity", processId=product.api.publish(line(twice)), **shape),
    }
    loads = []
    whole = load.whole

    def counted(transaction: Any, facts: InstanceFacts) -> Situation:
        loads.append(facts.id)
        return whole(transaction, facts)

    monkeypatch.setattr(load, "whole", counted)
    instance = product.api.start(product.api.publish(line(bodies[kind], user("wait"))))
    for _ in range(40 if kind == "external" else 0):
        body = {"topic": "each", "workerName": "w", "timeout": "PT25S"}
        (job,) = product.api.call("POST", "/process/jobs/activate", body)["jobs"]
        done = {"data": {"r": job["variables"]["n"] * 2}}
        product.api.call("POST", f"/process/jobs/{job['jobId']}/complete", done)
    state = product.api.until(instance, "WAITING", "wait")
    assert state["variables"]["results"] == [2 * n for n in range(1, 41)]
    assert loads.count(instance) < 10


def test_an_event_sub_process_takes_over_and_closes_the_tasks_of_what_it_interrupts(
    product: Product,
) -> None:
    withdrawn = sub_process(
        "withdrawn", event("begin", "startEvent", "message", messageRef="paid"), user("confirm"),
        flows=["begin->confirm"], triggeredByEvent=True,
    )  # fmt: skip
    inner = sub_process("inner", user("a"), user("b"), flows=[])
    definition = flow(start(), inner, withdrawn, end(), flows=["start->inner", "inner->end"], **MESSAGES)
    instance = product.api.start(product.api.publish(definition), {"order": "o-1"})
    wait_for(lambda: len(product.api.instance(instance)["tasks"]) == 2)
    assert product.api.message("paid", "o-1", data={"why": "late"})["status"] == "correlated"
    state = product.api.until(instance, "WAITING", "confirm")
    assert [task["nodeId"] for task in state["tasks"]] == ["confirm"]
    assert (state["subscriptions"], state["variables"]["why"]) == ([], "late")
    product.api.complete(instance, "confirm")
    product.api.until(instance, "COMPLETED")


def test_a_retry_at_a_sub_process_that_could_not_end_does_not_run_it_again(product: Product) -> None:
    inside = sub_process("inside", node("work", "task"), flows=[], output={"total": "{missing}"})
    instance = product.api.start(product.api.publish(line(inside)))
    state = product.api.until(instance, "INCIDENT", "inside")
    assert state["incidents"][0]["code"] == "VARIABLE_MISSING"
    product.api.call("PATCH", f"/process/instances/{instance}/variables", {"variables": {"missing": 5}})
    product.api.call("POST", f"/process/instances/{instance}/retry")
    assert product.api.until(instance, "COMPLETED")["variables"]["total"] == 5
    assert product.api.visited(instance) == ["start", "work", "inside", "end"]


def test_an_empty_sub_process_is_over_at_once(product: Product) -> None:
    instance = product.api.start(product.api.publish(line(sub_process("empty", flows=[]))))
    product.api.until(instance, "COMPLETED")
    assert product.api.visited(instance) == ["start", "empty", "end"]


def test_branches_that_change_one_variable_at_once_lose_no_change(product: Product) -> None:
    steps = [1, 10, 100, 1_000, 10_000, 100_000]
    tasks = [node(f"add-{step}", "task", output={"total": f"= total + {step}"}) for step in steps]
    fork, join = node("fork", "parallelGateway"), node("join", "parallelGateway")
    ways = [way for task in tasks for way in (f"fork->{task['id']}", f"{task['id']}->join")]
    definition = flow(start(), fork, *tasks, join, end(), flows=["start->fork", *ways, "join->end"])
    process_id = product.api.publish(definition)
    for instance in [product.api.start(process_id, {"total": 0}) for _ in range(5)]:
        assert product.api.until(instance, "COMPLETED")["variables"] == {"total": 111_111}


def test_each_message_to_a_boundary_event_adds_to_what_the_others_left(product: Product) -> None:
    definition = flow(
        start(), user("work"),
        event("note", "boundaryEvent", "message", messageRef="paid", attachedToRef="work",
              cancelActivity=False, output={"notes": "= $append(notes, text)"}),
        end(), flows=["start->work", "work->end"], **MESSAGES,
    )  # fmt: skip
    instance = product.api.start(product.api.publish(definition), {"order": "o-1", "notes": []})
    product.api.until(instance, "WAITING", "work")
    for number in range(8):
        product.api.message("paid", "o-1", data={"text": number})
    state = wait_for(
        lambda: len(noted := product.api.instance(instance)["variables"]["notes"]) == 8 and noted
    )
    assert sorted(state) == list(range(8))


def test_what_the_inside_of_a_body_writes_is_what_its_output_element_sees(product: Product) -> None:
    loop = {
        "collection": [1, 2, 3], "elementVariable": "n", "outputCollection": "tens", "outputElement": "= x",
    }  # fmt: skip
    inside = sub_process(
        "each", node("times", "scriptTask", script="= {'x': 10 * n}"), flows=[], input={"x": 0}, loop=loop
    )
    instance = product.api.start(product.api.publish(line(inside)))
    assert product.api.until(instance, "COMPLETED")["variables"] == {"tens": [10, 20, 30]}


def test_a_condition_that_interrupts_nothing_happens_again_only_after_it_was_not_true(
    product: Product,
) -> None:
    definition = flow(
        start(), user("work"),
        event("high", "boundaryEvent", "conditional", condition="= x > 5", attachedToRef="work",
              cancelActivity=False, output={"x": "= x + 1", "seen": "= seen + 1"}),
        end(), flows=["start->work", "work->end"],
    )  # fmt: skip
    instance = product.api.start(product.api.publish(definition), {"x": 0, "seen": 0})
    product.api.until(instance, "WAITING", "work")
    path = f"/process/instances/{instance}/variables"
    for x, left in ((6, {"x": 7, "seen": 1}), (9, {"x": 9, "seen": 1}), (2, {"x": 2, "seen": 1}),
                    (8, {"x": 9, "seen": 2})):  # fmt: skip
        product.api.call("PATCH", path, {"variables": {"x": x}})
        assert product.api.until(instance, "WAITING", "work")["variables"] == left


def test_the_history_tells_a_loop_from_the_runs_of_its_body(product: Product) -> None:
    definition = line(script("work", "= {}", loop={"cardinality": "= 2", "sequential": True}))
    instance = product.api.start(product.api.publish(definition))
    product.api.until(instance, "COMPLETED")
    visits = [step for step in product.api.history(instance) if step["nodeId"] == "work"]
    told = [(step["loop"], step["loopCounter"]) for step in visits]
    assert told == [("body", 1), ("body", 2), ("whole", None)]
    assert (visits[2]["scopeId"], len({step["scopeId"] for step in visits})) == (instance, 3)
