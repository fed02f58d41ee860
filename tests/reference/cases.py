"""What both implementations answer: expressions over one document, in groups by what they are about."""

import json
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
DOCUMENT: dict[str, Any] = json.loads((FOLDER / "document.json").read_text())
MOMENT = "2026-02-03T04:05:06.789Z"

NUMBERS = ["0", "-0", "1", "0.5", "1.5", "2.5", "-1.5", "-2", "1e20", "1e-7"]
NUMBERS += ["123456789012345.6", "9007199254740991", "12345678901234567"]
TEXTS = ['""', '"abc"', '"12"', '"-1.50"', '" 5 "', '"true"', '"ß😀"']
ARRAYS = ["[]", "[1]", '["a"]', "[true]", "[null]", "[3, 1, 2]", '["b", "a"]', '[1, "a"]', "[1, true]"]
ARRAYS += ["[[1]]", "[[1, 2], [3]]", '[{"a": 1}]', '[{"a": 1}, {"a": 2, "b": 3}]']
OBJECTS = ["{}", '{"a": 1}', '{"a": null, "b": [1, true]}']
FUNCTIONS = ["function($x) { $x }", "$sum", "/b/"]
KINDS = ["nothing", "null", "true", "false", *NUMBERS, *TEXTS, *ARRAYS, *OBJECTS, *FUNCTIONS]
FEW = ["nothing", "null", "true", "false", "0", "1", "-2", "1.5", '""', '"abc"']
FEW += ["[]", "[1]", '["abc", true]', '{"a": 1}', "$sum"]

OPERATORS = [
    "+",
    "-",
    "*",
    "/",
    "%",
    "=",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "&",
    "in",
    "and",
    "or",
    "..",
    "?:",
    "??",
]
UNARY = """
$abs $average $base64decode $base64encode $boolean $ceil $clone $count $decodeUrl $decodeUrlComponent
$distinct $encodeUrl $encodeUrlComponent $error $exists $floor $formatBase $fromMillis $join $keys $length
$lowercase $max $merge $min $not $number $reverse $round $single $sort $spread $sqrt $string $sum $toMillis
$trim $type $uppercase $zip
""".split()  # noqa: SIM905 - as one reads it

# Functions of more arguments: an ordinary one for each place; each place takes each kind in its turn.
ARGUMENTS = {
    "$append": ['["x"]', "1"],
    "$assert": ["true", '"m"'],
    "$contains": ['"abc"', '"b"'],
    "$each": ['{"a": 1, "b": "x"}', "function($v, $k) { $k & $string($v) }"],
    "$filter": ["[1, 2, 3]", "function($x) { $x > 1 }"],
    "$formatBase": ["255.5", "16"],
    "$formatInteger": ["14", '"w"'],
    "$formatNumber": ["1234.5", '"#,##0.00"', '{"decimal-separator": "."}'],
    "$fromMillis": ["1770091506789", '"[Y]-[M01]-[D01]"', '"+0200"'],
    "$join": ['["a", "b"]', '"-"'],
    "$lookup": ['{"a": 1, "12": 2}', '"a"'],
    "$map": ["[1, 2]", "function($x, $i) { $string($x) & $i }"],
    "$match": ['"abcb"', "/b/", "1"],
    "$pad": ['"abc"', "5", '"-"'],
    "$parseInteger": ['"12"', '"0"'],
    "$power": ["4", "3"],
    "$reduce": ["[1, 2, 3]", "function($a, $b) { $string($a) & $b }", '"i"'],
    "$replace": ['"abcb"', '"b"', '"$0"', "1"],
    "$round": ["12.345", "2"],
    "$sift": ['{"a": 1, "b": 2}', "function($v) { $v > 1 }"],
    "$single": ["[1, 2]", "function($x) { $x = 2 }"],
    "$sort": ["[3, 1, 2]", "function($l, $r) { $l > $r }"],
    "$split": ['"a,b,c"', '","', "2"],
    "$string": ['{"a": [1]}', "true"],
    "$substring": ['"abcdef"', "2", "3"],
    "$substringAfter": ['"abc"', '"b"'],
    "$substringBefore": ['"abc"', '"b"'],
    "$toMillis": ['"2026-02-03"', '"[Y]-[M]-[D]"'],
    "$zip": ["[1, 2]", '["a", "b"]'],
}

