"""ISO 8601 durations and moments, as flows write them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import ROUND_CEILING, Decimal

from workers.flow.values.zone import find_zone, to_utc

MAX_DURATION = timedelta(days=36_525)
"""A hundred years."""

_NUMBER = r"[+-]?[0-9]{1,12}(?:[.,][0-9]{1,12})?"
_DURATION = re.compile(
    rf"(?P<sign>[+-])?P(?:(?P<years>{_NUMBER})Y)?(?:(?P<months>{_NUMBER})M)?(?:(?P<weeks>{_NUMBER})W)?(?:(?P<days>{_NUMBER})D)?"
    rf"(?P<time>T(?:(?P<hours>{_NUMBER})H)?(?:(?P<minutes>{_NUMBER})M)?(?:(?P<seconds>{_NUMBER})S)?)?"
)
_MOMENT = re.compile(
    r"(?P<local>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2})(?P<seconds>:[0-9]{2})?"
    r"(?:[.,](?P<fraction>[0-9]{1,12}))?(?P<offset>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?",
)
_ZONED = re.compile(r"(?P<moment>[^\[\]]*)\[(?P<zone>[^\[\]]*)\]")
_SECONDS = {"weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time: months and days of the calendar, and a part of fixed length."""

    months: int
    days: int
    length: timedelta

    def after(self, start: datetime, times: int = 1) -> datetime:
        """The moment that is `times` durations after an aware one, in its zone.

        Adding months and days keeps the time of day on the clock there; a month later is the same day, or the
        last of a shorter month. Hours, minutes and seconds are elapsed time.

        Raises ValueError where there is no such moment.
        """
        year, month = divmod(start.year * 12 + start.month - 1 + self.months * times, 12)
        try:
            if times and (self.months or self.days):
                local = _in_month(start, year, month + 1) + timedelta(days=self.days * times)
                moment = to_utc(local.replace(fold=0))
            else:
                moment = to_utc(start)
            return (moment + self.length * times).astimezone(start.tzinfo)
        except (OverflowError, ValueError):
            raise ValueError(
                f"what comes so long after {start.isoformat()} is no date that can be kept"
            ) from None


def parse_duration(text: str) -> timedelta:
    """A duration of fixed length such as `PT1H30M`; a fraction may stand in its last part.

    Raises ValueError for anything else, for years and months, and over 100 years.
    """
    duration = parse_calendar_duration(text)
    if duration.months:
        raise ValueError(f"{text!r} counts in years or months, which have no fixed length; use weeks or days")
    return duration.length + timedelta(days=duration.days)


def add_duration(start: datetime, text: str, *, signed: bool = False) -> datetime:
    """The moment a duration after another, in its zone, as `Duration.after` has it; raises ValueError.

    A `signed` duration may be below zero, such as `-PT5M`.
    """
    return parse_calendar_duration(text, signed=signed).after(start)


def is_duration(text: str) -> bool:
    """Whether a time that may be a duration or a date is meant to be a duration."""
    return text.startswith(("P", "-P", "+P"))


def is_moment(text: str) -> bool:
    """Whether a time that may be a duration or a date is meant to be a date."""
    return text[:4].isdigit() and text[4:5] == "-"


