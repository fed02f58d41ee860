"""The guard around jsonata-python: what it leaves as it was, and what it ends."""

import gc
import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from workers.flow.jsonata.meter import Failure, Jsonata
from workers.flow.jsonata.program import UNDEFINED, Program, compile_bounded
from workers.flow.jsonata.source import SyntaxFailure

NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
SECONDS = 0.75  # of processor time; 0.25 on a machine that does nothing else
MEGABYTES = 64

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

VARIABLES: dict[str, Any] = {
    "big": "x" * 1_000_000,
    "wide": "é😀" * 250_000,
    "control": "\u0001" * 500_000,
    "words": "wörd " * 100_000,
    "bits": "01" * 50_000,
    "list": list(range(100_000)),
    "objects": [{"a": at, "b": str(at)} for at in range(20_000)],
    "map": {str(at): at for at in range(20_000)},
    "lists": {f"k{at}": [at, at] for at in range(30_000)},
    "zeros": [[0] * 300 for _ in range(300)],
    "strings": [f"s{at:05}{'y' * 20}" for at in range(30_000)],
}

HOSTILE = [
    # recursion
    "($f := function($x) { $f($x) }; $f(1))",
    "($f := function($x) { 1 + $f($x) }; $f(1))",
    "($f := function($x) { $f($f($x)) }; $f(1))",
    "($f := function($x) { $x[$f($)] }; $f([1, 2]))",
    "($f := function($x) { $x{'a': $f($x)} }; $f([1, 2]))",
    "($f := function($x) { [3, 1]^($f($)) }; $f(1))",
    "($f := function($x) { 'a' & $each({'a': 1}, function($v) { $f($v) }) }; $f(1))",
    "($f := function($x) { {'a': 1} ~> |$|{'b': $f(1)}| }; $f(1))",
    "($f := function($g, $n) { $n = 0 ? $g : $f($g ~> $g, $n - 1) }; $f(function($x) { $x + 1 }, 30)(1))",
    "($f := function($g, $n) { $n = 0 ? $g : $f($g(?), $n - 1) }; $f(function($x) { $x }, 20000)(1))",
    "($f := function($m) { $exists($m.next) ? $f($m.next()) & $f($m.next()) : 'x' }; $f(bits ~> /0/))",
    # loops
    "$map([1..100000], function($i) { $map([1..100000], function($j) { $i * $j }) })",
    "[1..1000].([1..1000].([1..1000].$))",
    "objects@$a.objects@$b[$a.a = $b.a].{'x': $b}",
    "$sort(objects, function($l, $r) { $l.b > $r.b })",
    "$map([1..1000], function() { $distinct($$.strings) })",
    "$map([1..1000], function() { $$.objects = $$.objects })",
    "$map([1..1000], function() { $$.zeros in [$$.zeros] })",
    "$map([1..1000], function() { $$.zeros or false })",
    "$filter(list, function() { $$.zeros })",
    "list[$$.list]",
    "objects^(b, a, >b)",
    "lists.*.*",
    "**.**.**",
    # arrays and objects that grow
    "[1..10000000]",
    "($f := function($a) { $f($append($a, $a)) }; $f([1, 2]))",
    "($f := function($a) { $f([[$a], [$a]]) }; $f([1]))",
    "($f := function($a) { $f({'l': $a, 'r': $a}) }; $f({}))",
    "($f := function($a) { $f($map([1, 2], function() { $a })) }; $f([1]))",
    "($f := function($a) { $f($zip($a, $a)) }; $f([1, 2]))",
    "($f := function($o, $n) { $n = 0 ? $o : $f($o ~> |$|{'x': $, 'y': $}|, $n - 1) }; $f({'a': 1}, 50))",
    "$ ~> |**|{'x': $}|",
    "[" + ", ".join(["list"] * 1000) + "]",
    "{" + ", ".join(f"'k{at}': list" for at in range(900)) + "}",
    "$map([1..1000], function() { $merge([$$.map, $$.map]) })",
    "$map([1..1000], function() { $reverse($$.list) })",
    "$map([1..100000], function($i) { function() { $i } })",
    "list.$@$a.(list.$@$b.(list.$@$c.(list.$@$d.($d))))",
    "objects{'k': $}.k.{'x': %}",
    "$spread(lists)",
    "$reduce(list, $append)",
    # strings that grow
    "($f := function($s) { $f($s & $s) }; $f('xx'))",
    "$pad('x', -1e300, 'ab')",
    "$map([1..100], function() { $pad('', 1048576, '😀') })",
    "$map([1..100], function() { $split($$.words, ' ') })",
    "$map([1..100], function() { $string([$$.control]) })",
    "$string([control, control])",
    "$uppercase(wide) & $lowercase(wide)  & wide",
    "$join(strings, big)",
    "$replace(big, 'x', big)",
    "$replace(bits, /((((0))))/, $pad('', 2000, '$1$2$3$4'))",
    "$encodeUrl(big)",
    # regular expressions
    "$contains(words, /(w|ö|r|d| )*(w|ö|r|d| )*(w|ö|r|d| )*z/)",
    "$contains(bits, /[01]*1[01]{900}$/)",
    "$match(bits, /(0)(1)/)",
    "$split(big, /x/)",
    # numbers, dates, pictures
    "$power(10, 1000000)",
    "$reduce([1..10000], function($a, $b) { $a * $b })",
    "$number('0x' & $pad('', 900000, 'f'))",
    "$formatInteger(1e300, 'I')",
    "$formatNumber(1.5, $pad('', 100000, '0'))",
    "$formatNumber(1.5, '0', {'exponent-separator': '(a+)+b'})",
    "$fromMillis(0, '[Y,1-1000000000]')",
    "$now('[[[Y,99999999]')",
    "$toMillis($pad('', 199, '1'), '[f][f][f][f][f][f][f][f][f][f]x') + 'a'",
    "$parseInteger($pad('', 999, 'trillion '), 'w')",
    # what a signature or an error makes of values
    "function($a, $b, $c, $d)<s+s+s+s+n> { 1 }(" + ", ".join(["'a'"] * 300) + ")",
    "wide < 5",
    "{objects: 1}",
    "$error(wide)",
]


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
        value("$map(big, function($x) { $x + 1 })", VARIABLES)
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


