"""Built-in functions on arrays."""

import random
from typing import Any

from workers.flow.jsonata.bounds import Failure
from workers.flow.jsonata.grouping import merge_sort
from workers.flow.jsonata.library import Utils
from workers.flow.jsonata.natives import Machine, arity, call_on, native
from workers.flow.jsonata.values import appended, frozen, is_number, sequence, truth


@native("count", "<a:n>", undefined=True)
def count(_machine: Machine, values: list[Any] | None) -> int:
    return 0 if values is None else len(values)


@native("append", "<xx:a>", undefined=True)
def append(machine: Machine, first: Any, second: Any) -> Any:
    return appended((first, second), machine.meter)


@native("reverse", "<a:a>")
def reverse(machine: Machine, values: list[Any]) -> list[Any]:
    machine.meter.array(len(values))
    return values[::-1]


@native("shuffle", "<a:a>")
def shuffle(machine: Machine, values: list[Any]) -> list[Any]:
    machine.meter.items(len(values))
    machine.meter.array(len(values))
    machine.meter.work(len(values))
    return random.sample(values, len(values))


@native("distinct", "<x:x>")
def distinct(machine: Machine, values: Any) -> Any:
    if not isinstance(values, list) or len(values) <= 1:
        return values
    found: dict[Any, Any] = {}
    for value in values:
        machine.meter.spend(100)
        found.setdefault(frozen(value, machine.meter), value)
    return sequence(found.values()) if Utils.is_sequence(values) else list(found.values())


@native("zip", "<a+>", undefined=True)
def convolve(machine: Machine, *arrays: list[Any] | None) -> list[list[Any]]:
    present = [values for values in arrays if values is not None]
    if len(present) < len(arrays):
        return []
    length = min(map(len, present))
    for _ in range(length):
        machine.meter.array(len(present))
    return [list(row) for row in zip(*present, strict=False)]


@native("sort", "<af?:a>")
def sort(machine: Machine, values: list[Any], after: Any) -> list[Any]:
    meter = machine.meter
    if len(values) <= 1:
        return values
    meter.items(len(values))
    meter.spend(100 * len(values))
    if after is not None:
        return merge_sort(values, lambda left, right: _is_after(machine, machine.call(after, [left, right])))
    meter.work(len(values))
    if not (all(map(is_number, values)) or all(isinstance(value, str) for value in values)):
        raise Failure("D3070", "$sort without a function sorts numbers or strings, not both and nothing else")
    return sorted(values)


def _is_after(machine: Machine, answer: Any) -> bool:
    return bool(answer > 0) if is_number(answer) else truth(answer, machine.meter)


@native("map", "<af>")
def transform(machine: Machine, values: list[Any], function: Any) -> Any:
    result = sequence()
    for at, value in enumerate(values):
        mapped = call_on(machine, function, value, at, values)
        if mapped is not None:
            machine.meter.spend(8)
            result.append(mapped)
    return result


@native("filter", "<af>")
def select(machine: Machine, values: list[Any], function: Any) -> Any:
    result = sequence()
    for at, value in enumerate(values):
        if truth(call_on(machine, function, value, at, values), machine.meter):
            machine.meter.spend(8)
            result.append(value)
    return result


@native("single", "<af?>")
def single(machine: Machine, values: list[Any], function: Any) -> Any:
    found = []
    for at, value in enumerate(values):
        if function is None or truth(call_on(machine, function, value, at, values), machine.meter):
            found.append(value)
        if len(found) > 1:
            raise Failure("D3138", "$single found more than one match")
    if not found:
        raise Failure("D3139", "$single found no match")
    return found[0]


@native("reduce", "<afj?:j>")
def reduce(machine: Machine, values: list[Any], function: Any, initial: Any) -> Any:
    takes = arity(function)
    if takes < 2:
        raise Failure("D3050", "the function of $reduce must take at least two arguments")
    start = 0
    result = initial
    if initial is None and values:
        start, result = 1, values[0]
    for at in range(start, len(values)):
        result = machine.call(function, [result, values[at], at, values][:takes])
    return result
