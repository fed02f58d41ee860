"""The corpus: expressions that ask for too much, the variables that each runs on, and how each has to end.

None of them would hurt without a bound. What hurts is larger of its kind, which is said in words; here the
bounds are small instead.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.hostile.data import DATA, LARGE
from workers.flow.jsonata.bounds import BOUNDS, Bounds

SYNTAX, VALUE = "SYNTAX", "VALUE"
UNDEFINED = "undefined"

SMALL = Bounds(
    source=600,
    tokens=150,
    nesting=25,
    patterns=5,
    program=100,
    path=12,
    bound=6,
    signature=60,
    steps=12_000,
    depth=60,
    memory=70_000,
    result=4_200,
    items=100,
    size=4_000,
    levels=20,
    string=1_100,
    searched=4_000,
    matches=200,
    sought=25,
    trimmed=300,
    encoded=250,
    digits=20,
    picture=20,
    roman=1_000,
)


@dataclass(frozen=True, slots=True)
class Case:
    """One expression. It ends in an error's code, SYNTAX where it is refused, or with `value`."""

    family: str
    source: str
    variables: dict[str, Any]
    ends: str
    value: Any = None
    bounds: Bounds = field(default=SMALL, repr=False)


def _cases(family: str, ends: str, names: str, sources: Iterable[str]) -> Iterator[Case]:
    variables = {name: DATA[name] for name in names.split()}
    code = ends if ends == SYNTAX else f"EXPRESSION_{ends}"
    return (Case(family, source, variables, code) for source in sources)


