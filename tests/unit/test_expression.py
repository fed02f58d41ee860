import copy
import json
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

import pytest

from workers.flow.values.expression import (
    UNDEFINED,
    Expression,
    ExpressionError,
    ExpressionSyntaxError,
    compile_expression,
)

NOW = datetime(2026, 2, 3, 4, 5, 6, 789_123, tzinfo=UTC)
VARIABLES: dict[str, Any] = {
    "amount": 120,
    "large": 9_007_199_254_740_993,
    "nothing": None,
    "customer": {"id": 7, "name": "Jane", "tags": ["a", "b"], "left": None},
    "list": [1, None, 2],
    "empty": [],
    "items": [
        {"sku": "a", "qty": 2, "price": 1.5},
        {"sku": "b", "qty": 1, "price": 10},
        {"sku": "a", "qty": 5, "price": 3},
    ],
}


def value(source: str, variables: dict[str, Any] | None = None) -> Any:
    return compile_expression(source).evaluate(VARIABLES if variables is None else variables, now=NOW)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("amount > 100 and customer.name = 'Jane'", True),
        ("customer.name & ': ' & amount", "Jane: 120"),
        ("$sum(items.(qty * price))", 28),
        ("items[qty > 1].sku", ["a", "a"]),
        ("items{sku: $sum(qty)}", {"a": 7, "b": 1}),
        ("items^(>price).sku", ["b", "a", "a"]),
        ("items#$i[$i = 1].sku", "b"),
        ("items@$i.customer.{'s': $i.sku, 'n': name}[0]", {"s": "a", "n": "Jane"}),
        ("items.{'s': sku, 'a': %.amount}[0]", {"s": "a", "a": 120}),
        ("$map(items, function($v, $i) { $v.qty * $i })", [0, 1, 10]),
        ("$reduce([1..5], function($a, $b) { $a * $b })", 120),
        ("$sort(items, function($l, $r) { $l.price > $r.price }).sku", ["a", "a", "b"]),
        ("($f := function($n) { $n <= 1 ? 1 : $n * $f($n - 1) }; $f(20))", 2_432_902_008_176_640_000),
        ("($f := function($n, $sum) { $n = 0 ? $sum : $f($n - 1, $sum + $n) }; $f(600, 0))", 180_300),
        ("[1, 2, 3] ~> $sum ~> $string", "6"),
        ("($short := $substring(?, 0, 2); $short('hello'))", "he"),
        ("customer ~> |$|{'name': $uppercase(name)}, ['tags', 'left']|", {"id": 7, "name": "JANE"}),
        ("$replace('John Smith', /(\\w+)\\s(\\w+)/, '$2, $1')", "Smith, John"),
        ("$replace('aaaa', /a/, 'ba', 2)", "babaaa"),
        ("$split('a1b22c', /[0-9]+/)", ["a", "b", "c"]),
        ("$match('ababb', /a(b+)/).groups", ["b", "bb"]),
        ("$contains('Straße', /STRA/i)", True),
        ("$formatNumber(12345.678, '#,##0.00')", "12,345.68"),
        ("$fromMillis(0, '[D1o] [MNn] [Y]')", "1st January 1970"),
        ("$toMillis('2020-01-01T00:00:00.999Z')", 1_577_836_800_999),
        ("$toMillis('27/2/2018 3:30 pm', '[D]/[M]/[Y] [h]:[m] [P]')", 1_519_745_400_000),
        ("$string(0.1 + 0.2)", "0.3"),
        ("$string({'é': [1.5, null]})", '{"é":[1.5,null]}'),
        ("'\\uD83D\\uDE00'", "😀"),
        ("5.5 % 2", 1.5),
        ("unknown ?? 'default'", "default"),
        ("nothing ?: 'default'", "default"),
        ("$distinct([1, 1.0, true, '1', {'a': 1}, {'a': 1}])", [1, True, "1", {"a": 1}]),
    ],
)
def test_jsonata_means_what_its_reference_implementation_says(source: str, expected: object) -> None:
    assert json.dumps(value(source)) == json.dumps(expected)


def test_the_source_is_taken_with_or_without_its_equals_sign() -> None:
    assert (
        compile_expression("= amount + 1").source == compile_expression("amount + 1").source == "amount + 1"
    )


@pytest.mark.parametrize("source", ["unknown", "customer.unknown.deeper", "items[sku = 'z']", "1 > unknown"])
def test_what_is_not_there_is_undefined(source: str) -> None:
    assert value(source) is UNDEFINED


