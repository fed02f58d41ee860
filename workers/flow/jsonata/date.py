"""JSONata's functions of dates: the library's own with RE2, exact, and by the evaluation's clock."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from types import FunctionType, SimpleNamespace
from typing import Any

import re2

from workers.flow.jsonata.meter import DateTimeUtils, Failure, Jsonata, RegexFlags
from workers.flow.jsonata.pattern import Pattern

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MONTH = re.compile("[0-9]{4}-[0-9]{2}")
_MIDNIGHT = re.compile(r"T24:00(?=(:00(\.0+)?)?([-+Z]|$))")  # the end of a day, which ISO 8601 knows


class _Moment(datetime):
    """What the library takes for the current time, and how it makes one, without a double."""

    @classmethod
    def utcnow(cls) -> Any:
        return Jsonata.CURRENT.jsonata.now

    @classmethod
    def fromtimestamp(cls, timestamp: float, _zone: Any = None) -> Any:
        return EPOCH + round(timestamp * 1000) * _MILLISECOND


def _milliseconds(digits: str) -> int:
    """What stands behind the point of the seconds."""
    return int(digits[:3].ljust(3, "0"))


def _year(number: int) -> int:
    """A year as JavaScript takes it; of two digits it is of the twentieth century."""
    return number + 1900 if 0 <= number < 100 else number


class _Dates(DateTimeUtils):  # type: ignore[misc]
    """The library's own; where it calls itself, it comes here."""

    @staticmethod
    def _generate_regex(spec: Any) -> Any:
        matcher = DateTimeUtils._generate_regex(spec)  # noqa: SLF001 - the library's own
        for at, part in enumerate(spec.parts):
            found = matcher.parts[at]
            if part.type == "literal":  # the library's own leaves what a pattern takes for more than itself
                found.regex = re2.escape(part.value)
            elif part.component == "f" and isinstance(found, DateTimeUtils.MatcherPartDecimal):
                found.parse = _milliseconds
            elif part.component == "Y":
                found.parse = lambda text, parse=found.parse: _year(parse(text))
        return matcher

    @staticmethod
    def _format_component(date: Any, part: Any, hours: int, minutes: int) -> Any:
        if part.names is not None and part.width is not None and part.width[1] is None:
            part.width = None  # only a least width, which names have
        return DateTimeUtils._format_component(date, part, hours, minutes)  # noqa: SLF001 - the library's own


def _of_library(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the library with RE2, as a picture can make `re` backtrack, and with what is above."""
    own: dict[str, Any] = {
        "DateTimeUtils": _Dates,
        "datetime": SimpleNamespace(datetime=_Moment, timedelta=timedelta, timezone=timezone),
        "re": SimpleNamespace(compile=lambda source, _: Pattern(source, RegexFlags(True)), IGNORECASE=None),
    }
    code: Any = function
    return FunctionType(code.__code__, {**code.__globals__, **own})


_parse = _of_library(DateTimeUtils.parse_datetime)
_format = _of_library(DateTimeUtils.format_datetime)


def to_millis(text: Any, picture: Any) -> Any:
    """`$toMillis`: milliseconds since 1970 of a date in ISO 8601, or in the layout of a picture."""
    if text is None:
        return None
    if picture is not None:
        return _parse(text, picture)
    try:
        if text.isdigit():
            date = datetime.strptime(text, "%Y").replace(tzinfo=UTC)
        else:
            whole = f"{text}-01" if _MONTH.fullmatch(text) else text
            date = datetime.fromisoformat(_MIDNIGHT.sub("T00:00", whole))
            date += timedelta(days=bool(_MIDNIGHT.search(text)))
    except (ValueError, OverflowError):
        raise Failure(f"{text} is not a date in ISO 8601", error="D3110") from None
    return ((date if date.tzinfo else date.replace(tzinfo=UTC)) - EPOCH) // _MILLISECOND


def from_millis(millis: Any, picture: Any, zone: Any) -> Any:
    """`$fromMillis`: milliseconds since 1970 in ISO 8601 or by a picture; the years 1 to 9999."""
    return None if millis is None else _format(int(millis), picture, zone)


def now(picture: Any, zone: Any) -> Any:
    """`$now`, by the evaluation's clock."""
    return from_millis(Jsonata.CURRENT.jsonata.timestamp, picture, zone)