def _written() -> Iterator[Case]:
    """Those that fit on a line, as corpus.txt has them."""
    family = ends = names = ""
    for line in Path(__file__).with_name("corpus.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("##"):
            family, ends, names = [part.strip() for part in line.removeprefix("##").split("|")]
        elif line and not line.startswith("#"):
            yield from _cases(family, ends, names, [line])


# A value of 2^6 leaves, all of whose branches are the same two. At 2^60 it takes no more memory.
_UNFOLDED = "($f := function($a, $n) { $n = 0 ? $a : $f([[$a], [$a]], $n - 1) }; $t := $f([{'k': 1}], 6); "
_FOREST = "($f := function($a, $n) { $n = 0 ? $a : $f({'l': $a, 'r': $a}, $n - 1) }; $t := $f({'l': 1}, 6); "
_Y = "($y := function($f) { (function($x) { $x($x) })(function($x) { $f(function($n) { $x($x)($n) }) }) }; "


def _nested(opening: str, times: int, closing: str, inside: str = "1") -> str:
    return opening * times + inside + closing * times


def _made() -> Iterator[Case]:
    """Those that are longer."""
    factorial = _Y + "$y(function($s) { function($n) { $n = 0 ? 0 : 1 + $s($n - 1) } })(30))"
    yield from _cases("recursion", "TOO_MUCH_MEMORY", "", [factorial])
    values = """$t;$string($t);$t = $f([{'k': 1}], 6);$distinct([$t, $t]);$t.k;$t.**;$t.*;$keys($t)
        ;$spread($t);$boolean($f([0], 6));$count($t);$sort($t, function($a, $b) { $a = $b });$clone($t)
        ;$lookup($t, 'k');$merge($t);$zip($t, $t);$append($t, $t);{'a': $t}"""
    unfolded = [f"{_UNFOLDED}{value.strip()})" for value in values.split(";")]
    unfolded += [f"{_FOREST}{value})" for value in ("$t", "$clone($t)", "$t ~> |**|{'x': $}|", "$t.**.l")]
    yield from _cases("unfolding", "VALUE_TOO_LARGE", "", unfolded)
    yield from _cases("sizes", "ARGUMENT_TOO_LARGE", "list", ["($l := list; $zip($l, $l, $l, $l))"])
    yield from _cases(
        "sizes", "VALUE_TOO_LARGE", "list", [_nested("($l := list; $append($l, ", 3, "))", "$l")]
    )
    bound = "[1]" + "".join(f"@$v{at}.[1]" for at in range(3))
    large = [bound + "@$l.[1..30]@$m.[1..30]@$n.$n"]
    large += ["$count(" + bound.replace("@", "#") + ".[1..30]#$m.[1..30]#$n)"]
    yield from _cases("sizes", "TOO_MUCH_MEMORY", "", large)
    yield from _cases("sizes", "VALUE_TOO_DEEP", "", ["$string(" + _nested("[", 21, "]") + ")"])
    yield from _cases("sizes", "STRING_TOO_LONG", "big", [" & ".join(["$string([big])"] * 4)])
    yield from _cases("depth", "VALUE_TOO_DEEP", "", [_nested("[", 21, "]"), _nested("{'a': ", 21, "}")])
    deep = [" + ".join(["1"] * 65), " ~> ".join(["1", *["$abs"] * 65])]
    yield from _cases("depth", "TOO_DEEP", "", deep)
    yield from _cases("sources", SYNTAX, "", _REFUSED)


_REFUSED = [
    _nested("(", 59, ")"),
    _nested("(", 26, ")"),
    _nested("[", 26, "]"),
    _nested("{'a':", 26, "}"),
    _nested("function($x){", 26, "}"),
    _nested("$f(", 40, ")", ""),
    _nested("a[", 30, "]"),
    _nested("a@$b.", 7, ""),
    "-" * 100 + "1",
    "{" * 30,
    "[" * 100,
    " + ".join(["1"] * 80),
    "a" + ".a" * 20,
    "a" + ".*" * 20,
    "%" + ".%" * 20,
    "(" * 26 + "a ?? b" + ") ?? c" * 26,
    "(" * 26 + "a ?: b" + ") ?: c" * 26,
    "1" + " ? 1 : 1" * 40,
    "/" + "(ab){30}" * 3 + "/",
    "/" + _nested("(", 60, ")", "a") + "/",
    "/" + r"\p{L}{9}" * 3 + "/i",
    "[" + ", ".join(["$f(/a/)"] * 6) + "]",
    "function($a)<" + "(" * 50 + "> { 1 }",
    "function($a)<" + "a<" * 50 + "> { 1 }",
    "function($a)<" + "s+" * 30 + "> { 1 }",
    "function($a)<" + "s" * 80 + "> { 1 }",
    "x" * 700,
    "'" + "\\u0041" * 120 + "'",
    "9" * 500,
    "'\x00",
]

# Suspicious, but they come to a small value and take nothing.
_HARMLESS: list[tuple[str, Any, str]] = [
    ("$contains(bits, /(0|1)+y/)", False, "bits"),
    ("$contains(bits, /.+y/)", False, "bits"),
    ("$contains(big, 'x' & $pad('', 99, 'y'))", False, "big"),
    ("$toMillis($pad('1', 100, '1'), '[f][f]x')", UNDEFINED, ""),
    ("$toMillis($pad('a', 150, 'a'), '(a)b[Y]')", UNDEFINED, ""),
    ("$length($formatBase($power(2, 52), 2))", 53, ""),
    ("$lookup($$, '__class__')", UNDEFINED, "numbers"),
    ("big.__class__.__mro__", UNDEFINED, "big"),
    ("''.__class__()", UNDEFINED, ""),
    ("$os.name", UNDEFINED, ""),
    ("$sum.__globals__", UNDEFINED, ""),
    ("($x := function() { 1 }; $x.environment)", UNDEFINED, ""),
    ("/a/.pattern", UNDEFINED, ""),
    ("$type($$) & $keys($$)[0]", "objectbits", "bits"),
    ("$string($sum) & $string(/a/) & $string(function() { 1 })", "", ""),
    ("'{0.__class__}' & '%s' & '${7*7}' & '{{7*7}}'", "{0.__class__}%s${7*7}{{7*7}}", ""),
    (" ?? ".join(["unknown"] * 100), UNDEFINED, ""),
    ("function($a)<" + "s+" * 30 + "> { 1 }(" + ", ".join(["'a'"] * 60) + ")", 1, ""),
    (_nested("$string(", 60, ")"), "1", ""),
    ("1 = 2" + _nested(" ? 1 : (1 = 2", 80, ")", ""), False, ""),
    ("$count($distinct(numbers))", 20_000, "numbers"),
    ("$count($spread(nested))", 60_000, "nested"),
    ("$sort(list)[0]", 0, "list"),
    ("$length($string(numbers))", 108_891, "numbers"),
    ("$length($string(numbers, true))", 168_892, "numbers"),
    ("$length($string(control))", 900_001, "control"),
    ("$count(breaks)", 40_000, "breaks"),
    ("$count($join(breaks, ' ') ~> $split(' '))", 40_000, "breaks"),
    ("$count($keys(" + _nested("[", 90, "]", "names") + "))", 30_000, "names"),
    ("$sum(objects.a)", 1_999_000, "objects"),
    ("$count(objects[a > 100 and b != '7'])", 1_899, "objects"),
]


def _harmless() -> Iterator[Case]:
    """They have the product's bounds, and are the measure of these: the costliest fits in ten times."""
    for source, value, names in _HARMLESS:
        yield Case("harmless", source, {name: LARGE[name] for name in names.split()}, VALUE, value, BOUNDS)


CORPUS = [*_written(), *_made(), *_harmless()]
FAMILIES = list(dict.fromkeys(case.family for case in CORPUS))

# Each comes to an end by itself too, within some seconds.
FULL = [
    Case("full", source, {name: LARGE[name] for name in ("list", "numbers", "objects")}, code, None, BOUNDS)
    for source, code in [
        ("($f := function($n) { $n = 0 ? 0 : $f($n - 1) }; $f(100000))", "EXPRESSION_TOO_COSTLY"),
        ("[1..500].([1..500].($ * 2))", "EXPRESSION_TOO_COSTLY"),
        ("$map([1..500], function($i) { $map([1..500], function($j) { $j }) })", "EXPRESSION_TOO_COSTLY"),
        ("$sort(numbers, function($l, $r) { $l & '' > $r & '' })", "EXPRESSION_TOO_COSTLY"),
        ("$count(objects[$.b in $$.objects.b])", "EXPRESSION_TOO_COSTLY"),
        ("($l := list; $map([1..400], function() { $sum($l) }))", "EXPRESSION_TOO_COSTLY"),
        ("($l := list; $map([1..60], function() { $length($string($l)) }))", "EXPRESSION_TOO_COSTLY"),
    ]
]
