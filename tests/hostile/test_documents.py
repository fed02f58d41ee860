"""No schema, template or value can hurt: each is refused or done within a bounded time."""

import random
from collections.abc import Callable
from contextlib import suppress
from time import thread_time
from typing import Any

import pytest

from tests.hostile.measure import NOW, SECONDS
from workers.flow.expression import ExpressionError
from workers.flow.schema import SchemaError, compile_schema
from workers.flow.template import TemplateSyntaxError, compile_template, reveal

LONG = "k" * 500_000
ONES = [1] * 300_000

# What nothing bounds takes many seconds here; a slow machine may take this much for what is bounded.
MOST = 4 * SECONDS
BITS = "".join(random.Random(1).choice("ab") for _ in range(900_000))


def shortest(work: Callable[[], Any]) -> tuple[float, Any]:
    """The processor time of it, the shortest of five as a busy machine only adds to it, and what it gave."""
    times = []
    for _ in range(5):
        began = thread_time()
        made = work()
        times.append(thread_time() - began)
        if times[-1] < MOST:
            break
    return min(times), made


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"pattern": "(a?){900}b"}, "a" * 900_000),
        ({"pattern": "[ab]*a[ab]{900}$"}, BITS),
        ({"anyOf": [{"enum": [at]} for at in range(20)]}, [1.5] * 60_000),
        ({"anyOf": [{"const": at} for at in range(50)]}, [{"a": 1}] * 20_000),
        ({"allOf": [{"uniqueItems": True}] * 50}, [[at, []] for at in range(10_000)]),
        ({"items": {"multipleOf": 5e-324}}, [1.7e308] * 30_000),
        ({"items": {"type": "integer"}}, ONES),
        ({"contains": {"type": "string"}}, ONES),
        ({"allOf": [{"if": False}] * 5_000}, ONES),
        ({"unevaluatedItems": False, "contains": {"type": "string"}}, ONES),
    ],
)
def test_a_value_is_checked_or_given_up_in_time(schema: Any, value: Any) -> None:
    compiled = compile_schema(schema)
    seconds, _ = shortest(lambda: compiled.errors(value))
    assert seconds < MOST


@pytest.mark.parametrize(
    "schema",
    [
        {"patternProperties": {f"[\\pL\\pN]{{50}}{at}": {} for at in range(1_000)}},
        {"allOf": [{"pattern": f"a{{900}}{at}"} for at in range(1_000)]},
        {"$id": "http://h/" + "a/" * 20_000, "$defs": {f"d{at}": {"$id": f"{at}"} for at in range(2_000)}},
    ],
)
def test_a_schema_that_takes_long_to_compile_is_refused_in_time(schema: Any) -> None:
    def refused() -> None:
        with pytest.raises(SchemaError):
            compile_schema(schema)

    assert shortest(refused)[0] < MOST


@pytest.mark.parametrize(
    "template",
    [
        {LONG: ONES},
        {LONG: ["{n}"] * 20_000},
        "{n}" * 300_000,
        "{" + "a." * 400_000,
        "{n" + "[0]" * 60_000 + "}",
        ["{n}"] * 100_000,
        ["=1"] * 20_000,
        "list: {ones}",
        "{ones}" * 30,
        '{["\\u0000"]}',
        '{["\\ud800"]}',
    ],
)
def test_a_template_is_refused_or_filled_in_time(template: Any) -> None:
    def filled() -> None:
        with suppress(TemplateSyntaxError, ExpressionError):
            compile_template(template).evaluate({"n": 1, "ones": ONES}, now=NOW)

    assert shortest(filled)[0] < MOST


def test_numbers_that_are_passed_on_count_by_their_digits() -> None:
    with pytest.raises(ExpressionError, match="the result exceeds"):
        compile_template(["{n}"] * 20).evaluate({"n": [10**18] * 40_000}, now=NOW)


def test_ten_thousand_secrets_are_put_in_in_linear_time() -> None:
    template = compile_template({f"k{at}": "{secrets.A}" for at in range(10_000)}, allow_secrets=True)
    evaluated = template.evaluate({}, now=NOW)
    seconds, made = shortest(lambda: reveal(evaluated, lambda _: "s"))
    assert made == {f"k{at}": "s" for at in range(10_000)}
    assert seconds < MOST