@pytest.mark.parametrize(
    "source", ["nothing", "customer.left", "list[1]", "nothing ?? 5", "$lookup(customer, 'left')"]
)
def test_null_stays_null(source: str) -> None:
    assert value(source) is None


def test_null_and_undefined_are_told_apart_inside_an_expression() -> None:
    assert value("list") == [1, None, 2]
    assert value("{'a': unknown, 'b': nothing}") == {"b": None}
    assert value("[unknown, nothing]") == [None]
    assert value("[$exists(nothing), $exists(unknown), nothing = null, unknown = null]") == [
        True,
        False,
        True,
        False,
    ]


def test_undefined_is_one_falsy_object_wherever_it_is_copied_to() -> None:
    assert not UNDEFINED
    assert repr(UNDEFINED) == "undefined"
    assert copy.deepcopy(UNDEFINED) is UNDEFINED
    assert pickle.loads(pickle.dumps(UNDEFINED)) is UNDEFINED


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("large", 9_007_199_254_740_993),
        ("large + 1", 9_007_199_254_740_994),
        ("-large", -9_007_199_254_740_993),
        ("$max([large, 1])", 9_007_199_254_740_993),
        ("$string(large)", "9007199254740993"),
        ("9007199254740993", 9_007_199_254_740_993),
        ("large = 9007199254740992", False),
    ],
)
def test_integers_stay_exact_within_64_bits(source: str, expected: object) -> None:
    result = value(source)
    assert result == expected
    assert type(result) is type(expected)


def test_a_result_beyond_64_bits_is_a_double() -> None:
    assert value("9223372036854775807 + 1") == 2.0**63
    assert isinstance(value("9223372036854775807 + 1"), float)


def test_now_and_millis_are_the_time_given() -> None:
    assert value("$now()") == "2026-02-03T04:05:06.789Z"
    assert value("$millis()") == 1_770_091_506_789
    assert value("$now('[H01]:[m01]', '+0200')") == "06:05"
    assert value("$fromMillis($toMillis('13:45', '[H]:[m]'))") == "2026-02-03T13:45:00.000Z"


@pytest.mark.parametrize(
    "source",
    [
        "$ ~> |customer|{'name': 'x', 'self': $}, 'tags'|",
        "$$ ~> |**|{'x': 1}|",
        "empty{'a': 1}",
        "$append(list, 5)",
        "$sort(customer.tags, function($l, $r) { $l < $r })",
        "items^(>price)",
    ],
)
def test_variables_are_never_changed(source: str) -> None:
    variables = copy.deepcopy(VARIABLES)
    value(source, variables)
    assert variables == VARIABLES


def test_a_result_shares_nothing_with_the_variables() -> None:
    variables = copy.deepcopy(VARIABLES)
    value("customer", variables)["tags"].append("c")
    assert variables == VARIABLES


def test_one_evaluation_leaves_nothing_to_the_next() -> None:
    expression = compile_expression("($exists($seen) ? 'seen' : 'new') & ($seen := true; '')")
    assert [expression.evaluate({}, now=NOW) for _ in range(2)] == ["new", "new"]


def test_one_expression_serves_many_threads_at_once() -> None:
    source = (
        "($f := function($n) { $n = 0 ? '' : $f($n - 1) & $string(id) }; [$f(20), $substring(?, 0, 1)(id)])"
    )
    expression = compile_expression(source)

    def run(number: int) -> Any:
        return expression.evaluate({"id": str(number % 10)}, now=NOW)

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(run, range(200)))
    assert results == [[str(number % 10) * 20, str(number % 10)] for number in range(200)]


@pytest.mark.parametrize(
    ("source", "names", "complete"),
    [
        ("amount > limit", {"amount", "limit"}, True),
        ("customer.name & $$.amount", {"customer", "amount"}, True),
        ("items[price > 1].sku", {"items"}, True),
        ("items.(qty * $$.rate)", {"items", "rate"}, True),
        ("$.customer.$.name", {"customer"}, True),
        ("items@$i.customer.{'a': $i, 'b': name}", {"items", "customer"}, True),
        ("$map(list, function($x) { $x + amount })", {"list", "amount"}, True),
        ("$map(list, $string)", {"list"}, True),
        ("customer ~> |tags|{'a': b}|", {"customer"}, True),
        ("{'a': amount}", {"amount"}, True),
        ("list ~> $keys", {"list"}, True),
        ("$now()", set(), True),
        ("$", set(), False),
        ("$$", set(), False),
        ("*.id", set(), False),
        ("**.id", set(), False),
        ("$lookup($, 'amount')", set(), False),
        ("$keys()", set(), False),
        ("customer.%.amount", {"customer"}, False),
        ("$count(customer@$c)", {"customer"}, False),
        ("($k := $keys; $k())", set(), False),
        ("function($x)<x-:x> { $x }()", set(), False),
    ],
)
def test_it_tells_what_it_reads(source: str, names: set[str], complete: bool) -> None:
    expression = compile_expression(source)
    assert expression.names == names
    assert expression.reads == (names if complete else None)


