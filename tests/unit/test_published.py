"""What was published compiles for ever: a refusal that came later holds at publish only."""

import pytest

from tests.flows import Json, http, line
from workers.flow.compile import compile_flow
from workers.flow.problem import Place, Problem, Problems

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
URL = "https://crm.example/orders"

#: What an earlier release published, with the code that it is refused with today.
REFUSED_SINCE: dict[str, tuple[Json, str]] = {
    "a form with an object in it": (
        line(http("a", URL, input={"headers": FORM, "body": {"a": {"b": 1}}})),
        "INVALID_REQUEST",
    ),
    "an object as XML": (
        line(http("a", URL, input={"headers": {"content-type": "text/xml"}, "body": {"a": 1}})),
        "INVALID_REQUEST",
    ),
    "an array as a form": (
        line(http("a", URL, input={"headers": FORM, "body": [1]})),
        "INVALID_REQUEST",
    ),
}


@pytest.mark.parametrize("name", REFUSED_SINCE)
def test_what_is_refused_since_then_compiles_where_it_was_published(name: str) -> None:
    definition, code = REFUSED_SINCE[name]
    refused, problems = compile_flow(definition)
    assert refused is None
    assert [each.code for each in problems if each.severity == "error"] == [code]
    graph, waived = compile_flow(definition, published=True)
    assert graph is not None
    assert [each.code for each in waived if each.waived] == [code]


def test_a_later_refusal_keeps_a_definition_from_being_published() -> None:
    problems = Problems()
    Place(problems, "nodes[0]", "a").refuse("NEW_RULE", "This is refused now.")
    assert list(problems) == [Problem("a", "NEW_RULE", "This is refused now.", "error", "nodes[0]")]
    assert problems.fatal


def test_a_later_refusal_is_a_waived_warning_of_what_was_published_before() -> None:
    problems = Problems(published=True)
    Place(problems, "nodes[0]", "a").refuse("NEW_RULE", "This is refused now.")
    assert list(problems) == [Problem("a", "NEW_RULE", "This is refused now.", "warning", "nodes[0]", True)]
    assert not problems.fatal
