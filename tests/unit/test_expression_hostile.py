"""Expressions that would take a worker's time, memory or stack. Each runs in a process of its own."""

import gc
import json
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from workers.flow.expression import ExpressionError, ExpressionSyntaxError, compile_expression

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECONDS = 2.0  # 0.25 on a machine that does nothing else; the margin is for machines that do
MEGABYTES = 64

VARIABLES: dict[str, Any] = {
    "big": "x" * 1_000_000,
    "words": "wörd " * 100_000,
    "bits": "01" * 50_000,
    "list": list(range(100_000)),
    "objects": [{"a": at, "b": str(at)} for at in range(20_000)],
    "map": {str(at): at for at in range(20_000)},
}

# A value of 2^60 leaves that takes no memory, as all its branches are the same two.
TREE = "($f := function($a, $n) { $n = 0 ? $a : $f([[$a], [$a]], $n - 1) }; $t := $f([{'k': 1}], 60); "
FOREST = "($f := function($a, $n) { $n = 0 ? $a : $f({'l': $a, 'r': $a}, $n - 1) }; $t := $f({'l': 1}, 60); "
DEEP = "($f := function($a, $n) { $n = 0 ? $a : $f([[$a]], $n - 1) }; $t := $f(0, 2500); "

FAILS = [
    # recursion, with and without an end to the stack
    "($f := function() { $f() }; $f())",
    "($a := function() { $b() }; $b := function() { $a() }; $a())",
    "(function($x) { $x($x) })(function($x) { $x($x) })",
    "($f := function($x) { 1 + $f($x) }; $f(1))",
    "($f := function($x) { [$f($x), $f($x)] }; $f(1))",
    "($f := function($x) { {'a': $f($x)} }; $f(1))",
    "($f := function($x) { $map([$x], $f) & 'x' }; $f(1))",
    "($f := function($x) { $sort([1, 2], function($l, $r) { $f($x) }) }; $f(1))",
    "($f := function($x) { $replace('a', /a/, $f) }; $f(1))",
    "[1, ($f := function($x) { 1 + $f($x) }; $f(1))]",
    "$reduce([1..5000], function($a, $i) { {'f': function($x) { $a.f($x) }} }, {'f': $abs}).f(1)",
    # long loops
    "$map([1..100000], function($i) { $map([1..100000], function($j) { $i * $j }) })",
    "[1..100000].[1..100000]",
    "[1..1000].([1..1000].([1..1000].$))",
    "objects@$a.objects@$b.{'x': $a}",
    "list@$a.$$.list@$b[$a = $b]",
    "list[list]",
    "objects[a in $$.list]",
    "objects^(b, a, >b)",
    "$sort(objects, function($l, $r) { $l.b > $r.b })",
    "$filter(list, function($x) { $filter($$.list, function($y) { $x = $y }) })",
    "$each(map, function($v, $k) { $map([1..1000], function($i) { $k }) })",
    "$reduce(list, function($a, $b) { $append($a, $b) })",
    "$reduce(list, function($a, $b) { $a & $b })",
    "**.**.**",
    # ranges and arrays
    "[1..10000000]",
    "[1..9007199254740991]",
    "[-9007199254740991..9007199254740991]",
    "$map([1..1000], function($i) { [1..100000] })",
    "($f := function($a) { $f($append($a, $a)) }; $f([1, 2]))",
    "($f := function($a) { $f([$a, $a]) }; $f([1]))",
    "$map([1..100], function() { $$.list[] })",
    "$zip(list, list, list, list, list, list, list, list, list, list)",
    "$shuffle($append(list, list))",
    "$map([1..1000], function() { $reverse(list) })",
    "$map([1..100000], function($i) { function() { $i } })",
    "$map([1..100000], function($i) { $substring(?, $i) })",
    # values that unfold
    TREE + "$t)",
    TREE + "$string($t))",
    TREE + "$t = $f([{'k': 1}], 60))",
    TREE + "$distinct([$t, $t]))",
    TREE + "$t.k)",
    TREE + "$t.**)",
    TREE + "$t.*)",
    TREE + "$keys($t))",
    TREE + "$spread($t))",
    TREE + "$boolean($f([0], 60)))",
    FOREST + "$clone($t))",
    FOREST + "$t ~> |**|{'x': $}|)",
    FOREST + "$t.**.l)",
    DEEP + "$t)",
    DEEP + "$string($t))",
    "$ ~> |$|{'self': $}| ~> |$|{'self': $}| ~> |**|{'self': $$}|",
    # strings
    "($f := function($s) { $f($s & $s) }; $f('xx'))",
    "$pad('', 1000000000)",
    "$pad('x', -1e300, 'ab')",
    "$map([1..1000], function() { $pad('', 1000000) })",
    "$map([1..1000], function($i) { big & $i })",
    "$map([1..1000], function($i) { $uppercase(big) })",
    "$map([1..1000], function($i) { $substring(big, $i) })",
    "$map([1..1000], function() { $trim(words) })",
    "$map([1..1000], function() { $string(objects) })",
    "$map([1..1000], function() { $base64encode(words) })",
    "$split(big, '')",
    "$split(words, '')",
    "$join($map([1..10000], function() { big }))",
    "$join($split(words, ' '), big)",
    "$replace(big, 'x', big)",
    "$replace(big, /x+/, $pad('', 100000, '$0'))",
    "$replace(big, '', 'x')",
    "$replace(big, /x*/, 'y')",
    "$encodeUrlComponent(words)",
    "$decodeUrlComponent($pad('', 900000, '%41'))",
    # regular expressions
    "$contains(bits, /((a?){20}){20}b/)",
    "$contains(bits, /[01]*1[01]{900}$/)",
    "$match(big, /x(.*y)?/)",
    "$match(big, /x/)",
    # numbers, dates and their pictures
    "$power(10, 1000000)",
    "$power(2, 1023) * $power(2, 1023)",
    "$reduce([1..10000], function($a, $b) { $a * $b })",
    "$number($pad('9', 100000, '9'))",
    "$number('0x' & $pad('f', 100000, 'f'))",
    "$formatInteger(1e300, 'I')",
    "$formatInteger(1e300, 'w')",
    "$formatInteger(5, $pad('0', 100000, '0'))",
    "$formatNumber(1.5, $pad('0', 100000, '0'))",
    "$formatNumber(1.5, '0', {'exponent-separator': '(a+)+b'})",
    "$parseInteger($pad('', 100000, 'trillion '), 'w')",
    "$parseInteger($pad('', 100000, 'z'), 'a')",
    "$fromMillis(0, '[Y,1-1000000000]')",
    "$fromMillis(0, '[D0,1 0 0 0 0 0 0 0 0]')",
    "$fromMillis(1e300)",
    "$now($pad('[Y]', 100000, '[Y]'))",
    # ways out
    "$match",
    "('a' ~> /a/).next",
    "function($a, $b, $c, $d)<s+s+s+s+n> { 1 }('a', 'a', 'a', 'a')",
    "$error(big)",
    " & ".join(["list"] * 1900),
]