@pytest.mark.parametrize(
    ("source", "position"),
    [
        ("=", 1),
        ("= amount +", 10),
        ("= amount > 'x", 13),
        ("= $eval('1')", 7),
        ("= ($f := $eval; $f('1'))", 14),
        ("= /(?=a)b/", 10),
        ("= secrets.CRM", 2),
        ("= $$.secrets.CRM", 2),
        ("= '\\uD800'", 10),
        ("= " + "x" * 20_000, 20_002),
    ],
)
def test_what_is_no_expression_is_refused_with_its_position(source: str, position: int) -> None:
    with pytest.raises(ExpressionSyntaxError) as caught:
        compile_expression(source)
    assert caught.value.position == position


def test_secrets_of_another_object_are_plain_data() -> None:
    assert value("customer.secrets") is UNDEFINED


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("amount + 'x'", "the right side of + must be a number, not string (T2002, at character 8)"),
        ("amount / 0", "out of range"),
        ("1e308 * 10", "out of range"),
        ("$error('told so')", "told so (D3137"),
        ("$assert(amount > 500, 'too little')", "too little (D3141"),
        ("amount()", "not a function"),
        ("$uppercase(amount)", "$uppercase does not take (number)"),
        ("$parseInteger('nonsense', 'w')", "$parseInteger failed (KeyError)"),
        ("$sum", "a function, which is not JSON"),
        ("{'f': function() { 1 }}", "a function, which is not JSON"),
        ("/a/", "a function, which is not JSON"),
        ("'\\u0000'", "NUL"),
        ("$toMillis('soon')", "not a date in ISO 8601"),
    ],
)
def test_a_failed_evaluation_says_why(source: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        value(source)
    assert caught.value.code == "EXPRESSION_FAILED"
    assert message in caught.value.message
    assert caught.value.__context__ is None


def test_the_recursion_limit_of_the_process_is_not_what_the_library_makes_it() -> None:
    assert sys.getrecursionlimit() < 10_000


def test_an_expression_cannot_be_changed() -> None:
    expression: Any = compile_expression("1")
    with pytest.raises(AttributeError):
        expression.source = "2"
    assert isinstance(expression, Expression)


@pytest.mark.parametrize(
    "source",
    [
        "$error('\\u0000')",
        "$assert(false, $decodeUrlComponent('%00'))",
        "$error($formatNumber(1, '\\ud7ff', {'zero-digit': '\\ud7ff'}))",
        "'x' '\\ud800'",
    ],
)
def test_a_message_is_text_that_every_store_takes(source: str) -> None:
    with pytest.raises((ExpressionError, ExpressionSyntaxError)) as caught:
        value(source)
    assert "\N{REPLACEMENT CHARACTER}" in str(caught.value)
    assert "\0" not in str(caught.value)
    assert str(caught.value).encode()


ROWS = {"rows": [{"k": at * 7919 % 1000, "n": str(at % 10), "at": at} for at in range(300)]}


@pytest.mark.parametrize(
    ("source", "key", "descending"),
    [
        ("rows^(k)", "k", False),
        ("rows^(>n)", "n", True),
        ("$sort(rows, function($a, $b) { $a.k > $b.k })", "k", False),
        ("$sort(rows, function($a, $b) { $a.n < $b.n })", "n", True),
    ],
)
def test_sorting_is_stable_and_by_what_is_asked(source: str, key: str, descending: bool) -> None:
    expected = sorted(ROWS["rows"], key=itemgetter(key), reverse=descending)
    assert compile_expression(source).evaluate(ROWS, now=NOW) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("$sort(rows, function($a, $b) { $a.n > $b.n }).n", ["1", "2"]),
        ("$sort(rows, function($a, $b) { $b.k > $a.k }).k", [2, 1]),
        ("$sort(rows, function($a, $b) { $a.k > $a.k }).k", [1, 2]),
        ("rows@$r.$$.rows@$s^(>$s.k, $r.k).($r.k & $s.k)", ["12", "22", "11", "21"]),
        ("rows^(gone, >k).k", [2, 1]),
    ],
)
def test_an_order_is_that_of_its_comparison(source: str, expected: list[Any]) -> None:
    assert value(source, {"rows": [{"k": 1, "n": "1"}, {"k": 2, "n": "2"}]}) == expected
