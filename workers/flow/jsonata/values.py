"""JSON values inside an evaluation: what comes in, what goes out, and how they compare and print."""

import json
import math
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from workers.flow.json_value import MAX_NESTING, UnkeepableJson, check_text
from workers.flow.jsonata.bounds import (
    MAX_STRING,
    TOO_DEEP,
    TOO_LARGE,
    Failure,
    Meter,
)
from workers.flow.jsonata.library import NULL, JList, Jsonata, Parser, Utils
from workers.flow.jsonata.regex import Regex

_INT64 = 2**63
_SCALARS = (str, int, float)


def sequence(items: Iterable[Any] = ()) -> Any:
    """A JSONata sequence: an array that a path yields."""
    return Utils.create_sequence_from_iter(items)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_closure(value: Any) -> bool:
    """Whether this is a function that the expression itself defined."""
    return isinstance(value, Parser.Symbol) and bool(value._jsonata_lambda)  # noqa: SLF001


def is_function(value: Any) -> bool:
    return isinstance(value, Jsonata.JFunctionCallable | Regex) or is_closure(value)


def settle(value: float) -> int | float:
    """A number as JSON knows it: whole numbers within 64 bits as int, NaN and infinity refused."""
    if isinstance(value, int):
        if -_INT64 <= value < _INT64:
            return value
        value = float(value) if abs(value) < 2**1023 else math.inf
    if not math.isfinite(value):
        raise Failure("D1001", "a number is out of range")
    return int(value) if value.is_integer() and abs(value) < _INT64 else value


def kind(value: Any) -> str:
    """The name of a value's type, for messages and `$type`."""
    if value is None:
        return "undefined"
    if value is NULL:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    if isinstance(value, list):
        return "array"
    return "function" if is_function(value) else "object"


def load(value: Any, meter: Meter) -> Any:
    """A copy of a JSON value for an evaluation, in which null is not None."""
    if value is None:
        return NULL
    if isinstance(value, dict):
        meter.entries(len(value))
        return {key: load(item, meter) for key, item in value.items()}
    if isinstance(value, list):
        meter.array(len(value))
        meter.work(len(value))
        return [load(item, meter) for item in value]
    if isinstance(value, _SCALARS):
        return value
    raise Failure("D3000", f"a variable holds a value that is not JSON ({type(value).__name__})")


def unload(value: Any, meter: Meter, level: int = 0) -> Any:
    """A copy of an evaluation's value as plain JSON. None stands for null: ask for undefined before."""
    size = 4
    result: Any
    if isinstance(value, str):
        size += len(value)
        result = _keepable(value)
    elif isinstance(value, bool) or value is NULL:
        result = None if value is NULL else value
    elif isinstance(value, int | float):
        result = value if isinstance(value, int) else _finite(value)
    elif not isinstance(value, list | dict):
        raise Failure("D3000", "the result holds a function, which is not JSON")
    elif level >= MAX_NESTING:
        raise Failure("D1011", f"the result nests deeper than {MAX_NESTING} levels", TOO_DEEP)
    elif isinstance(value, list):
        meter.array(len(value))
        result = [unload(item, meter, level + 1) for item in value]
    else:
        meter.entries(len(value))
        size += sum(map(len, value))
        result = {_keepable(key): unload(item, meter, level + 1) for key, item in value.items()}
    meter.result(size)
    meter.work()
    return result


def _keepable(value: str) -> str:
    try:
        check_text(value, "")
    except UnkeepableJson as error:
        raise Failure("D3000", f"the result cannot be kept: {error.message}") from None
    return value


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise Failure("D1001", "the result holds a number that is out of range")
    return value


class Copy(dict[str, Any]):
    """An object that an evaluation copied, and so may change."""


def clone(value: Any, meter: Meter) -> Any:
    """A deep copy whose objects are `Copy`; functions stay what they are."""
    meter.work()
    if isinstance(value, dict):
        meter.entries(len(value))
        return Copy({key: clone(item, meter) for key, item in value.items()})
    if isinstance(value, list):
        meter.array(len(value))
        return [clone(item, meter) for item in value]
    return value


