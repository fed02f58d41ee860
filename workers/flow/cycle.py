"""Cycles: ISO 8601 repeating intervals and cron expressions, as flows write them."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cronsim import CronSim, CronSimError

from workers.flow.duration import Duration, parse_calendar_duration, parse_datetime

LONGEST_CYCLE = 255
"""Characters."""

_INTERVAL = re.compile(r"R(?P<times>[0-9]{0,9})/(?:(?P<start>[^/]*)/)?(?P<duration>[^/]*)")
_SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)


class Cycle(ABC):
    """When something happens again and again. Times are in UTC.

    What was missed is made up once: who has come late fires once, and asks `after` for the next time.
    """

    #: How often it fires; None is without end. Whoever fires it counts.
    repetitions: int | None

    @abstractmethod
    def first(self, now: datetime) -> datetime | None:
        """The first time, at or after `now`; None where all are over."""

    @abstractmethod
    def after(self, previous: datetime, now: datetime) -> datetime | None:
        """The next time of the grid of `previous`, after it and after `now`; None where all are over."""


@dataclass(frozen=True, slots=True)
class Interval(Cycle):
    """A repeating interval; without a `start` it begins one duration after it is first asked."""

    repetitions: int | None
    start: datetime | None
    duration: Duration

    def first(self, now: datetime) -> datetime | None:
        if self.start is None:
            return self._at(now, 1)
        return self._earliest(self.start, lambda moment: moment >= now, 0)

    def after(self, previous: datetime, now: datetime) -> datetime | None:
        late = max(previous, now)
        if self.start is None:
            return self._earliest(previous, lambda moment: moment > late, 1)
        return self._earliest(self.start, lambda moment: moment > late, 0)

    def _at(self, start: datetime, times: int) -> datetime | None:
        over = self.start is not None and self.repetitions is not None and times >= self.repetitions
        try:
            return None if over else self.duration.after(start, times).astimezone(UTC)
        except (OverflowError, ValueError):
            return None  # after the last year there is

    def _earliest(self, start: datetime, fits: Callable[[datetime], bool], least: int) -> datetime | None:
        """The earliest time of the grid that fits; all that come after it fit too."""

        def reached(times: int) -> bool:
            moment = self._at(start, times)
            return moment is None or fits(moment)

        most = max(least, 1)
        while not reached(most):
            most *= 2
        while least < most:
            middle = (least + most) // 2
            least, most = (least, middle) if reached(middle) else (middle + 1, most)
        return self._at(start, least)


@dataclass(frozen=True, slots=True)
class Cron(Cycle):
    """A cron expression of five fields."""

    expression: str
    repetitions: int | None = None

    def first(self, now: datetime) -> datetime | None:
        return self._next(now - timedelta(microseconds=1))

    def after(self, previous: datetime, now: datetime) -> datetime | None:
        return self._next(max(previous, now))

    def _next(self, moment: datetime) -> datetime | None:
        return next(CronSim(self.expression, moment.astimezone(UTC)), None)


#: The shortest time between two repetitions.
SHORTEST_PAUSE = timedelta(seconds=1)


def parse_cycle(text: str) -> Cycle:
    """A cycle such as `R3/PT10M`, `R/2026-01-01T00:00:00Z/P1D` or `0 9 * * MON`. Raises ValueError."""
    if len(text) > LONGEST_CYCLE:
        raise ValueError(f"a cycle has at most {LONGEST_CYCLE} characters, and this one {len(text)}")
    return _interval(text) if text.startswith("R") else _cron(text)


def _interval(text: str) -> Interval:
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
    return Interval(times, parse_datetime(match["start"]) if match["start"] is not None else None, duration)


def _cron(text: str) -> Cron:
    if len(text.split()) != 5:
        raise ValueError(
            f"{text!r} is neither a repeating interval, such as R/PT1H, nor a cron expression of five fields,"
            " such as 0 9 * * MON"
        )
    try:
        coming = next(CronSim(text, _SOME_DAY), None)
    except CronSimError as error:
        where = str(error).removeprefix("Bad ")
        raise ValueError(f"{text!r} is not a cron expression: its {where} is wrong") from None
    if coming is None:
        raise ValueError(f"{text!r} never happens")
    return Cron(text)
