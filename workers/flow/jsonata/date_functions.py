"""Built-in functions on dates. `$now` and `$millis` are the time that the evaluation was given."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from workers.flow.jsonata.bounds import Failure
from workers.flow.jsonata.library import DateTimeUtils
from workers.flow.jsonata.natives import Machine, native
from workers.flow.jsonata.number_functions import MAX_PICTURE
from workers.flow.jsonata.regex import Regex

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MAX_WIDTH = 30
_MAX_TIMESTAMP = 200
_MARKER = re.compile(r"\[([^\]]*)\]")
_OFFSET = re.compile(r"[-+]?[0-9]{1,4}")
# The parts that a picture may give a date by, the coarsest first.
_DATE = "YMD"
_DAY_OF_YEAR = "Yd"
_WEEKS = "XxWw"


@native("millis", "<:n>")
def millis(machine: Machine) -> int:
    return _to_millis(machine.now)


@native("now", "<s?s?:s>", undefined=True)
def now(machine: Machine, picture: str | None, timezone: str | None) -> str:
    return from_millis(machine, _to_millis(machine.now), picture, timezone)


@native("fromMillis", "<n-s?s?:s>")
def from_millis(_machine: Machine, value: float, picture: str | None, timezone: str | None) -> str:
    if picture is not None:
        _check_picture(picture)
    if timezone is not None and not _OFFSET.fullmatch(timezone):
        raise Failure("D3134", f"a time zone is an offset such as +0530, not {timezone[:50]!r}")
    try:
        return str(DateTimeUtils.format_datetime(int(value), picture, timezone))
    except (OverflowError, ValueError):
        raise Failure("D3110", "the number of milliseconds is no date that can be written") from None


@native("toMillis", "<s-s?:n>")
def to_millis(machine: Machine, value: str, picture: str | None) -> int | None:
    if len(value) > _MAX_TIMESTAMP:
        raise Failure("D3110", "the text is too long for a date")
    if picture is not None:
        _check_picture(picture)
        return _parsed(value, picture, machine.now)
    try:
        moment = datetime.fromisoformat(value if not re.fullmatch("[0-9]{4}", value) else f"{value}-01-01")
    except ValueError:
        raise Failure("D3110", f"{value[:50]!r} is not a date in ISO 8601") from None
    return _to_millis(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


def _to_millis(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def _check_picture(picture: str) -> None:
    """Refuses widths that would make a very long text or number of a date."""
    if len(picture) > MAX_PICTURE:
        raise Failure("D3132", f"a picture of at most {MAX_PICTURE} characters is expected")
    for marker in _MARKER.findall(picture):
        _, comma, widths = "".join(marker.split()).rpartition(",")
        for part in widths.split("-") if comma else ():
            if part != "*" and not (part.isascii() and part.isdigit() and int(part) <= _MAX_WIDTH):
                raise Failure("D3132", f"a width in a picture goes to {_MAX_WIDTH}")


def _parsed(value: str, picture: str, current: datetime) -> int | None:
    """The library's parser, with RE2, literal text taken literally and the evaluation's clock."""
    spec = DateTimeUtils._analyse_datetime_picture(picture)  # noqa: SLF001 - what follows replaces `parse_datetime`
    matchers = DateTimeUtils._generate_regex(spec).parts  # noqa: SLF001
    pattern = "".join(
        f"({re.escape(part.value) if part.type == 'literal' else matcher.regex})"
        for part, matcher in zip(spec.parts, matchers, strict=True)
    )
    match = Regex(pattern, ignore_case=True).fullmatch(value)
    if match is None:
        return None
    parts: dict[str, int] = {}
    for part, matcher, text in zip(spec.parts, matchers, match.groups(), strict=True):
        if part.type != "literal":
            parts[part.component] = matcher.parse(text)
    return _composed(parts, current) if parts else None


def _composed(parts: dict[str, int], current: datetime) -> int:
    if any(part in parts for part in _WEEKS):
        raise Failure("D3136", "dates by week cannot be parsed")
    if "h" in parts and "H" not in parts:
        parts["H"] = parts["h"] % 12 + 12 * parts.get("P", 0)
    by_day = "d" in parts and "M" not in parts and "D" not in parts
    _complete(parts, (_DAY_OF_YEAR if by_day else _DATE) + "Hmsf", current)
    try:
        day = datetime(parts["Y"], 1, 1, tzinfo=UTC) + timedelta(days=parts["d"] - 1) if by_day else None
        moment = datetime(
            parts["Y"],
            day.month if day is not None else parts["M"],
            day.day if day is not None else parts["D"],
            parts["H"],
            parts["m"],
            parts["s"],
            parts["f"] * 1000,
            tzinfo=UTC,
        )
    except (ValueError, OverflowError):
        raise Failure("D3110", "the text names no date that exists") from None
    return _to_millis(moment) - 60_000 * parts.get("Z", parts.get("z", 0))


def _complete(parts: dict[str, Any], order: str, current: datetime) -> None:
    """Coarser parts that the picture leaves out come from the clock, finer ones are the first there is."""
    given = False
    ended = False
    for part in order:
        if part in parts:
            given = True
            if ended:
                raise Failure("D3136", "the picture leaves out a part between two that it gives")
        elif given:
            parts[part] = 1 if part in "MDd" else 0
            ended = True
        else:
            parts[part] = int(float(DateTimeUtils._get_datetime_fragment(current, part)))  # noqa: SLF001
