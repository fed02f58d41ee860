"""Flows of nested blocks, in whatever order and with whatever trouble they run."""

from hypothesis import given, note

from tests.properties.blocks import Block, calm_blocks, listening, wild_blocks
from tests.properties.checked import CheckedWorld, is_over_or_waits
from tests.properties.drawing import CALLED, Drawing
from tests.properties.driver import KEY, Course, PureEvents, numbers

#: More events than any of these flows takes.
ENOUGH = 1_000


def course(drawing: Drawing) -> Course:
    world = CheckedWorld()
    world.deploy("called", CALLED)
    world.deploy("v", drawing.definition, drawing.calls)
    instance = world.start("v", drawing.data, KEY)
    return Course(instance, PureEvents(world), ("go", "sometimes"))


@given(block=calm_blocks, numbers=numbers)
def test_without_interruptions_every_node_is_visited_as_often_as_the_structure_says(
    block: Block, numbers: list[int]
) -> None:
    drawing = Drawing(block)
    run = course(drawing)
    for number in numbers:
        run.step(number, trouble=False)
    assert run.finish(ENOUGH)
    visited = run.instance.visited
    assert run.instance.status == "COMPLETED"
    note(str(drawing.definition))
    assert {id: visited[id] for id in drawing.visits} == dict(drawing.visits)
    assert [pair for pair in drawing.alike if visited[pair[0]] != visited[pair[1]]] == []
    for gateway, *events in drawing.one_of:
        assert sum(visited[event] for event in events) == visited[gateway]


@given(block=wild_blocks, listens=listening, numbers=numbers)
def test_every_move_accounts_for_every_token_scope_and_wait_whatever_happens(
    block: Block, listens: tuple[str, bool] | None, numbers: list[int]
) -> None:
    run = course(Drawing(block, listens))
    for number in numbers:
        run.step(number, trouble=True)
    if run.settle(ENOUGH):
        assert all(map(is_over_or_waits, run.running))


@given(block=wild_blocks, listens=listening, numbers=numbers)
def test_an_instance_ends_once_all_that_it_waits_for_has_come(
    block: Block, listens: tuple[str, bool] | None, numbers: list[int]
) -> None:
    run = course(Drawing(block, listens))
    for number in numbers:
        run.step(number, trouble=False)
    assert run.finish(ENOUGH)
    for _ in range(8):  # an output that waits for `sometimes` may stand behind another one
        for instance in run.running:
            run.events.set_variable(instance, "sometimes", True)
            run.events.retry(instance)
        assert run.finish(ENOUGH)
    codes = {code for instance in run.running for code in instance.incidents.values()}
    assert codes <= {"UNCAUGHT_ERROR"}
    assert codes or not run.running
