"""ISO 8601 durations and moments, as flows write them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal

MAX_DURATION = timedelta(days=36_525)
"""A hundred years."""

_NUMBER = r"[0-9]{1,12}(?:[.,][0-9]{1,12})?"
_DURATION = re.compile(
    rf"P(?:(?P<years>{_NUMBER})Y)?(?:(?P<months>{_NUMBER})M)?(?:(?P<weeks>{_NUMBER})W)?(?:(?P<days>{_NUMBER})D)?"
    rf"(?P<time>T(?:(?P<hours>{_NUMBER})H)?(?:(?P<minutes>{_NUMBER})M)?(?:(?P<seconds>{_NUMBER})S)?)?"
)
_MOMENT = re.compile(
    r"(?P<local>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2})(?P<seconds>:[0-9]{2})?"
    r"(?:[.,](?P<fraction>[0-9]{1,12}))?(?P<offset>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?",
)
_SECONDS = {"weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time: months, and what has a fixed length."""

    months: int
    length: timedelta

    def after(self, start: datetime, times: int = 1) -> datetime:
        """The moment so many times this after another; a month later is the same day or the month's last.

        Raises ValueError where there is no such moment.
        """
        year, month = divmod(start.year * 12 + start.month - 1 + self.months * times, 12)
        try:
            return _in_month(start, year, month + 1) + self.length * times
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
    return duration.length


def add_duration(start: datetime, text: str) -> datetime:
    """The moment a duration after another; a month later is the same day or the month's last.

    Raises ValueError.
    """
    return parse_calendar_duration(text).after(start)


def parse_datetime(text: str) -> datetime:
    """A moment such as `2026-01-31T12:00:00+01:00`, in UTC. Raises ValueError, also without an offset."""
    match = _MOMENT.fullmatch(text)
    if match is None or (match["fraction"] and not match["seconds"]):
        raise ValueError(f"{_short(text)} is not a date and time in ISO 8601, such as 2026-01-31T12:00:00Z")
    if match["offset"] is None:
        raise ValueError(f"{text!r} needs Z or an offset such as +01:00 at its end")
    offset = match["offset"].replace("Z", "+00:00")
    fraction = f".{match['fraction'][:6]:0<6}" if match["fraction"] else ""
    try:
        moment = datetime.fromisoformat(f"{match['local']}{match['seconds'] or ':00'}{fraction}{offset}")
        return moment.astimezone(UTC)
    except (OverflowError, ValueError):
        raise ValueError(f"{text!r} is a date or time that does not exist") from None


def parse_calendar_duration(text: str) -> Duration:
    """A duration such as `P1M` or `PT1H30M`. Raises ValueError for anything else, and over 100 years."""
    match = _DURATION.fullmatch(text)
    parts = (
        {} if match is None else {name: part for name, part in match.groupdict().items() if part is not None}
    )
    if not parts or parts.get("time") == "T":
        raise ValueError(f"{_short(text)} is not a duration in ISO 8601, such as PT30M or P1DT12H")
    parts.pop("time", None)
    numbers = {name: Decimal(part.replace(",", ".")) for name, part in parts.items()}
    for name, number in list(numbers.items())[:-1]:
        if number != int(number):
            raise ValueError(f"{text!r} has a fraction in its {name}; only the last part may have one")
    months = numbers.pop("years", Decimal(0)) * 12 + numbers.pop("months", Decimal(0))
    if months != int(months):
        raise ValueError(f"{text!r} has a fraction of a month, which has no length")
    # Microseconds are the finest there is; what is less rounds up, so that nothing comes early.
    micros = sum(number * _SECONDS[name] for name, number in numbers.items()) * 1_000_000
    limit = MAX_DURATION // timedelta(microseconds=1)
    if months > 1200 or micros > limit or months * 30_436_875 * 86_400 + micros > limit:
        raise ValueError(f"{text!r} is longer than 100 years")
    return Duration(
        int(months), timedelta(microseconds=int(Decimal(micros).to_integral_value(ROUND_CEILING)))
    )


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
