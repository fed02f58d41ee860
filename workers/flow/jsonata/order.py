"""Orders that can be found without an evaluation for each two items that are compared."""

from collections.abc import Callable
from typing import Any

from workers.flow.jsonata import cost
from workers.flow.jsonata.meter import Functions, meter

_NUMBERS = {int, float}


def merge_sorted(items: list[Any], compare: Callable[[Any, Any], int]) -> list[Any]:
    """Sorts stably by a comparison that is above zero where the first comes after the second.

    Python's own compares other pairs from version to version, and each comparison may be an evaluation
    that counts. What is in order, or in the opposite one, takes some 2 n comparisons.
    """
    runs = [[item] for item in items]
    while len(runs) > 1:
        pairs = zip(runs[::2], runs[1::2], strict=False)
        odd = runs[-1:] if len(runs) % 2 else []
        runs = [_merged(one, two, compare) for one, two in pairs] + odd
    return runs[0] if runs else []


def _merged(one: list[Any], two: list[Any], compare: Callable[[Any, Any], int]) -> list[Any]:
    meter().work(cost.COMPARED * (len(one) + len(two)) // 4)
    if compare(one[-1], two[0]) <= 0:
        return one + two
    if compare(one[0], two[-1]) > 0:
        return two + one
    merged: list[Any] = []
    left, right = 0, 0
    while left < len(one) and right < len(two):
        if compare(one[left], two[right]) > 0:
            merged.append(two[right])
            right += 1
        else:
            merged.append(one[left])
            left += 1
    return merged + one[left:] + two[right:]


class Terms:
    """What an order-by needs of the evaluator, with each term of each item evaluated once.

    It asks for an item by its place, as whether two equal items are one object is up to Python.
    """

    def __init__(self, machine: Any, items: list[Any]) -> None:
        self._machine = machine
        self._items = items
        self._known: dict[tuple[int, int], Any] = {}

    def eval(self, term: Any, place: int, environment: Any) -> Any:
        key = id(term), place
        if key not in self._known:
            self._known[key] = self._machine.eval(term, self._items[place], environment)
        self._machine.meter.work(cost.COMPARED)
        return self._known[key]


def by_names(values: list[Any], function: Any) -> list[Any] | None:
    """Sorts by a comparison of the same property, `function($a, $b) { $a.x > $b.x }`; None for any other."""
    body = function.body if Functions.is_lambda(function) and function.signature is None else None
    if body is None or body.type != "binary" or body.value not in ("<", ">") or len(function.arguments) != 2:
        return None
    one, two = (argument.value for argument in function.arguments)
    names = _names(body.lhs, one)
    if one == two or names is None or names != _names(body.rhs, two):
        return None
    keys = values
    for name in names:
        keys = [item.get(name) if isinstance(item, dict) else None for item in keys]
    kinds = set(map(type, keys))
    if kinds != {str} and not kinds <= _NUMBERS:
        return None
    meter().work(cost.sorting(len(values)))
    places = sorted(range(len(values)), key=keys.__getitem__, reverse=body.value == "<")
    return [values[place] for place in places]


def _names(path: Any, variable: str) -> list[str] | None:
    """The names that a plain path goes along from a variable."""
    if path.type != "path" or path.group is not None or path.steps[0].type != "variable":
        return None
    plain = all(step.predicate is None and step.stages is None and not step.tuple for step in path.steps)
    names = [step.value for step in path.steps[1:] if step.type == "name"]
    fits = plain and path.steps[0].value == variable and len(names) == len(path.steps) - 1
    return names if fits else None