# What else can hold, take or yield a value of each kind; `?` stands for it.
PLACES = """
[?]
[?, 2]
{"k": ?}
{"k": [?]}
[1, ?][1]
(?)[0]
(?)[-1]
(?)[true]
(?)[]
(?).a
(?).*
(?).**
(?).$
(?).$string()
(?).$type($)
(?){"k": $}
(?)^($)
(?)^(>a)
(?)[$ = 1]
(?)[a = 1]
-(?)
? ? "yes" : "no"
? ? "yes"
(?) ?: "n"
(?) ?? "n"
(?)[1] ?: "n"
(?)[0] ?? "n"
(?).a ?? "n"
[1, 2, 3][?]
$x := ?
($x := ?; [$x, $x])
(?) ~> $string
(?) ~> $type()
(?) ~> $append(1)
function($x) { $type($x) }(?)
function($x)<n:n> { $x }(?)
function($x)<s-:s> { $x }(?)
function($x)<a<s>:a> { $x }(?)
function($x)<(nb)?:x> { $x }(?)
function($x)<j:x> { $x }(?)
(?)@$v.$v
(?)#$i.{"i": $i, "v": $}
(?) ~> |$|{"n": 1}|
(?) ~> |$|{"n": 1}, "a"|
{"o": ?} ~> |o|{"n": 1}|
{"o": 1} ~> |$|{"n": ?}|
{"a": 1} ~> |$|{}, ?|
{?: 1}
[{"g": ?, "v": 1}, {"g": ?, "v": 2}]{$string(g): v}
[{"g": ?}].g
[{"g": ?}, {"g": ?}].g
$count(?) = 1
$string([?])
$string({"k": ?})
""".strip().splitlines()


def cases() -> dict[str, list[str]]:
    """The expressions by group."""
    groups: dict[str, list[str]] = {}
    for operator in OPERATORS:
        kinds = FEW if operator not in ("=", "in", "&") else [*FEW, "1e20", "12345678901234567", "0.1"]
        groups[f"operator {operator}"] = [f"({one}) {operator} ({two})" for one, two in product(kinds, kinds)]
    groups["operator .."] = [f"[{one}..{two}]" for one, two in product(FEW, FEW)]
    for name in UNARY:
        groups[f"function {name}"] = [f"{name}({kind})" for kind in KINDS] + [f"{name}()"]
    for name, arguments in ARGUMENTS.items():
        groups.setdefault(f"function {name}", []).extend(_calls(name, arguments))
    for place in PLACES:
        groups[f"place {place}"] = [_filled(place, kind) for kind in KINDS]
    groups |= dict(_written())
    return {title: list(dict.fromkeys(lines)) for title, lines in groups.items()}


def _filled(place: str, kind: str) -> str:
    """A place with a value in it; its first mark is none of `?:`, `??`, or a `?` of a signature."""
    mark = re.search(r"(?<!\))\?(?![?:])", place)
    return place if mark is None else place[: mark.start()] + kind + place[mark.end() :]


def _calls(name: str, arguments: list[str]) -> Iterator[str]:
    for count in range(len(arguments) + 1):
        yield f"{name}({', '.join(arguments[:count])})"
    yield f"{name}({', '.join([*arguments, arguments[-1]])})"
    for place, kind in product(range(len(arguments)), KINDS):
        yield f"{name}({', '.join([*arguments[:place], kind, *arguments[place + 1 :]])})"


def _written() -> Iterator[tuple[str, list[str]]]:
    for section in (FOLDER / "written.txt").read_text().strip().split("\n\n"):
        title, *lines = section.splitlines()
        yield title.removeprefix("# "), lines
