"""Events, calls, schedules and bodies that meet at the same moment."""

from datetime import timedelta
from functools import partial

from harness.caller import wait_for
from tests.faults.meeting import (
    ANYBODY,
    MESSAGE,
    ROUNDS,
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
    boundary,
    end,
    event,
    exclusive,
    flow,
    line,
    python,
    start,
    sub_process,
    user,
)
from tests.integration.tasks_for_tests import calls, gates
from tests.product import Product
from workers.semantics.follow_up import FireTimer

# -- schedules


def test_of_two_sweepers_one_starts_the_instance_of_a_schedule_and_misses_are_made_up_once(
    product: Product,
) -> None:
    product.api.publish(
        flow(event("tick", "startEvent", "timer", cycle="R/PT1H"), user("ask"), end(),
             flows=["tick->ask", "ask->end"]),
        environments=["PRODUCTION"],
    )  # fmt: skip
    sweepers = [product.sweeper() for _ in range(2)]
    for number in range(1, 6):
        product.database.clock_shift += timedelta(hours=3, minutes=1)
        at_once(*[each.sweep for each in sweepers])
        assert count(product, "instances") == number
    (row,) = rows(product, "SELECT id FROM flow_starts")
    product.database.clock_shift += timedelta(hours=1)
    at_once(*[partial(product.engine.fire_start, row["id"])] * 4)
    assert count(product, "instances") == 6


def test_a_schedule_that_is_due_while_another_version_becomes_active_starts_one_instance_at_most(
    product: Product,
) -> None:
    definition = flow(event("tick", "startEvent", "timer", cycle="R/PT1H"), end(), flows=["tick->end"])
    process_id = product.api.publish(definition, environments=["PRODUCTION"])
    chosen = product.sweeper()

    def publish_again() -> None:
        body = {"environments": ["PRODUCTION"]}
        product.api.call("POST", f"/flows/{process_id}/publish", body, status=201)

    for number in range(4):
        product.database.clock_shift += timedelta(hours=1, minutes=1)
        before = count(product, "instances")
        at_once(chosen.sweep, publish_again)
        assert count(product, "instances") - before in (0, 1)
        (row,) = rows(product, "SELECT version_number FROM flow_starts")
        assert row["version_number"] == number + 2
        chosen.sweep()  # the new version's hour has only begun
        assert count(product, "instances") - before in (0, 1)


# -- two that meet


def test_a_cancel_of_the_caller_and_the_end_of_what_it_called_leave_nothing_running(product: Product) -> None:
    product.work()
    called = product.api.publish(line(user("ask")))
    middle = product.api.publish(line(call(called)))
    caller = product.api.publish(line(call(middle)))
    for _ in range(ROUNDS):
        instance = product.api.start(caller)
        inner = wait_for(lambda: rows(product, "SELECT instance_id AS id FROM tasks WHERE state = 'OPEN'"))
        inner = inner[0]["id"]
        at_once(
            partial(product.engine.cancel, ANYBODY, instance),
            partial(product.engine.complete_task, ANYBODY, inner, "ask", {}),
        )
        wait_for(lambda: not count(product, "instances", "status = 'RUNNING'"))
    expect_nothing_left(product)


def test_of_a_boundary_timer_and_the_completion_of_its_task_one_wins(product: Product) -> None:
    product.work()
    process_id = product.api.publish(
        flow(start(), user("ask"), attached("late", "ask", "timer", duration="PT1H"), end("in-time"),
             end("too-late"), flows=["start->ask", "ask->in-time", "late->too-late"])
    )  # fmt: skip
    instances = [product.api.start(process_id) for _ in range(ROUNDS)]
    for instance in instances:
        waits(product, instance, "ask")
        due = timer_of(product, instance)
        at_once(
            partial(product.engine.complete_task, ANYBODY, instance, "ask", {}),
            partial(product.engine.do, FireTimer(due)),
        )
    for instance in instances:
        product.api.until(instance, "COMPLETED")
        visited = product.api.visited(instance)
        assert visited in (["start", "ask", "in-time"], ["start", "ask", "late", "too-late"])
    expect_nothing_left(product)