HARMLESS = [
    "$contains(big, /(x+x+)+y/)",
    "$contains(big, /(.|x)*y/)",
    "$toMillis($pad('1', 100, '1'), '[f][f][f][f][f][f][f][f][f][f]x')",
    "$toMillis($pad('a', 150, 'a'), '(a+)+b[Y]')",
    "$round(1.5, 1000000000)",
    "$formatBase($power(2, 1000), 2)",
    "$distinct(list)",
    "$sort(list)",
    "$lookup($$, '__class__')",
    "big.__class__.__mro__",
    "$sum.__globals__",
    "($x := function() { 1 }; $x.environment)",
    "/a/.pattern",
    " ?? ".join(["unknown"] * 400),
    "function($a)<" + "s+" * 30 + "> { 1 }(" + ", ".join(["'a'"] * 60) + ")",
]

REFUSED = [
    "$eval('1')",
    "($__evaluate_entry := null; $__evaluate_exit := null; $f := function() { $f() }; $f())",
    "$map(['1'], $eval)",
    "(" * 5000 + "1" + ")" * 5000,
    "-" * 4000 + "1",
    "{" * 2000,
    " + ".join(["1"] * 4000),
    "a" + ".a" * 1000,
    "%" + ".%" * 1000,
    "/" + "(a?){30}" * 60 + "/",
    "/(((a{100}){100}){100}){100}/",
    "[" + ", ".join(["$f(/a/)"] * 60) + "]",
    "/(a)\\1/",
    "x" * 20_000,
    "1e999",
    "/*",
]


@pytest.mark.parametrize("source", REFUSED)
def test_a_source_that_would_hurt_is_refused(source: str) -> None:
    started = time.monotonic()
    with pytest.raises(ExpressionSyntaxError):
        compile_expression(source)
    assert time.monotonic() - started < SECONDS


def test_every_hostile_expression_ends_in_time_and_memory() -> None:
    run = subprocess.run(
        [sys.executable, "-m", __name__],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    outcomes = {line["source"]: line for line in map(json.loads, run.stdout.splitlines())}
    wrong = []
    for source in FAILS + HARMLESS:
        outcome = outcomes[source]
        ended = outcome["code"].startswith("EXPRESSION_") if source in FAILS else outcome["code"] != "CRASH"
        if not ended or outcome["seconds"] > SECONDS or outcome["megabytes"] > MEGABYTES:
            wrong.append(outcome)
    assert wrong == []


def test_a_thread_with_a_small_stack_is_enough_for_the_deepest_expression() -> None:
    codes: list[str] = []

    def run() -> None:
        codes.extend(_code(source) for source in [*FAILS[3:9], DEEP + "$boolean($t))", DEEP + "$t)"])

    before = threading.stack_size(512 * 1024)
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert set(codes) <= {"VALUE", "EXPRESSION_TOO_DEEP", "EXPRESSION_TIMEOUT", "EXPRESSION_FAILED"}
    assert codes[0] == codes[-1] == "EXPRESSION_TOO_DEEP"


def _code(source: str) -> str:
    try:
        compile_expression(source).evaluate(VARIABLES, now=NOW)
    except ExpressionError as error:
        return error.code
    return "VALUE"


def _megabytes(name: str) -> float:
    status = Path("/proc/self/status")
    if not status.exists():  # measured on Linux only
        return 0.0
    line = next(line for line in status.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def _measured(source: str) -> dict[str, Any]:
    compile_expression(source)
    before = _megabytes("VmRSS")
    peak = Path("/proc/self/clear_refs")
    if peak.exists():
        peak.write_text("5")
    started = time.monotonic()
    code = _code(source)
    seconds = time.monotonic() - started
    return {"source": source, "code": code, "seconds": seconds, "megabytes": _megabytes("VmHWM") - before}


def main() -> None:
    """Measures each in a fork, where no earlier one has grown the heap, and prints a line of JSON for it."""
    gc.collect()
    gc.freeze()
    for source in FAILS + HARMLESS:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(writing, json.dumps(_measured(source)).encode())
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as lines:
            line = lines.read()
        os.waitpid(child, 0)
        crash = {"source": source, "code": "CRASH", "seconds": 0.0, "megabytes": 0.0}
        sys.stdout.write((line or json.dumps(crash)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
