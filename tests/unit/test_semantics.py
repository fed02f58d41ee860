"""The rules of the flow language, construct by construct, on the pure plan."""

import pytest

from models.states import TokenState
from tests.flows import (
    Json,
    boundary,
    end,
    exclusive,
    flow,
    line,
    message,
    node,
    parallel,
    script,
    start,
    timer,
    user,
)
from tests.simulated import Instance
from tests.unit.simulation import Simulation
from tests.world import World
from workers.semantics.situation import Run, Triggered

E = [{"id": "e", "errorCode": "E"}]
X = [{"id": "x", "escalationCode": "X"}]
COMPENSATE = {"type": "compensation"}


def parked(instance: Instance) -> list[str]:
    """The nodes at which tokens wait."""
    return sorted(token.node_id for token in instance.tokens.values() if token.state == TokenState.WAITING)


def run_at(run: Simulation, *nodes: str) -> None:
    """Runs the youngest token that is ready at each of the nodes in turn."""
    for node_id in nodes:
        token = max((each for each in run.ready() if each.node_id == node_id), key=lambda each: each.id)
        run.happens(Run(token.id, token.epoch))


def inclusive(id: str, default: str | None = None) -> Json:
    return node(id, "inclusiveGateway", **({"default": default} if default else {}))


def attached(id: str, to: str, *, interrupts: bool = True, **event: object) -> Json:
    return node(id, "boundaryEvent", attachedToRef=to, cancelActivity=interrupts, event=event)


def sub(id: str, *nodes: Json, flows: list[str | Json], **properties: object) -> Json:
    inner = flow(*nodes, flows=flows)
    return node(id, "subProcess", nodes=inner["nodes"], sequenceFlows=inner["sequenceFlows"], **properties)


def undoable(id: str, handler: str) -> list[Json]:
    """A task with what undoes it."""
    return [
        node(id, "task"),
        node(f"{id}-undo", "boundaryEvent", attachedToRef=id, event=COMPENSATE),
        node(handler, "task", isForCompensation=True),
    ]


def association(id: str, handler: str) -> Json:
    return {"id": f"{id}-{handler}", "sourceRef": f"{id}-undo", "targetRef": handler}


def test_an_inclusive_join_takes_a_token_that_has_come_but_was_not_run_yet() -> None:
    run = Simulation(flow(
        start(), inclusive("fork"), node("a", "task"), node("b", "task"), inclusive("join"), end(),
        flows=["start->fork", "fork->a", "fork->b", "a->join", "b->join", "join->end"],
    )).run()  # fmt: skip
    assert (run.visited["join"], run.visited["end"]) == (1, 1)


def test_an_inclusive_join_waits_only_for_what_can_still_come() -> None:
    run = Simulation(flow(
        start(), inclusive("fork", "fork->c"), node("a", "task"), user("b"), user("c"), end(),
        inclusive("join"),
        flows=["start->fork", "fork->a if = true", "fork->b if = true", "fork->c", "a->join", "b->join",
               "c->join", "join->end"],
    )).run()  # fmt: skip
    assert parked(run.instance) == ["b", "join"]
    run.complete(run.instance, "b")
    assert (run.run().status, run.visited["join"]) == ("COMPLETED", 1)


def test_an_inclusive_join_fires_as_soon_as_what_it_waited_for_dies() -> None:
    run = Simulation(flow(
        start(), inclusive("fork"), node("a", "task"), user("b"), inclusive("join"), end("away"), end(),
        exclusive("way", "way->away"),
        flows=["start->fork", "fork->a", "fork->b", "a->join", "b->way", "way->join if = false", "way->away",
               "join->end"],
    )).run()  # fmt: skip
    run.complete(run.instance, "b")
    run.run()
    assert (run.status, run.visited["join"], run.visited["away"]) == ("COMPLETED", 1, 1)


