"""Operators on values: arithmetic, comparison, strings, ranges."""

import math
from typing import Any

from workers.flow.jsonata.bounds import MAX_ITEMS, TOO_LARGE, Failure, Meter
from workers.flow.jsonata.values import equal, is_number, kind, settle, text


def arithmetic(operator: str, left: Any, right: Any) -> Any:
    """`+ - * / %`; whole numbers stay exact within 64 bits."""
    for side, value, error in (("left", left, "T2001"), ("right", right, "T2002")):
        if value is not None and not is_number(value):
            raise Failure(error, f"the {side} side of {operator} must be a number, not {kind(value)}")
    if left is None or right is None:
        return None
    try:
        return settle(_computed(operator, left, right))
    except (ZeroDivisionError, OverflowError):
        raise Failure("D1001", f"the result of {operator} is out of range") from None


def _computed(operator: str, left: float, right: float) -> float:
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    whole = isinstance(left, int) and isinstance(right, int)
    if operator == "/":
        return left // right if whole and left % right == 0 else left / right
    if right == 0:
        raise ZeroDivisionError
    if whole:
        return int(math.copysign(1, left)) * (abs(left) % abs(right))
    return math.fmod(left, right)


def negative(value: Any) -> Any:
    if value is None:
        return None
    if not is_number(value):
        raise Failure("D1002", f"only a number can be negated, not {kind(value)}")
    return settle(-value)


def compare(operator: str, left: Any, right: Any) -> bool | None:
    """`< <= > >=` on two numbers or two strings; undefined if either side is."""
    for value in (left, right):
        if value is not None and not is_number(value) and not isinstance(value, str):
            raise Failure("T2010", f"{operator} compares numbers or strings, not {kind(value)}")
    if left is None or right is None:
        return None
    if isinstance(left, str) != isinstance(right, str):
        raise Failure("T2009", f"{operator} compares values of one type, not {kind(left)} and {kind(right)}")
    if operator[0] == "<":
        return bool(left <= right if operator == "<=" else left < right)
    return bool(left >= right if operator == ">=" else left > right)


def concatenate(left: Any, right: Any, meter: Meter) -> str:
    first = "" if left is None else text(left, meter)
    second = "" if right is None else text(right, meter)
    meter.string(len(first) + len(second), width(first, second))
    return first + second


def width(*texts: str) -> int:
    """Bytes that a character of these strings together may take."""
    return 1 if all(part.isascii() for part in texts) else 4


def span(left: Any, right: Any, meter: Meter) -> list[int] | None:
    """The whole numbers from left to right, both included; undefined if there are none."""
    for side, value, error in (("left", left, "T2003"), ("right", right, "T2004")):
        if value is not None and not (is_number(value) and float(value).is_integer()):
            raise Failure(error, f"the {side} side of .. must be an integer")
    if left is None or right is None or left > right:
        return None
    count = int(right) - int(left) + 1
    if count > MAX_ITEMS:
        raise Failure("D2014", f"a range of {count} numbers exceeds {MAX_ITEMS}", TOO_LARGE)
    meter.array(5 * count)
    return list(range(int(left), int(right) + 1))


def includes(item: Any, items: Any, meter: Meter) -> bool:
    """The operator `in`."""
    if item is None or items is None:
        return False
    for candidate in items if isinstance(items, list) else [items]:  # noqa: SIM110 - any() recurses in C
        if equal(item, candidate, meter):
            return True
    return False
