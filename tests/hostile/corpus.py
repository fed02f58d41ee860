"""The corpus: hostile expressions, the variables that each runs on, and how each has to end."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.hostile.data import DATA

SYNTAX, VALUE = "SYNTAX", "VALUE"
TIMEOUT, TOO_LARGE, TOO_DEEP = ("EXPRESSION_TIMEOUT", "EXPRESSION_TOO_LARGE", "EXPRESSION_TOO_DEEP")
UNDEFINED = "undefined"


@dataclass(frozen=True, slots=True)
class Case:
    """One expression. It ends in an error's code, SYNTAX where it is refused, or with `value`."""

    family: str
    source: str
    variables: dict[str, Any]
    ends: str
    value: Any = None


def _cases(family: str, ends: str, names: str, sources: Iterable[str]) -> Iterator[Case]:
    variables = {name: DATA[name] for name in names.split()}
    return (Case(family, source, variables, ends) for source in sources)


def _written() -> Iterator[Case]:
    """Those that fit on a line, as corpus.txt has them."""
    family = ends = names = ""
    for line in Path(__file__).with_name("corpus.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("##"):
            family, ends, names = [part.strip() for part in line.removeprefix("##").split("|")]
        elif line and not line.startswith("#"):
            yield from _cases(family, ends, names, [line])


# A value of 2^60 leaves that takes no memory, as all its branches are the same two.
_UNFOLDED = "($f := function($a, $n) { $n = 0 ? $a : $f([[$a], [$a]], $n - 1) }; $t := $f([{'k': 1}], 60); "
_FOREST = "($f := function($a, $n) { $n = 0 ? $a : $f({'l': $a, 'r': $a}, $n - 1) }; $t := $f({'l': 1}, 60); "
_Y = "($y := function($f) { (function($x) { $x($x) })(function($x) { $f(function($n) { $x($x)($n) }) }) }; "


def _nested(opening: str, times: int, closing: str, inside: str = "1") -> str:
    return opening * times + inside + closing * times


def _made() -> Iterator[Case]:
    """Those that are longer."""
    yield from _cases(
        "recursion", TOO_DEEP, "", [_Y + "$y(function($s) { function($n) { 1 + $s($n) } })(1))"]
    )
    values = """$t;$string($t);$t = $f([{'k': 1}], 60);$distinct([$t, $t]);$t.k;$t.**;$t.*;$keys($t)
        ;$spread($t);$boolean($f([0], 60));$count($t);$sort($t, function($a, $b) { $a = $b });$clone($t)
        ;$lookup($t, 'k');$merge($t);$zip($t, $t);$append($t, $t);{'a': $t}"""
    unfolded = [f"{_UNFOLDED}{value.strip()})" for value in values.split(";")]
    unfolded += [f"{_FOREST}{value})" for value in ("$t", "$clone($t)", "$t ~> |**|{'x': $}|", "$t.**.l")]
    yield from _cases("unfolding", TOO_LARGE, "", unfolded)
    bound = "[1]" + "".join(f"@$v{at}.[1]" for at in range(40))
    large = [
        "($l := list; $zip(" + ", ".join(["$l"] * 1000) + "))",
        _nested("($l := list; $append($l, ", 10, "))", "$l"),
        bound + "@$l.[1..90000]@$m.$m",
        "$count(" + bound.replace("@", "#") + ".[1..90000]#$m)",
        _nested("$string([", 110, "])"),
        " & ".join(["$string([big])"] * 400),
    ]
    yield from _cases("sizes", TOO_LARGE, "list big", large)
    deep = [
        _nested("[", 120, "]"),
        _nested("{'a': ", 110, "}"),
        " & ".join(["map"] * 1900),
        " ~> ".join(["1", *["$abs"] * 1500]),
    ]
    yield from _cases("depth", TOO_DEEP, "map", deep)
    yield from _cases("sources", SYNTAX, "", _REFUSED)


_REFUSED = [
    _nested("(", 5000, ")"),
    _nested("(", 1900, ")"),
    _nested("[", 1900, "]"),
    _nested("{'a':", 1200, "}"),
    _nested("function($x){", 1000, "}"),
    _nested("$f(", 2000, ")", ""),
    _nested("a[", 1900, "]"),
    _nested("a@$b.", 60, ""),
    "-" * 4000 + "1",
    "{" * 2000,
    "[" * 16_000,
    " + ".join(["1"] * 4000),
    "a" + ".a" * 1000,
    "a" + ".*" * 1500,
    "%" + ".%" * 1000,
    "(" * 100 + "a ?? b" + ") ?? c" * 100,
    "(" * 100 + "a ?: b" + ") ?: c" * 100,
    "1" + " ? 1 : 1" * 1300,
    "/" + "(a?){30}" * 60 + "/",
    "/" + _nested("(", 1500, ")", "a") + "/",
    "/" + r"[\p{L}\p{N}]{50}" * 100 + "/i",
    "[" + ", ".join(["$f(/a/)"] * 60) + "]",
    "function($a)<" + "(" * 5000 + "> { 1 }",
    "function($a)<" + "a<" * 5000 + "> { 1 }",
    "function($a)<" + "s+" * 3000 + "> { 1 }",
    "function($a)<" + "s" * 8000 + "> { 1 }",
    "x" * 20_000,
    "'" + "\\u0041" * 3000 + "'",
    "9" * 5000,
    "'\x00",
]

# Suspicious, but they come to a small value and take nothing.
_HARMLESS: list[tuple[str, Any, str]] = [
    ("$contains(bits, /(0+1+)+y/)", False, "bits"),
    ("$contains(bits, /(.|0)*y/)", False, "bits"),
    ("$contains(big, 'x' & $pad('', 99, 'y'))", False, "big"),
    ("$toMillis($pad('1', 100, '1'), '[f][f][f][f][f][f][f][f][f][f]x')", UNDEFINED, ""),
    ("$toMillis($pad('a', 150, 'a'), '(a+)+b[Y]')", UNDEFINED, ""),
    ("$length($formatBase($power(2, 52), 2))", 53, ""),
    ("$lookup($$, '__class__')", UNDEFINED, "numbers"),
    ("big.__class__.__mro__", UNDEFINED, "big"),
    ("''.__class__()", UNDEFINED, ""),
    ("$os.system('id')", UNDEFINED, ""),
    ("$sum.__globals__", UNDEFINED, ""),
    ("($x := function() { 1 }; $x.environment)", UNDEFINED, ""),
    ("/a/.pattern", UNDEFINED, ""),
    ("$type($$) & $keys($$)[0]", "objectbits", "bits"),
    ("$string($sum) & $string(/a/) & $string(function() { 1 })", "", ""),
    ("'{0.__class__}' & '%s' & '${7*7}' & '{{7*7}}'", "{0.__class__}%s${7*7}{{7*7}}", ""),
    (" ?? ".join(["unknown"] * 100), UNDEFINED, ""),
    ("function($a)<" + "s+" * 30 + "> { 1 }(" + ", ".join(["'a'"] * 60) + ")", 1, ""),
    (_nested("$string(", 100, ")"), "1", ""),
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
]


def _harmless() -> Iterator[Case]:
    for source, value, names in _HARMLESS:
        yield Case("harmless", source, {name: DATA[name] for name in names.split()}, VALUE, value)


CORPUS = [*_written(), *_made(), *_harmless()]
FAMILIES = list(dict.fromkeys(case.family for case in CORPUS))
