"""Graphs that are wired at random: nothing about them is sensible, and still everything is in order."""

from hypothesis import assume, given

from tests.properties.checked import CheckedWorld, is_over_or_waits
from tests.properties.driver import KEY, MANY_TOKENS, Course, PureEvents, numbers
from tests.properties.graphs import SWITCHES, Wiring, drawn, wirings
from tests.properties.rules import Rules, witness


def course(wiring: Wiring) -> Course:
    definition, data = drawn(wiring)
    world = CheckedWorld()
    world.deploy("v", definition)
    instance = world.start("v", data, KEY)
    return Course(instance, PureEvents(world), SWITCHES)


@given(wiring=wirings(), numbers=numbers)
def test_joins_fire_when_the_words_of_the_standard_say_so_and_only_then(
    wiring: Wiring, numbers: list[int]
) -> None:
    run = course(wiring)
    rules = Rules(run.instance.graph)
    with witness() as seen:
        for number in numbers:
            if not run.step(number, trouble=True):
                break
            rules.check_waiting(run.instance)
    visited = run.instance.visited
    for join in run.instance.graph.nodes.values():
        if join.joins and run.instance.status == "RUNNING":
            assert seen.fired[join.id] >= visited[join.id]


@given(wiring=wirings(), numbers=numbers)
def test_every_move_of_a_graph_accounts_for_every_token_scope_and_wait(
    wiring: Wiring, numbers: list[int]
) -> None:
    run = course(wiring)
    for number in numbers:
        run.step(number, trouble=True)
    settled = run.settle(300)
    assume(settled or len(run.instance.tokens) <= MANY_TOKENS)
    assert is_over_or_waits(run.instance) or not settled