@pytest.mark.parametrize("nested", [False, True])
def test_an_inclusive_join_waits_for_an_activity_that_another_token_came_out_of(*, nested: bool) -> None:
    work = sub("work", start("s"), user("ask"), flows=["s->ask"]) if nested else user("work")
    run = Simulation(flow(
        start(), work, attached("told", "work", interrupts=False, type="signal", signalRef="x"),
        inclusive("join"), end(), flows=["start->work", "work->join", "told->join", "join->end"],
        signals=[{"id": "x"}],
    )).run()  # fmt: skip
    run.signal("x")
    run.run()
    assert (run.visited["told"], run.visited["join"]) == (1, 0)
    run.complete(run.instance, "ask" if nested else "work")
    assert (run.run().status, run.visited["join"]) == ("COMPLETED", 1)


@pytest.mark.parametrize("interrupts", [True, False])
def test_an_inclusive_join_waits_for_what_a_boundary_event_may_take_there_only_if_it_interrupts(
    *, interrupts: bool
) -> None:
    run = Simulation(flow(
        start(), parallel("fork"), user("work"), user("a"), inclusive("join"), end(), end("done"),
        attached("told", "work", interrupts=interrupts, type="signal", signalRef="x"),
        flows=["start->fork", "fork->work", "fork->a", "a->join", "told->join", "work->done", "join->end"],
        signals=[{"id": "x"}],
    )).run()  # fmt: skip
    run.complete(run.instance, "a")
    assert run.run().visited["join"] == (0 if interrupts else 1)


def test_an_inclusive_join_does_not_wait_for_an_event_sub_process_beside_it() -> None:
    begins = node("told", "startEvent", event={"type": "signal", "signalRef": "x"}, isInterrupting=False)
    beside = sub("beside", begins, user("b"), flows=["told->b"], triggeredByEvent=True)
    run = Simulation(flow(
        start(), inclusive("fork"), user("a"), user("c"), inclusive("join"), end(), beside,
        flows=["start->fork", "fork->a", "fork->c", "a->join", "c->join", "join->end"], signals=[{"id": "x"}],
    )).run()  # fmt: skip
    run.signal("x")
    for task in ("a", "c"):
        assert run.run().visited["join"] == 0
        run.complete(run.instance, task)
    assert (run.run().visited["join"], parked(run.instance)) == (1, ["b", "beside"])


def test_a_parallel_join_takes_one_token_of_each_flow_and_leaves_what_is_over() -> None:
    run = Simulation(flow(
        start(), parallel("fork"), exclusive("merge"), user("b"), parallel("join"), end(),
        flows=["start->fork", {"id": "one", "sourceRef": "fork", "targetRef": "merge"},
               {"id": "two", "sourceRef": "fork", "targetRef": "merge"}, "fork->b", "merge->join", "b->join",
               "join->end"],
    )).run()  # fmt: skip
    run.complete(run.instance, "b")
    run.run()
    assert run.visited["end"] == 1
    assert list(run.incidents.values()) == ["JOIN_NEVER_FIRES"]


def test_a_parallel_join_leaves_tokens_that_come_later_to_those_that_wait() -> None:
    double = [{"id": f"{n}{way}", "sourceRef": "fork", "targetRef": way} for way in "yx" for n in "12"]
    run = Simulation(flow(
        start(), parallel("fork"), exclusive("x"), exclusive("y"), parallel("join"), end(),
        flows=["start->fork", *double, "x->join", "y->join", "join->end"],
    ))  # fmt: skip
    run_at(run, "start", "fork", "y", "y", "join", "x", "x", "join")
    assert run.run().visited["end"] == 2
    assert run.status == "COMPLETED"


@pytest.mark.parametrize(("amount", "went"), [(5, {"bare"}), (50, {"bare", "large"})])
def test_an_activity_takes_every_flow_without_a_condition_and_every_one_that_is_true(
    amount: int, went: set[str]
) -> None:
    run = Simulation(flow(
        start(), node("work", "task"), end("bare"), end("large"),
        flows=["start->work", "work->bare", "work->large if = amount > 10"],
    ), {"amount": amount}).run()  # fmt: skip
    assert {step.node_id for step in run.steps} == {"start", "work", *went}


