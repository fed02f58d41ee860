"""What JUEL makes of operands of other kinds than an operator takes, row by row as JSR 341 coerces them.

Each row holds however its values come: as variables, as entries of maps, as what a choice gives, as literals.
"""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from workers.flow.bpmn.juel.translate import translate_juel
from workers.flow.values.expression import ExpressionError, compile_expression

NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
FAILS = "fails"

BOOLEANS: list[tuple[Any, Any]] = [  # a value, and the boolean that it is coerced to (1.23.4)
    (True, True),
    (False, False),
    (None, False),
    ("", False),
    ("true", True),
    ("TRUE", True),
    ("false", False),
    ("yes", False),
    (1, FAILS),
    (0, FAILS),
    ([], FAILS),
    ({}, FAILS),
]
NUMBERS: list[tuple[Any, Any]] = [  # a value, and the number (1.23.3)
    (5, 5),
    (5.5, 5.5),
    (None, 0),
    ("", 0),
    ("5", 5),
    ("-5", -5),
    ("5.5", 5.5),
    ("1e2", 100),
    ("five", FAILS),
    ("0x10", FAILS),
    ("1_0", FAILS),
    ("5 EUR", FAILS),
    (True, FAILS),
    (False, FAILS),
    ([5], FAILS),
    ({}, FAILS),
]
EQUALS: list[tuple[Any, Any, Any]] = [  # two values, and whether they are equal (1.9.2)
    (None, None, True),
    (None, "", False),
    (None, 0, False),
    (None, False, False),
    (5, 5, True),
    (5, 5.5, False),
    ("5", 5, True),
    ("6", 5, False),
    ("", 0, True),
    ("", 5, False),
    ("5.5", 5.5, True),
    ("5.5", 5, FAILS),
    ("five", 5, FAILS),
    (True, 1, FAILS),
    ([5], 5, FAILS),
    (True, True, True),
    (False, True, False),
    ("true", True, True),
    ("True", True, True),
    ("yes", True, False),
    ("yes", False, True),
    ("", False, True),
    ([], True, FAILS),
    ({}, False, FAILS),
    ("a", "a", True),
    ("a", "A", False),
    ("", "", True),
    ("5", "5.0", False),
    ([1, 2], [1, 2], True),
    ([1], [2], False),
    ({"a": 1}, {"a": 1}, True),
    ([], "a", False),
]
LESS: list[tuple[Any, Any, Any]] = [  # two values, and whether the first is less (1.9.1)
    (None, None, False),
    (None, 5, False),
    (None, "a", False),
    (4, 5, True),
    (5, 5, False),
    (4.5, 5, True),
    ("4", 5, True),
    ("10", 9, False),
    ("10", "9", True),
    ("", 1, True),
    ("4.5", 5, FAILS),
    ("4.5", 5.5, True),
    ("four", 5, FAILS),
    (True, 5, FAILS),
    ([], 5, FAILS),
    ("a", "b", True),
    ("b", "a", False),
    (False, True, True),
    (True, False, False),
    ("false", True, True),
    ([], "a", FAILS),
    ({}, {}, FAILS),
]


def juel(source: str, **variables: Any) -> Any:
    try:
        return compile_expression(translate_juel(source)).evaluate(variables, now=NOW)
    except ExpressionError:
        return FAILS


def written(value: Any, name: str) -> list[tuple[str, dict[str, Any]]]:
    """The value as a variable, as an entry of a map, as a choice, and as a literal if it can be one."""
    made: list[tuple[str, dict[str, Any]]] = [
        (name, {name: value}),
        (f"{name}.entry", {name: {"entry": value}}),
        (f"(yes ? {name} : {name})", {"yes": True, name: value}),
    ]
    return made if isinstance(value, list | dict) else [*made, (json.dumps(value), {})]


def both(left: Any, right: Any) -> list[tuple[str, str, dict[str, Any]]]:
    """Two values written in each way, one of them no literal."""
    return [
        (one, two, ones | twos)
        for one, ones in written(left, "a")
        for two, twos in written(right, "b")
        if ones or twos
    ]


def opposite(expected: Any) -> Any:
    return expected if expected is FAILS else not expected


