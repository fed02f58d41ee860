"""JSONata's functions of numbers: each is as in the reference implementation, on every version of Python.

Numbers are integers of 64 bits, exact, and doubles; the reference implementation knows doubles only.
"""

import math
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any

from workers.flow.jsonata.meter import Failure, Functions

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?")
_BASED = re.compile("0[xX][0-9A-Fa-f]+|0[oO][0-7]+|0[bB][01]+")
_POWER_BITS = 4_096  # of a power that is worked out exactly; a double has no more than 1,024


def of_text(value: Any) -> Any:
    """`$number`: what is written as JSON writes it, or with `0x`, `0o` or `0b`."""
    if not isinstance(value, str):
        return int(value) if isinstance(value, bool) else value
    found = _DECIMAL.fullmatch(value)
    if found and not (found[1] or found[2]):
        return int(value)
    if found and math.isfinite(float(value)):
        return float(value)
    if _BASED.fullmatch(value):
        return int(value, 0)
    raise Failure("$number takes a text that is a number", error="D3030")


def written(number: float) -> str:
    """A number as text: an integer with all its digits, another with 15, as JavaScript lays it out."""
    number = rounded(number)
    if isinstance(number, int) or 1e-4 <= abs(number) < 1e16:
        return str(number)
    text = repr(number)
    if abs(number) >= 1e-6:
        return f"{Decimal(text):f}" if abs(number) < 1e21 else text
    return text.replace("e-0", "e-")


def rounded(number: float) -> float:
    """A double as JSONata writes it; what is whole, and not written with an exponent, as an integer."""
    if isinstance(number, int):
        return number
    if not number.is_integer():
        number = float(f"{number:.15g}")
    return int(Decimal(repr(number))) if number.is_integer() and abs(number) < 1e21 else number


def total(values: Iterable[float] | None) -> Any:
    """`$sum`: one after the other; Python's own compensates for what is lost, from 3.12 on."""
    return None if values is None else reduce(add, values, 0)


def average(values: list[float] | None) -> Any:
    """`$average`; of nothing it is nothing."""
    return total(values) / len(values) if values else None


def floor(value: Any) -> Any:
    """`$floor`, which leaves an integer as it is."""
    return None if value is None else math.floor(value)


def ceiling(value: Any) -> Any:
    """`$ceil`, which leaves an integer as it is."""
    return None if value is None else math.ceil(value)


def round_even(value: Any, precision: Any) -> Any:
    """`$round`: halves to the even digit, by the digits that a number is written with."""
    if value is None or (isinstance(value, int) and (precision or 0) >= 0):
        return value
    if precision is not None and not isinstance(precision, int):
        raise Failure("$round takes a whole number of digits", error="T0410")
    return Functions.round(value, precision or 0)


def power(base: Any, exponent: Any) -> Any:
    """`$power`, exact where both are integers and the result is."""
    if base is None:
        return None
    whole = isinstance(base, int) and isinstance(exponent, int) and exponent >= 0
    if whole and max(base.bit_length(), 1) * exponent <= _POWER_BITS:
        return base**exponent
    try:
        return math.pow(base, exponent)
    except (ValueError, OverflowError):
        raise Failure("the power is out of range", error="D3061") from None


def in_base(value: Any, radix: Any) -> Any:
    """`$formatBase`."""
    radix = 10 if radix is None else round_even(radix, 0)
    if value is None:
        return None
    if not 2 <= radix <= 36:
        raise Failure("$formatBase takes a base from 2 to 36", error="D3100")
    return Functions.base_repr(int(round_even(value, 0)), int(radix)).lower()


def floats(value: Any) -> Iterator[float]:
    """The doubles in an array or object, at any level."""
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, float):
            yield item
        elif isinstance(item, list | dict):
            yield from floats(item)
