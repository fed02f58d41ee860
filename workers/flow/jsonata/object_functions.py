"""Built-in functions on objects, on any value, and those that end an evaluation."""

from typing import Any, NoReturn

from workers.flow.jsonata.bounds import Failure, Meter
from workers.flow.jsonata.natives import Machine, call_on, native
from workers.flow.jsonata.paths import find
from workers.flow.jsonata.values import clone, kind, sequence, truth


@native("keys", "<x-:a<s>>")
def keys(machine: Machine, value: Any) -> Any:
    found: dict[str, None] = {}
    _collect_keys(value, found, machine.meter)
    machine.meter.entries(len(found))
    return sequence(found)


def _collect_keys(value: Any, found: dict[str, None], meter: Meter) -> None:
    meter.work()
    if isinstance(value, dict):
        meter.work(len(value))
        found.update(dict.fromkeys(value))
    elif isinstance(value, list):
        for item in value:
            _collect_keys(item, found, meter)


@native("lookup", "<x-s:x>")
def lookup(machine: Machine, value: Any, key: str | None) -> Any:
    return None if key is None else find(value, key, machine.meter)


@native("spread", "<x-:a<o>>")
def spread(machine: Machine, value: Any) -> Any:
    if not isinstance(value, dict | list):
        return value
    result = sequence()
    _spread(value, result, machine.meter)
    return result


def _spread(value: Any, result: Any, meter: Meter) -> None:
    meter.work()
    if isinstance(value, dict):
        for key, item in value.items():
            meter.entries(1)
            meter.spend(100)
            result.append({key: item})
    elif isinstance(value, list):
        for item in value:
            _spread(item, result, meter)
    else:
        meter.spend(8)
        result.append(value)


@native("merge", "<a<o>:o>")
def merge(machine: Machine, values: list[dict[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for value in values:
        machine.meter.entries(len(value))
        result.update(value)
    return result


@native("each", "<o-f:a>")
def each(machine: Machine, value: dict[str, Any], function: Any) -> Any:
    result = sequence()
    for key, item in value.items():
        mapped = call_on(machine, function, item, key, value)
        if mapped is not None:
            machine.meter.spend(8)
            result.append(mapped)
    return result


@native("sift", "<o-f?:o>")
def sift(machine: Machine, value: dict[str, Any], function: Any) -> dict[str, Any] | None:
    result = {}
    for key, item in value.items():
        if truth(call_on(machine, function, item, key, value), machine.meter):
            machine.meter.entries(1)
            result[key] = item
    return result or None


@native("type", "<x:s>")
def type_name(_machine: Machine, value: Any) -> str:
    return kind(value)


@native("exists", "<x:b>", undefined=True)
def exists(_machine: Machine, value: Any) -> bool:
    return value is not None


@native("boolean", "<x-:b>")
def boolean(machine: Machine, value: Any) -> bool:
    return truth(value, machine.meter)


@native("not", "<x-:b>")
def negation(machine: Machine, value: Any) -> bool:
    return not truth(value, machine.meter)


@native("clone", "<(oa)-:o>")
def copy(machine: Machine, value: Any) -> Any:
    return clone(value, machine.meter)


@native("error", "<s?:x>", undefined=True)
def error(_machine: Machine, message: str | None) -> NoReturn:
    raise Failure("D3137", "$error() function evaluated" if message is None else message)


@native("assert", "<bs?:x>", undefined=True)
def check(_machine: Machine, condition: bool | None, message: str | None) -> None:
    if not condition:
        raise Failure("D3141", "$assert() statement failed" if message is None else message)
