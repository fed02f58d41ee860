"""JSON that every store can keep: how it is read, checked and written."""

import json
import math
import re
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn, TypeAlias

import orjson

JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | int | float | bool | None"
"""A JSON value as Python has it."""

MAX_NESTING = 64
"""Levels of arrays and objects, one inside the other."""

_INT64 = 2**63
_INTEGER_DIGITS = 20
_FLOAT_DIGITS = 800
_TOO_WIDE = "an integer must fit in 64 bits with sign"
_TOO_LARGE = "a number is out of range"
_TOO_MANY_DIGITS = "a number has more digits than can be kept; send it as a string"
_LONGEST_STEP = 100  # characters of a key in a path
_IDENTIFIER = re.compile(r"[^\W\d][\w-]*")


class MalformedJson(ValueError):
    """Bytes that are no JSON at all."""


class UnkeepableJson(ValueError):
    """JSON that not every store can keep; `path` says where, such as `data.items[3].price`."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


class _BadNumber:
    """Stands for a number that cannot be kept, until the walk that knows its path reports it."""

    def __init__(self, message: str) -> None:
        self.message = message


def loads_strict(data: bytes) -> JsonValue:
    """The value of a request's body; raises `MalformedJson` or `UnkeepableJson`. A key's last value wins."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise MalformedJson(f"not UTF-8 at byte {error.start}") from None
    try:
        value: JsonValue = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise MalformedJson(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise UnkeepableJson("", f"nested deeper than {MAX_NESTING} levels") from None
    check_keepable(value)
    return value


def _constant(name: str) -> NoReturn:
    raise MalformedJson(f"{name} is not JSON")


def _integer(digits: str) -> int | _BadNumber:
    if len(digits) > _INTEGER_DIGITS or not -_INT64 <= int(digits) < _INT64:
        return _BadNumber(_TOO_WIDE)
    return int(digits)


def _float(digits: str) -> float | _BadNumber:
    if len(digits) > _FLOAT_DIGITS:
        return _BadNumber(_TOO_MANY_DIGITS)
    value = float(digits)
    if not math.isfinite(value):
        return _BadNumber(_TOO_LARGE)
    try:
        exact = Decimal(repr(value)) == Decimal(digits)
    except InvalidOperation:  # an exponent of twenty digits
        exact = False
    return value if exact else _BadNumber(_TOO_MANY_DIGITS)


_DECODER = json.JSONDecoder(parse_int=_integer, parse_float=_float, parse_constant=_constant)


def check_keepable(value: object, path: str = "") -> None:
    """Raises `UnkeepableJson` if this is not JSON that every store can keep."""
    try:
        _check(value, 0)
    except UnkeepableJson as error:
        raise UnkeepableJson(_join(path, error.path), error.message) from None


def _check(value: Any, level: int) -> None:
    """The path is put together only when an error is on its way out."""
    if isinstance(value, str):
        check_text(value, "")
    elif isinstance(value, dict | list):
        if level >= MAX_NESTING:
            raise UnkeepableJson("", f"nested deeper than {MAX_NESTING} levels")
        if isinstance(value, dict):
            _check_keys(value)
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            try:
                _check(item, level + 1)
            except UnkeepableJson as error:
                raise UnkeepableJson(_join(_step(step), error.path), error.message) from None
    elif value is not None and not isinstance(value, bool):
        _check_number(value)


def _check_keys(value: dict[Any, Any]) -> None:
    for key in value:
        if not isinstance(key, str):
            raise UnkeepableJson("", f"a key of an object must be a string, not {type(key).__name__}")
        check_text(key, "")


def _check_number(value: Any) -> None:
    if isinstance(value, int):
        if not -_INT64 <= value < _INT64:
            raise UnkeepableJson("", _TOO_WIDE)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise UnkeepableJson("", _TOO_LARGE)
    elif isinstance(value, _BadNumber):
        raise UnkeepableJson("", value.message)
    else:
        raise UnkeepableJson("", f"{type(value).__name__} is not JSON")


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if len(step) > _LONGEST_STEP:
        step = f"{step[:_LONGEST_STEP]}…"
    return step if _IDENTIFIER.fullmatch(step) else f"[{json.dumps(step, ensure_ascii=False)}]"


def _join(path: str, rest: str) -> str:
    return f"{path}.{rest}" if path and rest and not rest.startswith("[") else path + rest


def check_text(text: str, path: str) -> None:
    """The same for a string alone."""
    if "\0" in text:
        raise UnkeepableJson(path, "a string holds the character NUL")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise UnkeepableJson(path, "a string holds half of a surrogate pair") from None


def dumps(value: object) -> str:
    """Compact JSON that reads back as the same value; raises `UnkeepableJson` for what does not."""
    check_keepable(value)
    return orjson.dumps(value).decode()
