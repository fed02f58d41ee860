"""Orders that can be found without an evaluation for each two items that are compared."""

from typing import Any

from workers.flow.jsonata.meter import Functions

_NUMBERS = {int, float}


class Terms:
    """What an order-by needs of the evaluator, with each term of each item evaluated once."""

    def __init__(self, machine: Any) -> None:
        self._machine = machine
        self._known: dict[tuple[int, int], Any] = {}

    def eval(self, term: Any, item: Any, environment: Any) -> Any:
        key = id(term), id(item)  # the items are held by what is sorted
        if key not in self._known:
            self._known[key] = self._machine.eval(term, item, environment)
        self._machine.meter.look()
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