def test_terminate_ends_its_own_scope_only() -> None:
    inside = sub(
        "sub", start("s"), parallel("fork"), user("b"), node("over", "endEvent", event={"type": "terminate"}),
        flows=["s->fork", "fork->b", "fork->over"],
    )  # fmt: skip
    run = Simulation(flow(
        start(), parallel("split"), inside, user("other"), end(),
        flows=["start->split", "split->sub", "split->other", "sub->end", "other->end"],
    )).run()  # fmt: skip
    assert (parked(run.instance), run.visited["end"]) == (["other"], 1)
    assert [step.outcome for step in run.steps if step.node_id == "b"] == ["terminated"]


def test_what_a_boundary_event_interrupts_ends_with_everything_inside() -> None:
    inside = sub("sub", start("s"), user("ask"), message("wait", "m"), flows=["s->ask", "s->wait"])
    run = Simulation(flow(
        start(), inside, attached("late", "sub", type="timer", duration="PT1H"), end("in-time"), end(),
        flows=["start->sub", "sub->in-time", "late->end"], messages=[{"id": "m"}],
    )).run()  # fmt: skip
    run.pass_time(3600)
    run.run()
    assert (run.status, run.visited["end"], run.visited["in-time"]) == ("COMPLETED", 1, 0)


def test_what_does_not_interrupt_adds_a_token_each_time() -> None:
    run = Simulation(flow(
        start(), user("ask"), attached("told", "ask", interrupts=False, type="message", messageRef="m"),
        end(), user("aside"), flows=["start->ask", "ask->end", "told->aside"], messages=[{"id": "m"}],
    )).run()  # fmt: skip
    run.message("m")
    run.message("m")
    run.run()
    assert parked(run.instance) == ["aside", "aside", "ask"]


def test_a_task_whose_boundary_condition_holds_already_is_never_open() -> None:
    run = Simulation(flow(
        start(), user("ask"), attached("at-once", "ask", type="conditional", condition="= go"), end(),
        flows=["start->ask", "ask->end", "at-once->end"],
    ), {"go": True}).run()  # fmt: skip
    assert (run.instance.tasks, run.status) == ({}, "COMPLETED")


def test_a_call_that_is_interrupted_at_once_starts_no_instance() -> None:
    world = World()
    world.deploy("called", line(user("ask")))
    world.deploy("caller", flow(
        start(), node("call", "callActivity", processId="called"), end(),
        attached("at-once", "call", type="conditional", condition="= go"),
        flows=["start->call", "call->end", "at-once->end"],
    ), {"call": "called"})  # fmt: skip
    instance = world.start("caller", {"go": True})
    world.go()
    assert (instance.status, len(world.instances)) == ("COMPLETED", 1)


@pytest.mark.parametrize("type", ["inclusiveGateway", "task", "subProcess", "userTask"])
@pytest.mark.parametrize(
    ("a", "b", "taken"),
    [
        ("", "", "abd"),
        ("", " if = n = 1", "ad"),
        ("", " if = n = 3", "ab"),
        (" if = n = 1", " if = n = 2", "d"),
        (" if = n = 1", " if = n = 3", "b"),
    ],
)
def test_the_default_is_taken_where_no_condition_is_true_also_beside_flows_that_have_none(
    type: str, a: str, b: str, taken: str
) -> None:
    content = {"nodes": [node("inner", "task")], "sequenceFlows": []} if type == "subProcess" else {}
    run = Simulation(flow(
        start(), node("way", type, default="way->d", **content), end("d"), end("a"), end("b"),
        flows=["start->way", "way->d", f"way->a{a}", f"way->b{b}"],
    ), {"n": 3}).run()  # fmt: skip
    if type == "userTask":
        run.complete(run.instance, "way")
        run.run()
    assert (run.status, "".join(each for each in "abd" if run.visited[each])) == ("COMPLETED", taken)


