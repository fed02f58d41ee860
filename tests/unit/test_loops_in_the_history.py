"""Which row of the history is a loop, which a run of its body, and which run a visit inside was in."""

from tests.flows import end, line, script, start, sub_process
from tests.unit.simulation import Simulation


def rows(run: Simulation) -> list[tuple[str, str | None, int | None]]:
    return [(step.node_id, step.loop, step.loop_counter) for step in run.steps]


def test_a_loop_has_a_row_for_each_run_and_one_for_the_whole() -> None:
    run = Simulation(line(script("work", "= {}", loop={"cardinality": "= 2"}))).run()
    assert rows(run) == [
        ("start", None, None),
        ("work", "body", 1),
        ("work", "body", 2),
        ("work", "whole", None),
        ("end", None, None),
    ]
    of_work = [step.scope_id for step in run.steps if step.node_id == "work"]
    assert len(set(of_work)) == 3
    assert of_work[2] == run.instance.facts.id


def test_a_standard_loop_counts_its_runs_too() -> None:
    run = Simulation(line(script("work", "= {}", loop={"maxIterations": 2}))).run()
    assert rows(run)[1:4] == [("work", "body", 1), ("work", "body", 2), ("work", "whole", None)]


def test_what_runs_inside_a_body_tells_which_run_of_the_innermost_loop_it_is_in() -> None:
    inner = script("work", "= {}", loop={"cardinality": "= 2"})
    outer = sub_process(
        "sub", start("s"), inner, end("e"), flows=["s->work", "work->e"],
        loop={"cardinality": "= 2", "sequential": True},
    )  # fmt: skip
    run = Simulation(line(outer)).run()
    once = [("work", "body", 1), ("work", "body", 2)]
    assert [row for row in rows(run) if row[0] not in ("start", "end")] == [
        ("s", None, 1), *once, ("work", "whole", 1), ("e", None, 1), ("sub", "body", 1),
        ("s", None, 2), *once, ("work", "whole", 2), ("e", None, 2), ("sub", "body", 2),
        ("sub", "whole", None),
    ]  # fmt: skip
    first = [step.scope_id for step in run.steps if step.loop_counter == 1 and step.node_id in "se"]
    assert len(set(first)) == 1, "what ran in one scope has its id"


def test_what_a_loop_cancels_is_told_from_the_loop() -> None:
    loop = {"cardinality": "= 2", "completionCondition": "= true"}
    run = Simulation(line(script("work", "= {}", loop=loop))).run()
    told = [(step.loop, step.loop_counter, step.outcome) for step in run.steps if step.node_id == "work"]
    assert told == [("body", 1, "completed"), ("body", 2, "cancelled"), ("whole", None, "completed")]