@pytest.mark.parametrize(
    "source",
    [
        "(" * 30 + "a" + " ?? b)" * 30,  # the library's work doubles with each
        "(" * 30 + "a" + " ?: b)" * 30,
        "[" + ", ".join(["a.%"] * 60) + "]",
        "function($a)<" + "s?" * 1000 + ":s> { 1 }()",
        "$eval('1')",
    ],
)
def test_a_source_that_would_hurt_is_refused(source: str) -> None:
    started = time.thread_time()
    with pytest.raises(SyntaxFailure):
        compile_bounded(source)
    assert time.thread_time() - started < SECONDS


def test_hostile_expressions_end_in_time_in_several_threads_at_once() -> None:
    programs = [compile_bounded(source) for source in HOSTILE]

    def seconds(at: int) -> float:
        started = time.thread_time()
        _end(programs[at])
        return time.thread_time() - started

    with ThreadPoolExecutor(3) as threads:
        spent = dict(zip(HOSTILE, threads.map(seconds, range(len(HOSTILE))), strict=True))
    assert {source: each for source, each in spent.items() if each > SECONDS} == {}


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is measured on Linux")
def test_hostile_expressions_end_in_memory() -> None:
    command = [sys.executable, "-m", __name__]
    root = Path(__file__).parents[2]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=240, check=True)
    taken = [json.loads(line) for line in run.stdout.splitlines()]
    assert [source for source, _ in taken] == HOSTILE
    assert [(source, megabytes) for source, megabytes in taken if megabytes > MEGABYTES] == []


def _megabytes(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024


def _grown(source: str) -> float:
    program = compile_bounded(source)
    before = _megabytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    thread = threading.Thread(target=_end, args=(program,))
    thread.start()
    thread.join()
    return _megabytes("VmHWM") - before


def _end(program: Program) -> None:
    with suppress(Failure):
        program.run(VARIABLES, NOW)


def main() -> None:
    """Prints for each how much it makes a process grow: a fork, in which no earlier one has done so."""
    gc.collect()
    gc.freeze()
    for source in HOSTILE:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(writing, json.dumps([source, _grown(source)]).encode())
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as lines:
            sys.stdout.write((lines.read() or json.dumps([source, float("inf")])) + "\n")
        os.waitpid(child, 0)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
