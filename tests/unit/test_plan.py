from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.incident_code import IncidentCode
from tests.flows import (
    boundary,
    end,
    exclusive,
    flow,
    http,
    line,
    node,
    parallel,
    python,
    script,
    start,
    user,
)
from tests.unit.simulation import NOW, Simulation
from workers.flow.json_value import JsonValue
from workers.semantics import plan
from workers.semantics.memory import NOTHING
from workers.semantics.situation import Alone, Failed, Lost, Retried, Returned, Run, TaskCancelled, Triggered
from workers.semantics.stuck import WholeInstanceNeeded

Blocks = st.recursive(
    st.just("task"),
    lambda inner: st.tuples(
        st.sampled_from(["sequence", "parallel"]), st.lists(inner, min_size=2, max_size=3)
    ),
    max_leaves=12,
)


def build(
    block: object, nodes: list[dict[str, object]], flows: list[str | dict[str, object]]
) -> tuple[str, str]:
    """Adds the block's nodes and flows; its first and last node."""
    name = f"n{len(nodes)}"
    if block == "task":
        nodes.append(node(name, "task"))
        return name, name
    assert isinstance(block, tuple)
    kind, parts = block
    if kind == "sequence":
        made = [build(part, nodes, flows) for part in parts]
        flows += [f"{a[1]}->{b[0]}" for a, b in pairwise(made)]
        return made[0][0], made[-1][1]
    nodes.append(parallel(f"{name}-fork"))
    nodes.append(parallel(f"{name}-join"))
    for part in parts:
        first, last = build(part, nodes, flows)
        flows += [f"{name}-fork->{first}", f"{last}->{name}-join"]
    return f"{name}-fork", f"{name}-join"


@given(block=Blocks, data=st.data())
def test_in_whatever_order_tokens_run_each_node_of_nested_branches_is_visited_once(
    block: object, data: st.DataObject
) -> None:
    nodes: list[dict[str, object]] = []
    flows: list[str | dict[str, object]] = []
    first, last = build(block, nodes, flows)
    run = Simulation(flow(start(), *nodes, end(), flows=[f"start->{first}", *flows, f"{last}->end"]))
    while ready := run.ready():
        token = data.draw(st.sampled_from(sorted(ready, key=lambda token: token.id)))
        run.happens(Run(token.id, token.epoch))
    assert run.status == "COMPLETED"
    assert run.visited == dict.fromkeys(["start", "end", *[str(each["id"]) for each in nodes]], 1)


def test_the_same_situation_and_event_give_the_same_changes() -> None:
    one, other = (Simulation(line(user("ask"))).run() for _ in range(2))
    event = Triggered(one.at("ask").id, "ask", {"a": 1})
    assert one.happens(event) == other.happens(event)


def test_a_token_that_would_leave_the_flow_asks_for_the_whole_instance() -> None:
    run = Simulation(line())
    run.happens(Run(run.at("start").id, run.at("start").epoch))
    situation = run.looks()
    situation.seen = Alone(0)
    with pytest.raises(WholeInstanceNeeded):
        plan.plan(run.graph, situation, Run(run.at("end").id, run.at("end").epoch))


def test_failed_attempts_are_repeated_with_a_pause_that_doubles_and_then_become_an_incident() -> None:
    run = Simulation(
        line(python("work", "t", retry={"maxAttempts": 4, "backoff": "PT10S", "maxBackoff": "PT25S"}))
    )
    run.happens(Run(run.at("start").id, run.at("start").epoch))
    for longest in (10, 20, 25):
        token = run.at("work")
        run.happens(Failed(token.id, token.epoch, IncidentCode.TASK_FAILED, "no"))
        pause = run.at("work").available_at - run.now
        assert timedelta(seconds=longest * 0.75) <= pause <= timedelta(seconds=longest)
        run.pass_time(longest)
    token = run.at("work")
    run.happens(Failed(token.id, token.epoch, IncidentCode.TASK_FAILED, "no"))
    assert run.at("work").state == "incident"
    assert run.incidents == {token.id: "TASK_FAILED"}


def test_retry_after_makes_the_pause_longer_and_never_shorter() -> None:
    run = Simulation(line(python("work", "t", retry={"backoff": "PT10S"})))
    run.happens(Run(run.at("start").id, run.at("start").epoch))
    token = run.at("work")
    run.happens(
        Failed(token.id, token.epoch, IncidentCode.JOB_FAILED, "later", retry_after=timedelta(minutes=5))
    )
    assert run.at("work").available_at == NOW + timedelta(minutes=5)


