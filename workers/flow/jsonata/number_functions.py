"""Built-in functions on numbers."""

import math
import random
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from workers.flow.jsonata.bounds import Failure
from workers.flow.jsonata.library import DateTimeUtils, Functions
from workers.flow.jsonata.natives import Machine, native
from workers.flow.jsonata.values import number_text, settle

MAX_PICTURE = 100
"""Characters of a picture; a longer one would let a number become a very long string."""
_NUMBER = re.compile(r"-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][-+]?[0-9]{1,4})?")
_BASES = {"0x": 16, "0b": 2, "0o": 8}
_MAX_ROMAN = 10_000
_MAX_WORDS = 10**21
_MAX_INTEGER_TEXT = 200
_SEPARATORS = ("decimal-separator", "grouping-separator", "pattern-separator", "exponent-separator")
_SINGLE = {*_SEPARATORS, "zero-digit", "digit"}


@native("sum", "<a<n>:n>")
def total(machine: Machine, values: list[float]) -> int | float:
    machine.meter.work(len(values) // 8)
    return settle(sum(values))


@native("max", "<a<n>:n>")
def largest(machine: Machine, values: list[float]) -> float | None:
    machine.meter.work(len(values) // 8)
    return max(values, default=None)


@native("min", "<a<n>:n>")
def smallest(machine: Machine, values: list[float]) -> float | None:
    machine.meter.work(len(values) // 8)
    return min(values, default=None)


@native("average", "<a<n>:n>")
def average(machine: Machine, values: list[float]) -> int | float | None:
    machine.meter.work(len(values) // 8)
    return settle(sum(values) / len(values)) if values else None


@native("number", "<(nsb)-:n>")
def number(_machine: Machine, value: Any) -> int | float:
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, str):
        return float(value) if isinstance(value, float) else int(value)
    if _NUMBER.fullmatch(value):
        return settle(int(value) if value.lstrip("-").isdigit() else float(value))
    base = _BASES.get(value[:2].lower())
    if base is not None and len(value) <= 66:
        try:
            return settle(int(value[2:], base))
        except ValueError:
            pass
    raise Failure("D3030", f"{value[:50]!r} is not a number")


@native("floor", "<n-:n>")
def floor(_machine: Machine, value: float) -> int | float:
    return settle(math.floor(value))


@native("ceil", "<n-:n>")
def ceil(_machine: Machine, value: float) -> int | float:
    return settle(math.ceil(value))


@native("round", "<n-n?:n>")
def half_even(_machine: Machine, value: float, places: float | None) -> int | float:
    digits = max(-400, min(400, int(places or 0)))
    if isinstance(value, int) and digits >= 0:
        return value
    try:
        rounded = round(Decimal(repr(value)), digits)
    except InvalidOperation:  # more places than the number has digits
        return settle(value)
    return settle(int(rounded) if rounded == rounded.to_integral_value() else float(rounded))


@native("abs", "<n-:n>")
def magnitude(_machine: Machine, value: float) -> int | float:
    return settle(abs(value))


@native("sqrt", "<n-:n>")
def square_root(_machine: Machine, value: float) -> int | float:
    if value < 0:
        raise Failure("D3060", f"$sqrt of a negative number ({number_text(value)})")
    return settle(math.sqrt(value))


@native("power", "<n-n:n>")
def power(_machine: Machine, base: float, exponent: float | None) -> int | float | None:
    if exponent is None:
        return None
    try:
        return settle(math.pow(base, exponent))
    except (OverflowError, ValueError):
        raise Failure("D3061", "the result of $power is no number that JSON can hold") from None


@native("random", "<:n>")
def chance(_machine: Machine) -> float:
    return random.random()  # noqa: S311 - the language's own function, no secret


@native("formatNumber", "<n-so?:s>")
def format_number(_machine: Machine, value: float, picture: str, options: dict[str, Any] | None) -> str:
    _check_picture(picture)
    for name, option in (options or {}).items():
        # They end up in patterns of `re`: one character cannot make it go wrong.
        most = 1 if name in _SINGLE else MAX_PICTURE
        if not isinstance(option, str) or not 1 <= len(option) <= most:
            raise Failure("D3080", f"the option {name[:50]!r} of $formatNumber must be a single character")
    return str(Functions.format_number(Decimal(repr(value)), picture, options))


@native("formatBase", "<n-n?:s>")
def format_base(machine: Machine, value: float, radix: float | None) -> str:
    base = 10 if radix is None else int(radix)
    if not 2 <= base <= 36:
        raise Failure("D3100", f"the base of $formatBase must lie between 2 and 36, not be {base}")
    return str(Functions.base_repr(int(half_even(machine, value, 0)), base)).lower()


@native("formatInteger", "<n-s:s>")
def format_integer(_machine: Machine, value: float, picture: str) -> str:
    _check_picture(picture)
    whole = int(value)
    if abs(whole) > (_MAX_ROMAN if picture[:1] in ("I", "i") else _MAX_WORDS):
        raise Failure("D3130", "the number is too large for this picture")
    return str(DateTimeUtils.format_integer(whole, picture))


@native("parseInteger", "<s-s:n>")
def parse_integer(_machine: Machine, value: str, picture: str) -> int | float:
    _check_picture(picture)
    if len(value) > _MAX_INTEGER_TEXT:
        raise Failure("D3130", "the text is too long for an integer")
    return settle(DateTimeUtils.parse_integer(value, picture))


def _check_picture(picture: str | None) -> None:
    if picture is None or len(picture) > MAX_PICTURE:
        raise Failure("D3080", f"a picture of at most {MAX_PICTURE} characters is expected")
