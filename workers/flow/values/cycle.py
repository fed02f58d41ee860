"""Cycles: ISO 8601 repeating intervals and cron expressions, as flows write them."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from workers.flow.values.cron import CronLine, parse_cron
from workers.flow.values.duration import Duration, parse_calendar_duration, parse_moment
from workers.flow.values.zone import find_zone

LONGEST_CYCLE = 255
"""Characters."""

SHORTEST_PAUSE = timedelta(seconds=1)
"""Between two repetitions of an interval."""

_ZONED = re.compile(r"(?:CRON_)?TZ=(?P<zone>\S*)\s+(?P<cycle>.*)", re.DOTALL)
_INTERVAL = re.compile(r"R(?P<times>[0-9]{0,9})/(?:(?P<start>[^/\[]*(?:\[[^\]]*\])?)/)?(?P<duration>[^/]*)")
_SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Cycle(ABC):
    """When something happens again and again. Times are in UTC.

    Missed times are made up for once: after a pause it fires once, and `after` gives the next time.
    """

    text: str
    """The text that `parse_cycle` reads anywhere alike: it names the zone, unless that is UTC."""
    zone: tzinfo
    repetitions: int | None
    """How often it fires; None is without end. The caller counts."""
    anchor: datetime | None
    """Where the grid begins of an interval without a start; set when the cycle is first asked."""

    @abstractmethod
    def first(self, now: datetime) -> datetime | None:
        """The first time, at or after `now`; None where all are over."""

    @abstractmethod
    def after(self, previous: datetime, now: datetime) -> datetime | None:
        """The next time after `previous` and after `now`; None where all are over."""


@dataclass(slots=True)
class Interval(Cycle):
    """A repeating interval; without a `start` its grid begins at the anchor, and it fires one duration later.

    Its months and days keep what the clocks of its zone show.
    """

    start: datetime | None
    duration: Duration

    def first(self, now: datetime) -> datetime | None:
        if self.start is None and self.anchor is None:
            self.anchor = now
        return self._at(self._count(lambda moment: moment >= now))

    def after(self, previous: datetime, now: datetime) -> datetime | None:
        if self.start is None and self.anchor is None:
            self.anchor = previous  # it was armed by a release that kept no anchor
        late = max(previous, now, self._nearest(previous))
        return self._at(self._count(lambda moment: moment > late))

    def _nearest(self, moment: datetime) -> datetime:
        """The time of the grid that is nearest to a moment.

        A release that kept no anchor, or changed rules of the zone, may have moved the moment a little.
        """
        times = self._count(lambda each: each >= moment)
        around = [self._at(each) for each in (times - 1, times) if each >= 0]
        return min((each for each in around if each), key=lambda each: abs(each - moment), default=moment)

    @property
    def _least(self) -> int:
        return 1 if self.start is None else 0

    def _at(self, times: int) -> datetime | None:
        over = self.start is not None and self.repetitions is not None and times >= self.repetitions
        begin = self.start or self.anchor
        if over or begin is None:
            return None
        try:
            return self.duration.after(begin.astimezone(self.zone), times).astimezone(UTC)
        except (OverflowError, ValueError):
            return None  # after the last year there is

    def _count(self, fits: Callable[[datetime], bool]) -> int:
        """The number of durations to the earliest time that fits. All later ones fit too."""

        def reached(times: int) -> bool:
            moment = self._at(times)
            return moment is None or fits(moment)

        least, most = self._least, 1
        while not reached(most):
            most *= 2
        while least < most:
            middle = (least + most) // 2
            least, most = (least, middle) if reached(middle) else (middle + 1, most)
        return least


@dataclass(slots=True)
class Cron(Cycle):
    """A cron expression: the clocks of its zone show what it says."""

    line: CronLine

    def first(self, now: datetime) -> datetime | None:
        return self.line.after(now - timedelta(microseconds=1), self.zone)

    def after(self, previous: datetime, now: datetime) -> datetime | None:
        return self.line.after(max(previous, now), self.zone)


def parse_cycle(text: str, zone: tzinfo = UTC, anchor: datetime | None = None) -> Cycle:
    """A cycle such as `R3/PT10M`, `R/2026-01-01T00:00:00Z/P1D` or `0 9 * * MON`. Raises ValueError.

    It is in `zone`, unless it begins with `TZ=Europe/Berlin` (or `CRON_TZ=`) and a space, or its start has a
    zone in brackets. `anchor` is that of a cycle that was armed before.
    """
    zoned = _ZONED.fullmatch(text)
    if zoned is not None:
        text, zone = zoned["cycle"], find_zone(zoned["zone"])
    if len(text) > LONGEST_CYCLE:
        raise ValueError(f"a cycle has at most {LONGEST_CYCLE} characters, and this one {len(text)}")
    whole = text if zone is UTC else f"TZ={zone} {text}"
    if text.startswith("R"):
        return _interval(text, whole, zone, anchor)
    return Cron(whole, zone, None, None, parse_cron(text))


def _interval(text: str, whole: str, zone: tzinfo, anchor: datetime | None) -> Interval:
    match = _INTERVAL.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a repeating interval in ISO 8601, such as R3/PT10M or R/PT1H")
    if match["start"] is not None and match["start"].startswith("P"):
        raise ValueError(
            f"{text!r} names its end; name its start instead, such as R/2026-01-01T00:00:00Z/P1D"
        )
    if not match["duration"].startswith("P"):
        raise ValueError(f"{text!r} has to end with a duration, such as R/2026-01-01T00:00:00Z/P1D")
    times = int(match["times"]) if match["times"] else None
    if times == 0:
        raise ValueError(f"{text!r} never happens: a repetition is at least R1, or R without end")
    duration = parse_calendar_duration(match["duration"])
    if duration.after(_SOME_DAY) == _SOME_DAY:
        raise ValueError(f"{text!r} repeats after no time at all")
    if duration.after(_SOME_DAY) < _SOME_DAY + SHORTEST_PAUSE:
        raise ValueError(f"{text!r} repeats more often than once a second")
    start = parse_moment(match["start"], zone) if match["start"] is not None else None
    zone = zone if start is None or start.tzinfo is None else start.tzinfo
    return Interval(whole, zone, times, anchor, start, duration)