@pytest.mark.parametrize(("given", "expected"), BOOLEANS, ids=repr)
def test_an_operand_is_coerced_to_a_boolean(given: Any, expected: Any) -> None:
    chosen = {True: 1, False: 2, FAILS: FAILS}[expected]
    for text, variables in written(given, "a")[:3]:
        assert juel(f"${{!{text}}}", **variables) == opposite(expected)
        assert juel(f"${{{text} && true}}", **variables) == expected
        assert juel(f"${{{text} || false}}", **variables) == expected
        assert juel(f"${{{text} ? 1 : 2}}", **variables) == chosen


@pytest.mark.parametrize(("given", "expected"), NUMBERS, ids=repr)
def test_an_operand_is_coerced_to_a_number(given: Any, expected: Any) -> None:
    failed = expected is FAILS
    for text, variables in written(given, "a")[:3]:
        assert juel(f"${{{text} + 1}}", **variables) == (FAILS if failed else expected + 1)
        assert juel(f"${{1 - {text}}}", **variables) == (FAILS if failed else 1 - expected)
        assert juel(f"${{{text} * 2}}", **variables) == (FAILS if failed else expected * 2)
        assert juel(f"${{{text} / 2}}", **variables) == (FAILS if failed else expected / 2)
        assert juel(f"${{-{text}}}", **variables) == (FAILS if failed else -expected)


@pytest.mark.parametrize(("left", "expected"), [(7, 1), (-7, -1), ("7", 1), (7.5, 1.5)], ids=repr)
def test_a_remainder_has_the_sign_of_what_is_divided(left: Any, expected: Any) -> None:
    assert juel("${a % 3}", a=left) == juel("${a % b}", a=left, b="3") == expected


@pytest.mark.parametrize(("left", "right", "expected"), EQUALS, ids=repr)
def test_two_operands_are_equal_as_the_specification_coerces_them(
    left: Any, right: Any, expected: Any
) -> None:
    for one, two, variables in both(left, right):
        assert juel(f"${{{one} == {two}}}", **variables) == expected, (one, two)
        assert juel(f"${{{two} == {one}}}", **variables) == expected, (two, one)
        assert juel(f"${{{one} != {two}}}", **variables) == opposite(expected), (one, two)


@pytest.mark.parametrize(("left", "right", "expected"), LESS, ids=repr)
def test_two_operands_are_in_the_order_that_the_specification_coerces_them_to(
    left: Any, right: Any, expected: Any
) -> None:
    ordered = expected if None in (left, right) or left == right else opposite(expected)
    for one, two, variables in both(left, right):
        if {"true", "false", "null"} & {one, two}:
            continue  # refused: nobody orders by such a literal
        assert juel(f"${{{one} < {two}}}", **variables) == expected, (one, two)
        assert juel(f"${{{two} > {one}}}", **variables) == expected, (one, two)
        if left != right:
            assert juel(f"${{{two} <= {one}}}", **variables) == ordered, (one, two)
            assert juel(f"${{{one} >= {two}}}", **variables) == ordered, (one, two)


@pytest.mark.parametrize("source", ["${a <= b}", "${a >= b}"])
def test_null_is_in_no_order_but_with_itself(source: str) -> None:
    assert juel(source, a=None, b=None) is True
    assert juel(source, a=None, b=5) is False
    assert juel(source, a="x", b=None) is False
    assert juel(source, a=5, b="5") is True


@pytest.mark.parametrize("value", ["text", 5, True, ["a"]], ids=repr)
def test_an_entry_of_what_is_no_map_is_an_error(value: Any) -> None:
    assert juel("${a.b}", a=value) is FAILS
    assert juel("${a.b.c == null}", a={"b": value}) is FAILS


@pytest.mark.parametrize("value", ["text", 5, True], ids=repr)
def test_an_element_of_what_is_no_list_is_an_error(value: Any) -> None:
    assert juel("${a[0]}", a=value) is FAILS


@pytest.mark.parametrize("value", [None, [], {"0": 1}], ids=repr)
def test_an_element_that_is_not_there_is_null(value: Any) -> None:
    assert juel("${a[0] == null}", a=value) is True
