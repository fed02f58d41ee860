"""No schema, template or value can hurt: each is refused or done within counts, which are small here.

The larger ones of each kind take seconds or minutes where nothing counts: patterns that try again and
again, alternatives that each look at all of a value, secrets in ten thousand places.
"""

from typing import Any

import pytest

from tests.hostile.measure import NOW
from workers.flow.jsonata.bounds import Bounds
from workers.flow.schema import Bounds as SchemaBounds
from workers.flow.schema import SchemaError, compile_schema
from workers.flow.values.expression import ExpressionError
from workers.flow.values.template import TemplateSyntaxError, compile_template, reveal

ONES = [1] * 300
FEW = SchemaBounds(steps=300, subschemas=100, patterns=10, program=500, nesting=30, depth=40)
SMALL = Bounds(
    template=200, placeholder=50, placeholders=100, steps=4_000, result=500, size=20_000, items=500
)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"pattern": "(ab){30}c"}, "ab" * 300),
        ({"pattern": "[ab]{40}$"}, "ab" * 900),
        ({"anyOf": [{"enum": [at]} for at in range(20)]}, [1.5] * 60),
        ({"anyOf": [{"const": at} for at in range(50)]}, [{"a": 1}] * 20),
        ({"allOf": [{"uniqueItems": True}] * 50}, [[at, []] for at in range(10)]),
        ({"items": {"multipleOf": 0.25}}, [1.5] * 300),
        ({"items": {"type": "integer"}}, ONES),
        ({"contains": {"type": "string"}}, ONES),
        ({"allOf": [{"if": False}] * 90}, ONES),
        ({"unevaluatedItems": False, "contains": {"type": "string"}}, ONES),
    ],
)
def test_a_value_that_costs_too_much_to_check_is_given_up(schema: Any, value: Any) -> None:
    assert compile_schema(schema, FEW).errors(value)[-1] == ("", "is too large to be checked by this schema")
    assert "too large" not in str(compile_schema(schema).errors(value))


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"patternProperties": {f"[ab]{{9}}{at}": {} for at in range(20)}}, "too many or too large"),
        ({"allOf": [{"pattern": f"a{{90}}{at}"} for at in range(9)]}, "too many or too large"),
        ({"$defs": {f"d{at}": {"$id": f"{at}"} for at in range(200)}}, "more than 100 subschemas"),
        ({"$id": "http://h/" + "a/" * 300}, "at most 500 characters"),
    ],
)
def test_a_schema_that_takes_long_to_compile_is_refused(schema: Any, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        compile_schema(schema, FEW)


def test_a_schema_that_nests_too_deep_is_refused() -> None:
    schema: dict[str, Any] = {}
    for _ in range(31):
        schema = {"not": schema}
    with pytest.raises(SchemaError, match="nested deeper than 30 levels"):
        compile_schema(schema, FEW)
    assert compile_schema(schema["not"], FEW).errors(1) == []


def test_subschemas_that_wait_for_each_other_are_counted() -> None:
    chain = {f"d{at}": {"$ref": f"#/$defs/d{at + 1}"} for at in range(50)}
    schema: Any = {"$ref": "#/$defs/d0", "$defs": {**chain, "d50": {"type": "integer"}}}
    assert compile_schema(schema, SchemaBounds(depth=40)).errors(1) == [
        ("", "is nested too deeply to be checked")
    ]
    assert compile_schema(schema).errors(1) == []


@pytest.mark.parametrize(
    "template",
    [
        "{n}" * 70,
        "{" + "a." * 200,
        "{n" + "[0]" * 40 + "}",
        ["{n}"] * 101,
        ["=1"] * 6,
        "list: {ones}",
        "{ones}" * 30,
        '{["\\u0000"]}',
        '{["\\ud800"]}',
        ["{n}"] * 100 + ["x" * 600, "{ones}"],
    ],
)
def test_a_template_that_asks_too_much_is_refused(template: Any) -> None:
    with pytest.raises((TemplateSyntaxError, ExpressionError)):
        compile_template(template, bounds=SMALL).evaluate({"n": 1, "ones": ONES}, now=NOW, bounds=SMALL)


@pytest.mark.parametrize("template", [{"k" * 5_000: ONES}, {"k" * 5_000: ["{n}"] * 20}])
def test_long_keys_cost_nothing_where_no_secret_is(template: Any) -> None:
    compiled = compile_template(template, bounds=SMALL)
    assert compiled.evaluate({"n": 1}, now=NOW, bounds=SMALL).secrets == {}


def test_numbers_that_are_passed_on_count_by_their_digits() -> None:
    with pytest.raises(ExpressionError, match="the result exceeds 500 characters"):
        compile_template(["{n}"] * 20).evaluate({"n": [10**18] * 40}, now=NOW, bounds=SMALL)


def test_each_secret_is_looked_up_and_put_in_once() -> None:
    template = compile_template({f"k{at}": "{secrets.A}" for at in range(1_000)}, allow_secrets=True)
    asked: list[str] = []

    def lookup(name: str) -> str:
        asked.append(name)
        return "s"

    made = reveal(template.evaluate({}, now=NOW), lookup)
    assert made == {f"k{at}": "s" for at in range(1_000)}
    assert asked == ["A"] * 1_000
