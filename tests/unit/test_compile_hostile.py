"""Whatever is given as a definition, it is answered with problems, and soon."""

import time
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.flows import Json, end, flow, line, node, script, start, user
from tests.unit.complaint import COMPLAINT
from tests.unit.whole import WHOLE, begin, by_event, inner, throw
from workers.flow.compile import compile_flow

DATA: Json = {"type": "object", "properties": {"amount": {}, "customer": {}}}


def test_a_flow_of_5000_nodes_compiles_within_seconds() -> None:
    document = line(
        *[script(f"s{n}", f"= x + {n}", resultVariable="x") for n in range(4_998)], inputSchema=DATA
    )
    began = time.thread_time()
    assert compile_flow(document)[0] is not None
    assert time.thread_time() - began < 20


@pytest.mark.parametrize(
    "document",
    [
        {**line(), **{f"property{n}": 1 for n in range(50_000)}},
        flow(start(), *[{"id": str(n), "type": "x" * 50} for n in range(4_000)], flows=[]),
        flow(start(), end(), flows=["start->end", *[f"a{n}->b{n}" for n in range(15_000)]]),
        flow(start(), *[user("same") for _ in range(4_000)], flows=[]),
    ],
    ids=["properties", "types", "references", "ids"],
)
def test_countless_mistakes_are_told_in_bounded_time_and_number(document: Json) -> None:
    began = time.thread_time()
    graph, problems = compile_flow(document)
    assert time.thread_time() - began < 10
    assert graph is None
    assert len(problems) == 500


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


def test_nesting_without_end_is_a_problem_and_not_an_exception() -> None:
    deep: Any = []
    for _ in range(100_000):
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
        flow(
            *[by_event(f"s{n}", begin(f"b{n}", type="error", errorRef=f"e{n}")) for n in range(1_600)],
            start(),
            flows=[],
            errors=[{"id": f"e{n}", "errorCode": f"E{n}"} for n in range(1_600)],
        ),
        flow(
            inner("s", *[user(f"u{n}") for n in range(2_400)], flows=[]),
            *[throw(f"t{n}", type="compensation", activityRef="s") for n in range(2_400)],
            flows=[],
        ),
        flow(
            start(),
            *[node(f"g{n}", "inclusiveGateway") for n in range(4_000)],
            flows=["start->g0", *[f"g{n}->g{n + 1}" for n in range(3_999)]],
        ),
    ],
    ids=["event sub-processes", "compensation", "joins"],
)
def test_many_of_one_kind_are_compiled_in_bounded_time(document: Json) -> None:
    began = time.thread_time()
    compile_flow(document)
    assert time.thread_time() - began < 5


def test_what_no_store_can_keep_is_refused_with_its_place() -> None:
    _, problems = compile_flow({**line(), "name": "\0"})
    assert [(each.code, each.path) for each in problems] == [("INVALID_DOCUMENT", "name")]