def test_what_an_interrupted_call_brings_back_is_dropped_and_its_boundary_event_goes_on(
    product: Product,
) -> None:
    product.work()
    process_id = product.api.publish(
        flow(start(), python("work", "test-gate", output={"opened": "= result.opened"}),
             attached("stop", "work", "message", messageRef="m"), user("stopped"), end(),
             flows=["start->work", "work->end", "stop->stopped", "stopped->end"], **MESSAGE)
    )  # fmt: skip
    instance = product.api.start(process_id, correlationKey="k")
    wait_for(lambda: calls[instance])
    publish(product, "m", "k")
    gates[instance].set()
    waits(product, instance, "stopped")
    product.api.complete(instance, "stopped")
    assert product.api.until(instance, "COMPLETED")["variables"] == {}
    assert product.api.visited(instance) == ["start", "work", "stop", "stopped", "end"]
    expect_nothing_left(product)


def test_an_event_sub_process_hears_while_the_first_node_of_the_process_is_a_call(product: Product) -> None:
    product.work()
    heard = sub_process(
        "heard", event("hear", "startEvent", "message", messageRef="m"), user("answer"), end("done"),
        flows=["hear->answer", "answer->done"], triggeredByEvent=True,
    )  # fmt: skip
    process_id = product.api.publish(flow(python("work", "test-gate"), heard, flows=[], **MESSAGE))
    instance = product.api.start(process_id, correlationKey="k")
    wait_for(lambda: calls[instance])
    publish(product, "m", "k")
    gates[instance].set()
    waits(product, instance, "heard", "answer")
    product.api.complete(instance, "answer")
    expect_nothing_left(product)


def test_so_many_messages_at_once_to_a_non_interrupting_boundary_event_are_so_many_tokens(
    product: Product,
) -> None:
    product.work()
    process_id = product.api.publish(
        flow(start(), user("ask"), attached("heard", "ask", "message", interrupting=False, messageRef="m"),
             user("answer"), end(), flows=["start->ask", "ask->end", "heard->answer", "answer->end"],
             **MESSAGE)
    )  # fmt: skip
    instance = product.api.start(process_id, correlationKey="k")
    waits(product, instance, "ask")
    at_once(*[partial(publish, product, "m", "k")] * 8)
    waits(product, instance, "ask", *["answer"] * 8)


def test_bodies_that_are_completed_at_once_give_all_outputs_in_order_and_join_once(product: Product) -> None:
    product.work()
    loop = {
        "collection": "{names}",
        "elementVariable": "name",
        "outputCollection": "answers",
        "outputElement": "= name & '!'",
    }
    process_id = product.api.publish(line(user("ask", loop=loop), user("after")))
    names = [f"n{number}" for number in range(8)]
    instance = product.api.start(process_id, {"names": names})
    waits(product, instance, "ask", *["ask"] * 8)
    tasks = rows(product, "SELECT id FROM tasks WHERE instance_id = :id", id=instance)
    at_once(
        *[
            partial(product.engine.complete_task, ANYBODY, instance, "ask", {}, task_id=task["id"])
            for task in tasks
        ]
    )
    waits(product, instance, "after")
    assert product.api.instance(instance)["variables"]["answers"] == [f"{name}!" for name in names]
    product.api.complete(instance, "after")
    product.api.until(instance, "COMPLETED")
    expect_nothing_left(product)


def test_an_error_out_of_one_body_and_the_completion_of_the_others_end_by_one_of_two_paths(
    product: Product,
) -> None:
    product.work()
    body = sub_process(
        "body", start("in"), user("ask"), exclusive("well", default="well->out"),
        event("fails", "endEvent", "error", errorRef="e"), end("out"),
        flows=["in->ask", "ask->well", "well->fails if = bad", "well->out"],
        loop={"cardinality": "= 3"}, input={"bad": "= false"},
    )  # fmt: skip
    process_id = product.api.publish(
        flow(start(), body, boundary("caught", "body", "e"), end("good"), end("failed"),
             flows=["start->body", "body->good", "caught->failed"],
             errors=[{"id": "e", "errorCode": "BAD"}])
    )  # fmt: skip
    for _ in range(ROUNDS // 2):
        instance = product.api.start(process_id)
        tasks = wait_for(
            lambda: (found := rows(product, "SELECT id FROM tasks WHERE state = 'OPEN'"))[2:] and found
        )
        at_once(
            *[
                partial(
                    product.engine.complete_task, ANYBODY, instance, "ask", {"bad": bad}, task_id=task["id"]
                )
                for task, bad in zip(tasks, (False, True, False), strict=True)
            ]
        )
        product.api.until(instance, "COMPLETED")
        assert product.api.visited(instance)[-1] == "failed"
    expect_nothing_left(product)
