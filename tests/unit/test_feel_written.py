"""How translated FEEL is written, what of it is refused, and where a value is an expression."""

from datetime import UTC, datetime
from typing import Any

import pytest

from workers.flow.bpmn.feel.translate import Untranslatable, translate_feel
from workers.flow.bpmn.templated import translate_templated
from workers.flow.values.expression import ExpressionError
from workers.flow.values.template import compile_template

NOW = datetime(2026, 2, 3, tzinfo=UTC)
VARIABLES: dict[str, Any] = {"amount": 120, "name": "Jane", "customer": {"name": "Jo"}}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("=amount > 100", "= amount > 100"),
        ('decision = "approved"', '= decision = "approved"'),
        (
            'decision != "approved"',
            '= $not(decision != null and $type(decision) != "string") ? $not(decision = "approved") : null',
        ),
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
        ("string join(x, y)", "`string join`"),
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


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('now() + duration("PT1S")', "2026-02-03T00:00:01.000Z"),
        ('duration("P1D") + now()', "2026-02-04T00:00:00.000Z"),
        ('now() - duration("PT90M")', "2026-02-02T22:30:00.000Z"),
        ("now()", "2026-02-03T00:00:00.000Z"),
        ('date and time("2026-01-01T10:00:00+01:00")', "2026-01-01T10:00:00+01:00"),
        ('date and time("2026-01-01T10:00:00")', "2026-01-01T10:00:00"),
        ('date and time("2026-01-01T10:00:00@Europe/Berlin")', "2026-01-01T10:00:00[Europe/Berlin]"),
        ('date and time("2026-01-01T10:00:00+01:00") + duration("PT1H")', "2026-01-01T10:00:00.000Z"),
        ("date and time(when)", "2026-05-01T10:00:00.000Z"),
        ('date and time(when) - duration("P1D")', "2026-04-30T10:00:00.000Z"),
        ('duration("PT1H")', "PT1H"),
        ('duration("P1M")', "P1M"),
        ("duration(span)", "PT5M"),
        ('duration("PT1H") + duration("PT30M")', "PT5400S"),
        ('date and time("2026-02-03T00:01:00Z") - now()', "PT60S"),
        ('now() - date and time("2026-02-03T00:00:01Z")', "-PT1S"),
        ('if amount > 100 then now() else now() + duration("P1D")', "2026-02-03T00:00:00.000Z"),
        ("span", "PT5M"),
    ],
)
def test_a_timer_takes_moments_and_durations(source: str, expected: str) -> None:
    given = {**VARIABLES, "when": "2026-05-01T12:00:00+02:00", "span": "PT5M"}
    template = compile_template(translate_templated(f"={source}", "feel", moment=True))
    assert template.evaluate(given, now=NOW).value == expected


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ('now() + duration("P1M")', "days and shorter parts"),
        ("now() + duration(span)", "written out"),
        ('date and time("2026-01-01T10:00:00") + duration("PT1H")', "offset"),
        ("now() + 1", "number"),
        ("now() + now()", "moment"),
        ("now(1)", "`now`"),
        ('duration("an hour")', "no duration"),
        ("string(now())", "moment"),
    ],
)
def test_what_has_no_length_or_no_place_in_time_is_refused_in_a_sum(source: str, word: str) -> None:
    with pytest.raises(Untranslatable) as refused:
        translate_feel(source, moment=True)
    assert word in str(refused.value)


def test_a_local_time_in_a_variable_is_no_moment() -> None:
    template = compile_template(translate_templated("=date and time(when)", "feel", moment=True))
    with pytest.raises(ExpressionError, match="names no offset"):
        template.evaluate({"when": "2026-05-01T12:00:00"}, now=NOW)


def test_a_plain_path_is_written_as_itself_where_it_is_compared() -> None:
    assert translate_feel("=x.y > 1", condition=True) == "= x.y > 1"