def test_a_node_that_loses_its_workers_becomes_an_incident_and_other_branches_go_on() -> None:
    run = Simulation(flow(
        start(), parallel("fork"), python("bad", "t"), user("ask"), end(),
        flows=["start->fork", "fork->bad", "fork->ask", "bad->end", "ask->end"],
    ))  # fmt: skip
    for name in ("start", "fork"):
        run.happens(Run(run.at(name).id, run.at(name).epoch))
    for _ in range(plan.MAX_LOSSES):
        run.happens(Lost(run.at("bad").id, run.at("bad").epoch))
    assert run.incidents == {run.at("bad").id: "WORKER_LOST"}
    run.happens(Run(run.at("ask").id, run.at("ask").epoch))
    run.happens(Triggered(run.at("ask").id, "ask"))
    run.happens(Run(run.at("end").id, run.at("end").epoch))
    assert run.status == "RUNNING"


@pytest.mark.parametrize(
    ("code", "caught_by"), [("A", "by-a"), ("B", "by-all"), ("TASK_CANCELLED", "by-all")]
)
def test_the_boundary_event_of_the_code_beats_the_one_that_catches_all(code: str, caught_by: str) -> None:
    run = Simulation(flow(
        start(), python("work", "t"), boundary("by-all", "work"), boundary("by-a", "work", "a"), end(),
        flows=["start->work", "work->end", "by-all->end", "by-a->end"],
        errors=[{"id": "a", "errorCode": "A"}],
    ))  # fmt: skip
    run.happens(Run(run.at("start").id, run.at("start").epoch))
    run.happens(
        Failed(run.at("work").id, run.at("work").epoch, IncidentCode.UNCAUGHT_ERROR, "", error_code=code)
    )
    run.run()
    assert [step.node_id for step in run.steps] == ["start", "work", caught_by, "end"]


def test_a_retried_answer_goes_on_without_being_asked_again() -> None:
    run = Simulation(line(user("ask", output={"x": "{missing}"}))).run()
    run.happens(Triggered(run.at("ask").id, "ask", {"answer": 42}))
    assert run.incidents == {run.at("ask").id: "VARIABLE_MISSING"}
    run.variables["missing"] = 1
    run.happens(Retried())
    run.run()
    assert (run.status, run.variables["x"], run.incidents) == ("COMPLETED", 1, {})


def test_the_operators_retry_of_an_outside_call_works_its_input_out_again() -> None:
    run = Simulation(line(http("call", "https://crm.example/", retry={"maxAttempts": 1})))
    run.happens(Run(run.at("start").id, run.at("start").epoch))
    answer: dict[str, JsonValue] = {"response": {"status": 500, "headers": {}, "body": None}}
    run.happens(Returned(run.at("call").id, run.at("call").epoch, answer))
    assert run.incidents == {run.at("call").id: "HTTP_STATUS"}
    run.happens(Retried())
    assert (run.at("call").state, run.at("call").memory, run.at("call").attempts) == ("ready", NOTHING, 0)


def test_one_retry_is_for_all_incidents_of_the_instance() -> None:
    run = Simulation(line(script("each", "= $error('no')", loop={"collection": "= [1, 2, 3]"}))).run()
    assert len(run.incidents) == 3
    run.happens(Retried())
    assert run.incidents == {}
    assert [token.state for token in run.tokens.values() if token.state != "waiting"] == ["ready"] * 3


def test_an_error_end_event_that_nobody_catches_is_an_incident() -> None:
    run = Simulation(flow(
        start(), node("end", "endEvent", event={"type": "error", "errorRef": "e"}), flows=["start->end"],
        errors=[{"id": "e", "errorCode": "E"}],
    )).run()  # fmt: skip
    assert list(run.incidents.values()) == ["UNCAUGHT_ERROR"]


def test_cancelling_an_uncaught_task_ends_every_branch() -> None:
    run = Simulation(flow(
        start(), parallel("fork"), user("a"), user("b"), end(),
        flows=["start->fork", "fork->a", "fork->b", "a->end", "b->end"],
    )).run()  # fmt: skip
    run.happens(TaskCancelled(run.at("a").id))
    assert (run.status, run.tokens) == ("CANCELLED", {})
    assert run.visited == {"start": 1, "fork": 1, "a": 1, "b": 1}


def test_a_cancelled_instance_has_its_open_visits_in_the_history() -> None:
    run = Simulation(line(user("ask"))).run()
    run.cancel(run.instance)
    assert [(step.node_id, step.outcome) for step in run.steps] == [
        ("start", "completed"),
        ("ask", "cancelled"),
    ]


def test_a_join_that_can_never_fire_is_an_incident_and_stays_one_when_it_is_retried() -> None:
    run = Simulation(flow(
        start(), parallel("fork"), exclusive("way", default="way->gone"), node("a", "task"), end("gone"),
        parallel("join"), end(),
        flows=["start->fork", "fork->way", "way->gone", "way->join if = go", "fork->a", "a->join",
               "join->end"],
    ), {"go": False}).run()  # fmt: skip
    assert list(run.incidents.values()) == ["JOIN_NEVER_FIRES"]
    run.happens(Retried())
    run.run()
    assert list(run.incidents.values()) == ["JOIN_NEVER_FIRES"]
    assert run.status == "RUNNING"