def test_the_first_event_behind_a_gateway_wins_and_the_others_are_given_up() -> None:
    run = Simulation(flow(
        start(), node("either", "eventBasedGateway"), message("said", "m"), timer("late", duration="PT1H"),
        end(), user("ask"),
        flows=["start->either", "either->said", "either->late", "said->ask", "late->end"],
        messages=[{"id": "m"}],
    )).run()  # fmt: skip
    run.message("m")
    run.run()
    assert (parked(run.instance), run.instance.timers, run.instance.subscriptions) == (["ask"], [], [])


def test_an_error_climbs_out_of_sub_processes_to_the_nearest_that_catches_it() -> None:
    fails = node("fails", "endEvent", event={"type": "error", "errorRef": "e"})
    inner = sub("inner", start("i"), fails, flows=["i->fails"])
    outer = sub("outer", start("o"), inner, flows=["o->inner"])
    run = Simulation(flow(
        start(), outer, boundary("caught", "outer", "e"), end(), end("well"),
        flows=["start->outer", "outer->well", "caught->end"], errors=E,
    )).run()  # fmt: skip
    assert (run.status, run.visited["end"], run.visited["well"]) == ("COMPLETED", 1, 0)


def test_an_escalation_that_nobody_catches_is_ignored() -> None:
    thrown = node("tell", "intermediateThrowEvent", event={"type": "escalation", "escalationRef": "x"})
    run = Simulation(line(thrown, escalations=X)).run()
    assert (run.status, run.visited["tell"]) == ("COMPLETED", 1)


def test_a_signal_reaches_all_who_wait_and_none_who_comes_later() -> None:
    event = {"type": "signal", "signalRef": "s"}
    run = Simulation(flow(
        start(), parallel("fork"), node("one", "intermediateCatchEvent", event=event),
        node("two", "intermediateCatchEvent", event=event), user("ask"),
        node("later", "intermediateCatchEvent", event=event),
        flows=["start->fork", "fork->one", "fork->two", "fork->ask", "ask->later"], signals=[{"id": "s"}],
    )).run()  # fmt: skip
    run.signal("s")
    run.complete(run.instance, "ask")
    run.run()
    assert (run.visited["one"], run.visited["two"], parked(run.instance)) == (1, 1, ["later"])


def test_an_event_sub_process_that_interrupts_ends_its_scope_and_listens_no_more() -> None:
    listens = sub(
        "handle", node("s", "startEvent", event={"type": "message", "messageRef": "m"}), user("mend"),
        flows=["s->mend"], triggeredByEvent=True,
    )  # fmt: skip
    run = Simulation(flow(
        start(), user("ask"), listens, flows=["start->ask"], messages=[{"id": "m"}]
    )).run()  # fmt: skip
    run.message("m")
    run.run()
    assert parked(run.instance) == ["handle", "mend"]
    assert run.instance.subscriptions == []


def test_bodies_end_in_any_order_and_the_outputs_of_a_multi_instance_keep_that_of_the_collection() -> None:
    loop = {
        "collection": "{items}", "elementVariable": "item", "outputElement": "{got}", "outputCollection": "x"
    }  # fmt: skip
    run = Simulation(line(user("ask", loop=loop, input={"got": 0})), {"items": ["a", "b"]}).run()
    for got, task in reversed(list(zip("ab", run.instance.tasks.values(), strict=True))):
        run.happens(Triggered(task.token_id, "ask", {"got": got}))
    run.run()
    assert (run.status, run.variables["x"]) == ("COMPLETED", ["a", "b"])


def test_a_multi_instance_over_nothing_completes_at_once() -> None:
    loop = {"collection": "{items}", "outputCollection": "all", "outputElement": "= loopCounter"}
    run = Simulation(line(user("ask", loop=loop)), {"items": []}).run()
    assert (run.status, run.variables["all"]) == ("COMPLETED", [])