def frozen(value: Any, meter: Meter) -> Any:
    """Something hashable that is equal for equal values and for no others."""
    meter.work()
    if isinstance(value, list | dict):
        meter.spend(400)
    if isinstance(value, list):
        meter.array(len(value))
        return ("array", tuple([frozen(item, meter) for item in value]))
    if isinstance(value, dict):
        meter.entries(len(value))
        return ("object", frozenset([(key, frozen(item, meter)) for key, item in value.items()]))
    return (kind(value), value if isinstance(value, _SCALARS) else id(value))


def equal(left: Any, right: Any, meter: Meter) -> bool:
    """JSONata's deep equality; true is not 1."""
    meter.work()
    if isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            return False
        for one, other in zip(left, right, strict=True):  # noqa: SIM110 - all() recurses on the C stack
            if not equal(one, other, meter):
                return False
        return True
    if isinstance(left, dict) and isinstance(right, dict):
        if left.keys() != right.keys():
            return False
        for key, item in left.items():  # noqa: SIM110 - the same
            if not equal(item, right[key], meter):
                return False
        return True
    if isinstance(left, _SCALARS) and isinstance(right, _SCALARS):
        return isinstance(left, bool) == isinstance(right, bool) and left == right
    return left is right


def truth(value: Any, meter: Meter) -> bool:
    """JSONata's cast to boolean; undefined, null and functions are false."""
    meter.work()
    if isinstance(value, list):
        for item in value:  # noqa: SIM110 - any() recurses on the C stack
            if truth(item, meter):
                return True
        return False
    return bool(value) if isinstance(value, str | int | float | dict) else False


def text(value: Any, meter: Meter, *, pretty: bool = False) -> str:
    """JSONata's cast to string: strings as they are, everything else as JSON, functions as empty."""
    if isinstance(value, str):
        return value
    if is_function(value):
        return ""
    writer = _Writer(meter, "  " if pretty else "")
    writer.write(value, "\n")
    return "".join(writer.parts)


class _Writer:
    def __init__(self, meter: Meter, indent: str) -> None:
        self.parts: list[str] = []
        self._meter = meter
        self._indent = indent
        self._left = MAX_STRING

    def write(self, value: Any, newline: str) -> None:
        self._meter.work()
        if isinstance(value, list):
            self._block("[", value, "]", newline)
        elif isinstance(value, dict):
            self._block("{", value, "}", newline)
        elif isinstance(value, str):
            self._put(json.dumps(value, ensure_ascii=False))
        elif isinstance(value, bool):
            self._put("true" if value else "false")
        elif isinstance(value, int | float):
            self._put(number_text(value))
        else:
            self._put("null" if value is NULL else '""')

    def _block(self, opening: str, value: Any, closing: str, newline: str) -> None:
        inner = newline + self._indent
        separator = opening
        for key in value:
            self._put(separator + (inner if self._indent else ""))
            separator = ","
            item = key
            if opening == "{":
                self._put(json.dumps(key, ensure_ascii=False) + (": " if self._indent else ":"))
                item = value[key]
            self.write(item, inner)
        ending = newline if self._indent and value else ""
        self._put(ending + closing if value else opening + closing)

    def _put(self, part: str) -> None:
        self._left -= len(part)
        if self._left < 0:
            raise Failure("D2014", f"a string would exceed {MAX_STRING} characters", TOO_LARGE)
        self._meter.spend(_PART + 2 * len(part))
        self.parts.append(part)


_PART = 64


def number_text(value: float) -> str:
    """A number as JavaScript prints it: whole numbers exactly, others to 15 significant digits."""
    if isinstance(value, int):
        return str(settle(value))
    rounded = float(f"{value:.15g}")
    if rounded.is_integer() and abs(rounded) < 1e21:
        return str(int(rounded))
    if 1e-6 <= abs(rounded) < 1e21:
        return format(Decimal(repr(rounded)), "f")
    mantissa, _, exponent = repr(rounded).partition("e")
    return f"{mantissa}e{int(exponent):+d}"


def appended(values: Iterable[Any], meter: Meter) -> Any:
    """The values one after the other, arrays among them opened; a lone value stays what it is."""
    present = [value for value in values if value is not None]
    if len(present) < 2:
        return present[0] if present else None
    result = JList()
    for value in present:
        if isinstance(value, list):
            meter.array(len(value))
            result.extend(value)
        else:
            result.append(value)
    meter.array(len(result))
    return result
