"""`python -m tests.hostile.steps` writes what each expression counts, steps and memory, to steps.txt.

The same table holds on every machine and every version of Python: a change of it is a change of the bounds.
"""

from pathlib import Path
from typing import Any

from tests.hostile.data import DATA
from tests.hostile.measure import NOW
from workers.flow.values.expression import Scope, compile_expression

TABLE = Path(__file__).with_name("steps.txt")
VARIABLES: dict[str, Any] = {
    **{name: DATA[name] for name in ("list", "numbers", "objects", "map", "nested", "words", "tree")},
    "text": "The quick brown fox " * 40,
    "mixed": [f"{at * 7919 % 101}-ö" for at in range(101)],
}
SOURCES = """
1
text
amount > 100 and status = 'open'
objects.a
objects[a > 3 and b != '7'].b
objects[-1].b
objects^(>a, b).b
mixed^($)
objects{b: a}
objects#$at[$at < 2].b
objects@$o.$$.numbers[$ = 3].{'o': $o.a}
objects.{'a': a, 'up': %.text}
tree.*.*
tree.**
[1..100]
[list, numbers]
list = $reverse($reverse(list))
99 in list
numbers or false
numbers ? 'yes' : 'no'
text & text & $string(objects)
$sum(list) + $max(list) + $average(list)
$string(objects, true)
$distinct($append(list, numbers))
$sort(mixed)
$sort(objects, function($l, $r) { $l.a < $r.a }).a
$sort(objects, function($l, $r) { $l.b & 'x' > $r.b & 'x' }).b
$sort($reverse(list), function($l, $r) { $l + 0 > $r + 0 })
$map(numbers, function($n, $i) { $n * $i })
$filter(objects, function($o) { $o.a % 2 = 0 }).b
$reduce(numbers, function($all, $n) { $all + $n }, 0)
$reduce(numbers, function($all, $n) { $merge([$all, {$string($n): $n}]) }, {})
$map(numbers, $string)
$each(map, function($v, $k) { $k & $v })
$sift(map, function($v) { $v > 3 })
$spread(map)
$keys(map)
$zip(numbers, numbers)
$lookup(objects, 'a')
$split(text, ' ')
$join($split(text, 'q'), 'Q')
$replace(text, 'fox', 'dog')
$replace(text, /q(u)/, '$1')
$match(text, /[a-z]+/)
$contains(text, /dog/)
$uppercase(text) & $trim(words) & $pad('x', 100)
$encodeUrlComponent($substring(words, 0, 90)) & $base64encode(words)
$formatNumber(1234.5, '#,##0.00') & $formatInteger(14, 'w') & $number('12.5')
$fromMillis(0, '[Y0001]-[M01]-[D01]') & $toMillis('2026-01-01')
objects ~> |$|{'c': a + 1}, 'b'|
($f := function($n) { $n = 0 ? 0 : $f($n - 1) }; $f(20))
($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(20))
($add := function($a, $b) { $a + $b }; numbers.($add(?, 2))($))
($twice := $uppercase ~> $substring(?, 0, 2); $twice(text))
$reduce([1..80], function($text, $n) { $text & $pad('', 999) }, '')
""".strip().splitlines()


def counted(source: str) -> str:
    """A line of the table."""
    scope = Scope({**VARIABLES, "amount": 150, "status": "open"}, NOW)
    compile_expression(source).evaluate_in(scope)
    return f"{scope.meter.steps:8}{scope.meter.held:10}  {source}"


if __name__ == "__main__":
    TABLE.write_text("".join(f"{counted(source)}\n" for source in SOURCES), encoding="utf-8")
