"""The guard around jsonata-python: what it leaves as it was, and what it ends."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from workers.flow.jsonata.meter import Failure, Jsonata
from workers.flow.jsonata.program import UNDEFINED, compile_bounded

NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)

ORDER: dict[str, Any] = {
    "id": "A-17",
    "customer": {"name": "Jane Doe", "city": "Bonn", "vip": True},
    "tags": ["new", "web"],
    "none": [],
    "lines": [
        {"sku": "a", "price": 2.5, "quantity": 4, "labels": ["x"]},
        {"sku": "b", "price": 10, "quantity": 1, "labels": []},
        {"sku": "a", "price": 3, "quantity": 2, "labels": ["y", "z"]},
    ],
}

ORDINARY = """
id
customer.name
customer.unknown
lines.sku
lines[0].sku
lines[-1].sku
lines[price > 2.6].sku
lines[sku = "a"][1].price
lines[sku = "b"][].sku
lines.(price * quantity)
$sum(lines.(price * quantity)) > 25
lines.labels
lines.labels[0]
lines{sku: $sum(quantity)}
lines^(price).sku
lines^(>price, sku).sku
lines#$at[$at < 2].sku
lines@$line.customer.{"n": name, "s": $line.sku}
lines.{"s": sku, "order": %.id}
customer.*
**.sku
$keys(customer)
$keys(lines)
$lookup(customer, "city")
$spread(customer)
$merge([customer, {"city": "Köln"}])
$each(customer, function($v, $k) { $k & "=" & $v })
$sift(customer, function($v) { $v = true })
$map(lines, function($l, $i) { $i & $l.sku })
$filter(lines, function($l) { $l.quantity > 1 }).sku
$reduce([1..10], function($a, $b) { $a + $b })
$single(lines, function($l) { $l.sku = "b" }).price
$sort(tags)
$sort(lines, function($l, $r) { $l.price > $r.price }).price
$append(tags, "more")
$reverse(tags)
$zip(tags, [1, 2])
$distinct(lines.sku)
$exists(customer.vip) and customer.vip
$boolean(none) or $not(tags)
tags[0] in tags
[1..5][$ % 2 = 1]
[tags, [1, 2], [[3]]]
{"a": [1], "b": {"c": null}}
customer.name & " / " & id & " / " & lines[1].price
$uppercase(customer.name)
$substring(id, 2) & $substringBefore(id, "-") & $substringAfter(id, "-")
$trim("  a   b ") & $pad("x", 4, "-") & $pad("x", -4)
$split("a, b, c", ", ")
$join(tags, "+")
$contains(id, /a-[0-9]+/i)
$match("ab12cd3", /[a-z]+([0-9]+)/).match
$replace("a.b.c", ".", "-")
$replace("a1b22", /[0-9]+/, "#")
$replace("a1b22", /([a-z])([0-9]+)/, "$2$1", 1)
$string(1.50) & $string([1, "a", null]) & $string({"a": true})
$string({"a": [1]}, true)
$number("12.5") + $abs(-3) + $floor(1.9) + $ceil(1.1) + $round(2.5) + $sqrt(16) + $power(2, 10)
$max([1, 3]) - $min([1, 3]) * $average([1, 2, 6])
$formatNumber(1234.5, "#,##0.00") & $formatBase(255, 16) & $formatInteger(14, "w") & $formatInteger(4, "I")
$parseInteger("twelve", "w")
$toMillis("2026-02-03T04:05:06Z")
$fromMillis(1770091506000, "[D01].[M01].[Y0001] [H01]:[m01] [FNn]")
$base64decode($base64encode("Grüße")) & $encodeUrlComponent("a b/ä") & $decodeUrl("a%20b")
$type(null) & $type(tags) & $type($sum)
customer ~> |$|{"name": $uppercase(name)}, "vip"|
tags ~> $count
($add := function($a, $b) { $a + $b }; $two := $add(?, 2); [1, 2].$two($))
($f := function($n) { $n < 2 ? 1 : $n * $f($n - 1) }; $f(20))
($even := function($n) { $n = 0 ? true : $odd($n - 1) }; $odd := function($n) { $n = 0 ? false : $even($n - 1) }; $even(1000))
($up := $uppercase ~> $substring(?, 0, 2); $up("hello"))
customer.unknown ?? "none"
customer.vip ? "v" : "n"
(customer; $)
$$.id
""".strip().splitlines()  # noqa: E501 - an expression is one line


def value(source: str, variables: dict[str, Any]) -> Any:
    return compile_bounded(source).run(variables, NOW)


@pytest.mark.parametrize("source", ORDINARY)
def test_an_ordinary_expression_means_what_it_means_to_the_bare_library(source: str) -> None:
    bare = Jsonata(source)
    expected = bare.evaluate(json.loads(json.dumps(ORDER)))
    result = value(source, ORDER)
    assert (None if result is UNDEFINED else result) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("[5.5 % 2, -7 % 3]", [1.5, -1]),  # the library cuts the remainder to an integer
        ("$lowercase('Straße')", "straße"),  # it folds the case
        ("$replace('aaa', /a/, 'ab', 2)", "ababa"),  # it looks again in what it put in
        ("$replace('ab', /(a)(b)/, function($m) { $m.groups[0] })", "a"),  # it counts the whole as a group
        ("$sort([{'n': 1}, {'n': 2}], function($l, $r) { false }).n", [1, 2]),  # it turns equals around
        ("$distinct([1, true])", [1, True]),  # to it they are equal
        ("(" * 30 + "c" + " ?? d)" * 29 + " ?? 3)", 3),  # its work doubles with each
        ("(" * 30 + "c" + " ?: d)" * 29 + " ?: 3)", 3),
        ("({'a': {'n': 1}} ~> |$$.b|{'n': 2}|; b.n)", 1),  # it changes what the pattern finds elsewhere
        ("[1, null] = [1, null] and {'a': null}.a = null", True),
    ],
)
def test_where_the_library_strays_from_jsonata_it_does_not_follow(source: str, expected: object) -> None:
    assert json.dumps(value(source, {"b": {"n": 1}})) == json.dumps(expected)


@pytest.mark.parametrize(
    "source",
    [
        "$lookup($$, '__class__')",
        "name.__class__.__mro__",
        "$sum.__globals__",
        "/a/.pattern",
        "($f := function() { 1 }; $f.environment)",
        "name.upper",
    ],
)
def test_nothing_reaches_python(source: str) -> None:
    assert value(source, {"name": "Jane"}) is UNDEFINED


def test_a_text_can_be_built_piece_by_piece() -> None:
    # Each step makes a new text, 36 MB in all; what counts is what is still held.
    rows = [f"row {at:<194}" for at in range(600)]
    assert value("$reduce(rows, function($text, $row) { $text & $row })", {"rows": rows}) == "".join(rows)


def test_a_failure_holds_none_of_the_evaluation() -> None:
    with pytest.raises(Failure) as caught:
        value("$map(big, function($x) { $x + 1 })", {"big": "x" * 1_000})
    assert caught.value.__context__ is None
    assert len(str(caught.value)) < 500


def test_the_bare_library_works_on_in_a_thread_that_ran_a_program() -> None:
    bare = Jsonata("$map([1, 2], function($x) { $x + y })")

    def run() -> Any:
        value("1", {})
        return bare.evaluate({"y": 1})

    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(run).result() == [2, 3]


def test_a_program_is_run_by_many_threads_at_once() -> None:
    program = compile_bounded("lines.(($f := $substring(?, 0, 1); $f(sku) & %.id & $string(price)))")
    wanted = program.run(ORDER, NOW)
    with ThreadPoolExecutor(8) as threads:
        assert all(result == wanted for result in threads.map(lambda _: program.run(ORDER, NOW), range(100)))
