"""Whatever is given as a definition, it is answered with problems, and twice as much takes twice the work."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.calls import calls
from tests.flows import Json, end, flow, line, node, script, start, user
from tests.unit.complaint import COMPLAINT
from tests.unit.whole import WHOLE, begin, by_event, inner, throw
from workers.flow.compiler.compile import compile_flow

DATA: Json = {"type": "object", "properties": {"amount": {}, "customer": {}}}


def long(nodes: int) -> Json:
    scripts = [script(f"s{n}", f"= x + {n}", resultVariable="x") for n in range(nodes - 2)]
    return line(*scripts, inputSchema=DATA)


def is_linear(document: Callable[[int], Json], count: int) -> bool:
    """Whether twice the count takes about twice the work; four times, where each looks at all others."""
    once, twice = document(count), document(2 * count)
    return calls(lambda: compile_flow(twice)) < 2.7 * calls(lambda: compile_flow(once))


def test_a_flow_of_as_many_nodes_as_it_may_have_compiles() -> None:
    assert compile_flow(long(5_000))[0] is not None
    assert is_linear(long, 200)


@pytest.mark.parametrize(
    "document",
    [
        lambda n: {**line(), **{f"property{at}": 1 for at in range(n)}},
        lambda n: flow(start(), *[{"id": str(at), "type": "x" * 50} for at in range(n)], flows=[]),
        lambda n: flow(start(), end(), flows=["start->end", *[f"a{at}->b{at}" for at in range(n)]]),
        lambda n: flow(start(), *[user("same") for _ in range(n)], flows=[]),
    ],
    ids=["properties", "types", "references", "ids"],
)
def test_countless_mistakes_are_told_in_bounded_work_and_number(document: Callable[[int], Json]) -> None:
    graph, problems = compile_flow(document(1_000))
    assert graph is None
    assert len(problems) == 500
    assert is_linear(document, 1_000)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 10**20)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(
        [
            "=",
            "= 1 +",
            "{a}",
            "{secrets.A}",
            "PT1S",
            "userTask",
            "start",
            "f1",
            "https://a.example",
            "\0",
            "\ud800",
        ]
    ),
    lambda each: (
        st.lists(each, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "nodes", "event", "form", "input", "$ref", "a b"])
            | st.text(max_size=3),
            each,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(JSON | st.binary(max_size=3) | st.dictionaries(st.integers(), st.integers(), max_size=1))
def test_anything_is_answered_with_problems(document: Any) -> None:
    graph, problems = compile_flow(document)
    assert graph is None
    assert problems


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_definition_is_answered_with_problems(data: st.DataObject) -> None:
    document = deepcopy(data.draw(st.sampled_from([COMPLAINT, WHOLE])))
    for _ in range(data.draw(st.integers(1, 3))):
        damage(document, data)
    graph, problems = compile_flow(document)
    assert (graph is None) == any(each.severity == "error" for each in problems)


def damage(document: Any, data: st.DataObject) -> None:
    """Walk down to some place and put something else there, take it away, or add a thing to it."""
    here = document
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        if not isinstance(here[key], dict | list) or data.draw(st.integers(0, 3)) == 0:
            break
        here = here[key]
    kind = data.draw(st.sampled_from(["replace", "remove", "add"]))
    if kind == "remove":
        del here[key]
    elif kind == "replace" or isinstance(here, list):
        here[key] = data.draw(JSON)
    else:
        here[data.draw(st.text(max_size=4) | st.sampled_from(["loop", "default", "input", "name"]))] = (
            data.draw(JSON)
        )


def test_nesting_too_deep_is_a_problem_and_not_an_exception() -> None:
    deep: Any = []
    for _ in range(65):
        deep = [deep]
    graph, problems = compile_flow({**line(), "name": deep})
    assert graph is None
    assert [each.code for each in problems] == ["INVALID_DOCUMENT"]


def test_more_nodes_than_a_flow_may_have_are_not_looked_at() -> None:
    _, problems = compile_flow(flow(*[user("same") for _ in range(5_001)], flows=[]))
    assert [(each.code, each.path) for each in problems] == [("TOO_LARGE", "nodes")]


def test_sub_processes_of_one_id_in_each_other_are_told_of() -> None:
    tangle = inner("o", inner("m", inner("o", user("a"), flows=[]), flows=[]), flows=[])
    document = flow(inner("x", flows=[]), inner("x", tangle, flows=[]), flows=[])
    _, problems = compile_flow(document)
    assert [(each.code, each.path) for each in problems] == [("DUPLICATE_ID", "nodes[1].id")]


@pytest.mark.parametrize(
    "document",
    [
        lambda n: flow(
            *[by_event(f"s{at}", begin(f"b{at}", type="error", errorRef=f"e{at}")) for at in range(n)],
            start(),
            flows=[],
            errors=[{"id": f"e{at}", "errorCode": f"E{at}"} for at in range(n)],
        ),
        lambda n: flow(
            inner("s", *[user(f"u{at}") for at in range(n)], flows=[]),
            *[throw(f"t{at}", type="compensation", activityRef="s") for at in range(n)],
            flows=[],
        ),
        lambda n: flow(
            start(),
            *[node(f"g{at}", "inclusiveGateway") for at in range(n)],
            flows=["start->g0", *[f"g{at}->g{at + 1}" for at in range(n - 1)]],
        ),
    ],
    ids=["event sub-processes", "compensation", "joins"],
)
def test_many_of_one_kind_are_compiled_in_bounded_work(document: Callable[[int], Json]) -> None:
    assert is_linear(document, 150)


def test_what_no_store_can_keep_is_refused_with_its_place() -> None:
    _, problems = compile_flow({**line(), "name": "\0"})
    assert [(each.code, each.path) for each in problems] == [("INVALID_DOCUMENT", "name")]
