"""How translated FEEL is written, what of it is refused, and where a value is an expression."""

from datetime import UTC, datetime
from typing import Any

import pytest

from workers.flow.bpmn.feel import Untranslatable, translate_feel
from workers.flow.bpmn.templated import translate_templated
from workers.flow.template import compile_template

NOW = datetime(2026, 2, 3, tzinfo=UTC)
VARIABLES: dict[str, Any] = {"amount": 120, "name": "Jane", "customer": {"name": "Jo"}}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("=amount > 100", "= amount > 100"),
        ('decision = "approved"', '= decision = "approved"'),
        ('decision != "approved"', '= $not(decision = "approved")'),
        ("approved", "= approved"),
        ("x != null and x > 5", "= x != null and x > 5"),
        ('a = "x" and b > 1', '= a = "x" ? b > 1 : false'),
        ("not(amount > 100)", "= $not(amount > 100)"),
    ],
)
def test_a_common_condition_stays_as_short_as_it_was(source: str, expected: str) -> None:
    assert translate_feel(source, condition=True) == expected


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("", "empty"),
        ('date and time("2026-01-01T00:00:00Z")', "`date and time`"),
        ("now() > x", "`now`"),
        ('duration("P1D")', "`duration`"),
        ('@"2026-01-01"', "`@`"),
        ("my function(x)", "`my function`"),
        ("x.f(1)", "`f`"),
        ("function(a) a + 1", "`function`"),
        ("x instance of number", "`instance of`"),
        ("? > 5", "`?`"),
        ("> 5", "unary test"),
        ("2 ** 3", "`**`"),
        ("xs[i]", "`[…]`"),
        ("xs[0]", "`[…]`"),
        ("xs[item.a[1] > 1][item[1] > 1]", "list of lists"),
        ("[1..5]", "range"),
        ("for i in 1..n return i", "range"),
        ("for i in 3..1 return i", "range"),
        ("for x in a, y in b return x", "several iterators"),
        ("for x in a return partial", "`partial`"),
        ("{a: 1, b: a}", "`a`"),
        ("{a: 1, a: 2}", "twice"),
        ('1 = "a"', "`=`"),
        ('1 < "a"', "`<`"),
        ("true > false", "`>`"),
        ("[1] + 1", "list"),
        ("1 / 0", "zero"),
        ("1 and true", "`and`"),
        ("x in [1] and y", "`in`"),
        ("x in true", "boolean"),
        ("null + 1", "null"),
        ('"a".b', "string"),
        ("12345678901234567", "digits"),
        ('"\\u0041"', "`\\u`"),
        ("first name", "`first name`"),
        ("secrets.KEY", "secrets"),
        ('matches(x, "(?i)a")', "`matches`"),
        ("matches(x, y)", "`matches`"),
        ("substring(x, n)", "`substring`"),
        ("count(list: xs)", "named arguments"),
        ("count()", "`count`"),
        ("string([1])", "list"),
        ("a = ", "the end"),
        ("a < b < c", "`<`"),
        ("1e5", "`1`"),
        ("a # b", "`#`"),
        ("(" * 51 + "1" + ")" * 51, "deep"),
        ("-" * 3 + "1", "`-`"),
        ("if a then " * 60 + "1" + " else 2" * 60, "deep"),
        ("[" * 400 + "]" * 400, "deep"),
        ("a" * 4_001, "4000 characters"),
        ("a+" * 1_900 + "a", "long"),
        ("a." * 600 + "a", "long"),
        ("a[b>1]" + "[b>1]" * 600, ""),
        ("(" * 999, "deep"),
    ],
)
def test_what_has_no_twin_is_refused_by_name(source: str, word: str) -> None:
    with pytest.raises(Untranslatable) as refused:
        translate_feel(source)
    assert word in str(refused.value)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("=customer.name", "Jo"),
        ("= amount + 1", 121),
        ("plain", "plain"),
        ("{name}", "{name}"),
        ("a {{name}} b {", "a {{name}} b {"),
        ('{["name"]} and {["a{b"]}', '{["name"]} and {["a{b"]}'),
        ("${name}", "${name}"),
        ("{name", "{name"),
        ("", ""),
    ],
)
def test_a_value_is_an_expression_after_its_sign_and_literal_text_else(source: str, expected: Any) -> None:
    template = compile_template(translate_templated(source, "feel"))
    assert template.evaluate(VARIABLES, now=NOW).value == expected


def test_a_plain_path_is_written_as_itself() -> None:
    assert translate_templated("=x.y", "feel") == "= x.y"