def write_duration(length: timedelta) -> str:
    """A whole number of seconds as the shortest duration of one part: five minutes are `PT5M`."""
    seconds = length // timedelta(seconds=1)
    for size, form in ((86_400, "P{}D"), (3_600, "PT{}H"), (60, "PT{}M")):
        if seconds and seconds % size == 0:
            return form.format(seconds // size)
    return f"PT{seconds}S"


def parse_datetime(text: str) -> datetime:
    """A moment such as `2026-01-31T12:00:00+01:00`, in UTC. Raises ValueError, also without an offset."""
    local = _local(text, None)
    if local.tzinfo is None:
        raise ValueError(f"{text!r} needs Z or an offset such as +01:00 at its end")
    return local.astimezone(UTC)


def parse_moment(text: str, zone: tzinfo) -> datetime:
    """A moment with an offset, with a zone in brackets, with both, or in `zone`: an aware time in its zone.

    `2026-03-29T02:30:00[Europe/Berlin]` is as the clocks show it there, which may be never: see `to_utc`.
    Raises ValueError.
    """
    zoned = _ZONED.fullmatch(text)
    if zoned is not None:
        text, zone = zoned["moment"], find_zone(zoned["zone"])
    local = _local(text, zone)
    if local.tzinfo is zone:
        return local
    there = local.astimezone(zone)
    if zoned is not None and not text.endswith("Z") and there.utcoffset() != local.utcoffset():
        raise ValueError(f"{text!r} is no time in {zone}, where the offset is {there.isoformat()[-6:]} then")
    return there


def _local(text: str, zone: tzinfo | None) -> datetime:
    """A time at its own offset, else in `zone`."""
    match = _MOMENT.fullmatch(text)
    if match is None or (match["fraction"] and not match["seconds"]):
        raise ValueError(f"{_short(text)} is not a date and time in ISO 8601, such as 2026-01-31T12:00:00Z")
    offset = (match["offset"] or "").replace("Z", "+00:00")
    fraction = f".{match['fraction'][:6]:0<6}" if match["fraction"] else ""
    try:
        found = datetime.fromisoformat(f"{match['local']}{match['seconds'] or ':00'}{fraction}{offset}")
        local = found if found.tzinfo is not None else found.replace(tzinfo=zone)
        if local.tzinfo is not None:
            local.astimezone(UTC)  # at either end of the calendar there is none
    except (OverflowError, ValueError):
        raise ValueError(f"{text!r} is a date or time that does not exist") from None
    return local


def parse_calendar_duration(text: str, *, signed: bool = False) -> Duration:
    """A duration such as `P1M` or `PT1H30M`, below zero only where it may be `signed`.

    Raises ValueError for anything else, and over 100 years.
    """
    match = _DURATION.fullmatch(text)
    parts = (
        {} if match is None else {name: part for name, part in match.groupdict().items() if part is not None}
    )
    sign = -1 if parts.pop("sign", "+") == "-" else 1
    if not parts or parts.get("time") == "T" or (not signed and re.search("[+-]", text)):
        raise ValueError(f"{_short(text)} is not a duration in ISO 8601, such as PT30M or P1DT12H")
    parts.pop("time", None)
    numbers = {name: sign * Decimal(part.replace(",", ".")) for name, part in parts.items()}
    for name, number in list(numbers.items())[:-1]:
        if number != int(number):
            raise ValueError(f"{text!r} has a fraction in its {name}; only the last part may have one")
    years, months = numbers.pop("years", Decimal(0)), numbers.pop("months", Decimal(0))
    if months + years * 12 != int(months + years * 12):
        raise ValueError(f"{text!r} has a fraction of a month, which has no length")
    # Times have microseconds. Smaller fractions round up, so that nothing is early.
    most_months = abs(years) * 12 + abs(months)
    most = sum(abs(number) * _SECONDS[name] for name, number in numbers.items()) * 1_000_000
    limit = MAX_DURATION // timedelta(microseconds=1)
    if most_months > 1200 or most > limit or most_months * 30_436_875 * 86_400 + most > limit:
        raise ValueError(f"{text!r} is longer than 100 years")
    days = numbers.pop("weeks", Decimal(0)) * 7 + numbers.pop("days", Decimal(0))
    seconds = days % 1 * 86_400 + sum(number * _SECONDS[name] for name, number in numbers.items())
    length = timedelta(microseconds=int((seconds * 1_000_000).to_integral_value(ROUND_CEILING)))
    return Duration(int(months + years * 12), int(days), length)


def _in_month(start: datetime, year: int, month: int) -> datetime:
    for day in range(start.day, start.day - 4, -1):
        try:
            return start.replace(year=year, month=month, day=day)
        except ValueError:
            if day <= 28:
                raise
    raise ValueError(year)


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "…")
