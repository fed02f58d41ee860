"""Each operator and function of JSONata beside the answers of its reference implementation.

`python -m tests.reference` asks it again. What is answered otherwise here is a row of docs/jsonata.md.
"""

import re
from pathlib import Path

import pytest

from tests.reference import answers
from tests.reference.cases import cases

KEPT = answers.kept()
ROWS = answers.differences()
PAGE = Path(__file__).parents[2] / "docs" / "jsonata.md"
OTHERWISE = {expression: here for row in ROWS.values() for expression, here in row.items()}


@pytest.mark.parametrize("title", KEPT)
def test_an_expression_means_what_the_reference_implementation_or_the_page_of_differences_says(
    title: str,
) -> None:
    wrong = {}
    for expression, reference in KEPT[title].items():
        expected = OTHERWISE.get(expression, answers.of_doubles(reference))
        here = answers.ours(expression)
        if not answers.same(expected, here):
            wrong[expression] = (expected, here)
    assert wrong == {}


def test_the_answers_that_are_kept_are_of_all_cases() -> None:
    assert {title: [*group] for title, group in KEPT.items()} == cases()


def test_what_is_said_to_differ_does() -> None:
    reference = {expression: answer for group in KEPT.values() for expression, answer in group.items()}
    agreeing = [
        expression
        for expression, here in OTHERWISE.items()
        if answers.same(answers.of_doubles(reference[expression]), here)
    ]
    assert agreeing == []


def test_each_difference_is_a_row_of_the_page_with_an_example_that_is_tested() -> None:
    rows = re.findall(r"^\| ([^|]+) \| `(.+?)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(ROWS)
    assert [name for name, example in rows if example.replace("\\|", "|") not in ROWS[name]] == []


@pytest.mark.skipif(answers.MISSING is not None, reason=str(answers.MISSING))
def test_the_reference_implementation_still_answers_what_is_kept() -> None:
    asked = answers.ask()
    assert {title for title in asked if asked[title] != KEPT[title]} == set()