def test_bodies_that_are_left_end_when_the_completion_condition_holds() -> None:
    loop = {"collection": "{items}", "completionCondition": "= numberOfCompletedInstances = 1"}
    run = Simulation(line(user("ask", loop=loop)), {"items": [1, 2, 3]}).run()
    run.complete(run.instance, "ask")
    run.run()
    assert (run.status, run.instance.tasks) == ("COMPLETED", {})


def test_a_standard_loop_that_tests_afterwards_runs_at_least_once() -> None:
    loops = [{"while": "= false"}, {"while": "= false", "testBefore": False}]
    ran = [Simulation(line(node("work", "task", loop=loop))).run().visited["work"] for loop in loops]
    assert ran == [1, 2]  # the activity itself, and its bodies


def test_a_variable_that_a_sub_process_made_stays_in_it_and_every_other_goes_to_the_instance() -> None:
    inside = sub(
        "sub", start("s"), script("set", '={"own": 2, "new": 2}'), flows=["s->set"], input={"own": 1}
    )
    run = Simulation(line(inside), {"own": 0}).run()
    assert run.variables == {"own": 0, "new": 2}


def test_compensation_undoes_what_was_completed_the_last_first_and_once() -> None:
    throws = [node(id, "intermediateThrowEvent", event=COMPENSATE) for id in ("undo", "again")]
    run = Simulation(flow(
        start(), *undoable("a", "undo-a"), *undoable("b", "undo-b"), *undoable("c", "undo-c"), *throws,
        exclusive("way", "way->undo"), end(),
        flows=["start->a", "a->b", "b->way", "way->undo", "way->c if = false", "undo->again", "again->end",
               "c->end"],
        associations=[association(id, f"undo-{id}") for id in "abc"],
    )).run()  # fmt: skip
    assert [step.node_id for step in run.steps if step.node_id.startswith("undo-")] == ["undo-b", "undo-a"]
    assert run.status == "COMPLETED"


def test_a_cancelled_transaction_undoes_what_was_done_in_it_and_leaves_by_its_boundary() -> None:
    inner = flow(
        start("s"), *undoable("book", "unbook"), user("other"), parallel("fork"),
        node("no", "endEvent", event={"type": "cancel"}),
        flows=["s->book", "book->fork", "fork->other", "fork->no"],
    )  # fmt: skip
    transaction = node(
        "sale", "transaction", nodes=inner["nodes"], sequenceFlows=inner["sequenceFlows"],
        associations=[association("book", "unbook")],
    )  # fmt: skip
    run = Simulation(flow(
        start(), transaction, attached("cancelled", "sale", type="cancel"), end("sold"), end(),
        flows=["start->sale", "sale->sold", "cancelled->end"],
    )).run()  # fmt: skip
    assert (run.status, run.visited["unbook"], run.visited["end"], run.visited["sold"]) == (
        "COMPLETED",
        1,
        1,
        0,
    )


def test_a_message_goes_to_the_oldest_who_waits_and_is_kept_while_nobody_does() -> None:
    world = World()
    world.deploy("v", line(message("wait", "m"), messages=[{"id": "m"}]))
    world.message("m", "k", {"said": 1})
    world.message("m", "k", {"said": 2})
    got = []
    for _ in range(3):
        instance = world.start("v", key="k")
        world.go()
        got.append((instance.status, instance.variables[instance.facts.id].get("said")))
    assert got == [("COMPLETED", 1), ("COMPLETED", 2), ("RUNNING", None)]


def test_every_message_that_was_kept_reaches_an_event_that_does_not_interrupt() -> None:
    told = attached("told", "ask", interrupts=False, type="message", messageRef="m")
    world = World()
    world.deploy("v", flow(
        start(), user("ask"), told, flows=["start->ask"], messages=[{"id": "m"}]
    ))  # fmt: skip
    world.message("m", "k")
    world.message("m", "k")
    instance = world.start("v", key="k")
    world.go()
    assert (instance.visited["told"], world.messages) == (2, [])
