"""Cron expressions, as crontabs and the vendors of workflow engines write them."""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from cronsim import CronSim, CronSimError

from workers.flow.values.zone import first_change, to_utc

MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
"""Macros such as `@daily`, with their lines."""

DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_FIELDS: tuple[tuple[str, int, int, list[str]], ...] = (
    ("second", 0, 59, []),
    ("minute", 0, 59, []),
    ("hour", 0, 23, []),
    ("day-of-month", 1, 31, []),
    ("month", 1, 12, _MONTHS),
    ("day-of-week", 0, 6, DAYS),
)
_DAY, _WEEKDAY = 3, 5
_RANGE = re.compile(r"(?P<start>[0-9]{1,2}|[A-Z]{3})-(?P<end>[0-9]{1,2}|[A-Z]{3})(?:/(?P<step>[0-9]{1,2}))?")
_MARKED = re.compile(r"L-(?P<before>[0-9]{1,2})(?P<near>W?)|(?P<day>[0-9]{1,2})W")
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class MarkedDay:
    """A day of each month that `L-3` or `15W` names, which the library does not know."""

    number: int
    from_end: bool  # so many days before the month's last
    near: bool  # or the nearest of Monday to Friday in the same month

    def of(self, year: int, month: int) -> int | None:
        """Which day it is; None in a month that has none."""
        last = monthrange(year, month)[1]
        day = last - self.number if self.from_end else self.number
        if not 1 <= day <= last:
            return None
        weekday = date(year, month, day).weekday() if self.near else 0
        if weekday == 5:
            return day - 1 if day > 1 else day + 2
        if weekday == 6:
            return day + 1 if day < last else day - 2
        return day


class _Times(CronSim):
    """The library's iterator, with marked days beside those of its own."""

    def __init__(self, line: str, marked: tuple[MarkedDay, ...], wall: datetime, *, alone: bool) -> None:
        super().__init__(line, wall)
        self._marked = marked
        if alone:
            self.days = set()

    def match_dom(self, d: date) -> bool:
        return super().match_dom(d) or any(each.of(d.year, d.month) == d.day for each in self._marked)


@dataclass(frozen=True, slots=True)
class CronLine:
    """A line of five fields, or of six whose first is the second, on the clocks of a zone.

    When both a day of the month and a day of the week are given, a day fits if either fits, as in a crontab.
    When one of the two fields begins with `*`, both have to fit.
    """

    fields: tuple[str, ...]
    marked: tuple[MarkedDay, ...]

    def after(self, moment: datetime, zone: tzinfo) -> datetime | None:
        """The next time after an aware one, in UTC; None where none comes within fifty years.

        When the clocks are set back, a line that names its hours fires once, and a line with `*` hours fires
        each time that the clocks show the hour. When they are set forward over a named hour, the line fires
        at that moment.
        """
        local = moment.astimezone(zone)
        if self.fields[-4].startswith("*"):
            return self._shown_after(local, zone)
        walls = self._walls(local.replace(tzinfo=None))
        found = (to_utc(wall.replace(tzinfo=zone)) for wall in walls)
        return next((each for each in found if each > moment), None)

    def _shown_after(self, local: datetime, zone: tzinfo) -> datetime | None:
        wall, offset = local.replace(tzinfo=None), local.utcoffset() or timedelta()
        while (shown := next(self._walls(wall), None)) is not None:
            found = (shown - offset).replace(tzinfo=UTC)
            if found.astimezone(zone).utcoffset() == offset:
                return found
            # The clocks are set before that time, and show another time afterwards.
            local = first_change(local.astimezone(UTC), found, zone).astimezone(zone)
            wall, offset = local.replace(tzinfo=None) - _SECOND, local.utcoffset() or timedelta()
        return None

    def _walls(self, wall: datetime) -> Iterator[datetime]:
        """What the clocks show then, after `wall`, both without a zone."""
        # The library knows zones too, but not for lines with seconds, nor within an hour that comes twice.
        alone = not self.fields[-3]
        line = " ".join(each or "1" for each in self.fields)
        return _Times(line, self.marked, wall, alone=alone)


def parse_cron(text: str) -> CronLine:
    """The line that a text means: a macro, five fields, or six with the second first. Raises ValueError."""
    if text.startswith("@"):
        if text.lower() not in MACROS:
            raise ValueError(f"{text!r} is none of {', '.join(MACROS)}")
        return parse_cron(MACROS[text.lower()])
    fields = text.upper().split()
    if len(fields) not in (5, 6):
        raise ValueError(
            f"{text!r} is neither a repeating interval, such as R/PT1H, nor a cron expression of five fields,"
            " such as 0 9 * * MON"
        )
    for at in (-3, -1):
        fields[at] = "*" if fields[at] == "?" else fields[at]
    if len(fields) == 6:
        _check_vendors(text, fields)
    terms = fields[-3].split(",")
    marked = [_marked(text, match) for match in map(_MARKED.fullmatch, terms) if match]
    fields[-3] = ",".join(term for term in terms if not _MARKED.fullmatch(term))
    for at in range(-len(fields), 0):
        fields[at] = ",".join(_plain(at, term) for term in fields[at].split(","))
    line = CronLine(tuple(fields), tuple(marked))
    try:
        coming = line.after(datetime(2000, 1, 1, tzinfo=UTC), UTC)
    except CronSimError as error:
        where = str(error).removeprefix("Bad ")
        raise ValueError(f"{text!r} is not a cron expression: its {where} is wrong") from None
    if coming is None:
        raise ValueError(f"{text!r} never happens")
    return line


def _check_vendors(text: str, fields: list[str]) -> None:
    """Refuse parts on which vendors disagree; only they write lines with seconds."""
    if "*" not in (fields[_DAY], fields[_WEEKDAY]):
        raise ValueError(
            f"{text!r} has a day of the month and one of the week: with seconds, one of them has to be ?"
        )
    if re.search(r"(?<![#/0-9])[0-9]|(?<!-)[A-Z]{3}/|[*]/", fields[_WEEKDAY]):
        raise ValueError(
            f"{text!r} counts days of the week, which vendors do differently: name them, such as MON-FRI"
        )


def _marked(text: str, match: re.Match[str]) -> MarkedDay:
    before = match["before"]
    number = int(before or match["day"])
    if number > (30 if before else 31) or (not before and number == 0):
        raise ValueError(f"{text!r} is not a cron expression: its day-of-month is wrong")
    return MarkedDay(number, from_end=before is not None, near=before is None or match["near"] == "W")


def _plain(at: int, term: str) -> str:
    """A term as the library knows it: a range that goes on past its field's end becomes a list."""
    name, least, most, names = _FIELDS[at]
    if name == "day-of-week":
        if term.endswith("L") and term[:-1] in names:
            return f"{names.index(term[:-1])}L"
        term = re.sub("^7-(?!7)", "0-", term)
    match = _RANGE.fullmatch(term)
    if match is None:
        return term
    start, end = (_number(at, match[each]) for each in ("start", "end"))
    step = int(match["step"] or 1)
    if start is None or end is None or start <= end or step == 0:
        return term
    return ",".join(str(each) for each in [*range(start, most + 1), *range(least, end + 1)][::step])


def _number(at: int, word: str) -> int | None:
    name, least, most, names = _FIELDS[at]
    if word in names:
        return names.index(word) + least
    number = int(word) if word.isdigit() else -1
    if name == "day-of-week" and number == 7:
        return 0
    return number if least <= number <= most else None
