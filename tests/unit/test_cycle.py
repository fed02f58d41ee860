from datetime import UTC, datetime, timedelta

import pytest

from workers.flow.values.cycle import parse_cycle

NOW = datetime(2026, 1, 31, 10, tzinfo=UTC)


def at(day: int, hour: int = 0, minute: int = 0, month: int = 1) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "repetitions", "first", "second"),
    [
        ("R3/PT10M", 3, at(31, 10, 10), at(31, 10, 20)),
        ("R/PT1H", None, at(31, 11), at(31, 12)),
        ("R/P1M", None, at(28, 10, month=2), at(31, 10, month=3)),
        ("R/2026-01-31T12:00:00+01:00/P1D", None, at(31, 11), at(1, 11, month=2)),
        ("R/2026-01-31T10:00:00Z/PT1H", None, NOW, at(31, 11)),
        ("R/2025-12-31T00:00:00Z/P1M", None, at(28, month=2), at(31, month=3)),
        ("0 9 * * MON", None, at(2, 9, month=2), at(9, 9, month=2)),
        ("*/15 * * * *", None, NOW, at(31, 10, 15)),
    ],
)
def test_a_cycle_has_a_first_time_and_a_next(
    text: str, repetitions: int | None, first: datetime, second: datetime
) -> None:
    cycle = parse_cycle(text)
    assert cycle.repetitions == repetitions
    assert cycle.first(NOW) == first
    assert cycle.after(first, first) == second


@pytest.mark.parametrize(
    ("text", "late", "expected"),
    [
        ("R/PT10M", timedelta(minutes=35), at(31, 10, 40)),
        ("R/2026-01-31T10:00:00Z/PT10M", timedelta(minutes=35), at(31, 10, 40)),
        ("*/10 * * * *", timedelta(minutes=35), at(31, 10, 40)),
        ("R/PT10M", timedelta(minutes=40), at(31, 10, 50)),
        ("R/P1M", timedelta(days=45), at(31, 10, month=3)),
        ("R/PT1S", timedelta(days=300), NOW + timedelta(days=300, seconds=1)),
    ],
)
def test_what_was_missed_is_made_up_once(text: str, late: timedelta, expected: datetime) -> None:
    assert parse_cycle(text).after(NOW, NOW + late) == expected


def test_a_clock_that_is_behind_does_not_fire_a_time_twice() -> None:
    assert parse_cycle("R/PT10M").after(NOW, NOW - timedelta(hours=1)) == at(31, 10, 10)


def test_a_cycle_with_a_start_is_over_after_its_last_time() -> None:
    cycle = parse_cycle("R2/2026-01-31T10:00:00Z/P1D")
    assert cycle.after(NOW, NOW) == at(1, 10, month=2)
    assert cycle.after(at(1, 10, month=2), at(1, 10, month=2)) is None
    assert cycle.first(at(2, month=2)) is None


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("R/P1M", ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        ("R/P1Y", ["2027-01-31", "2028-01-31", "2029-01-31", "2030-01-31"]),
        ("R/P1M1D", ["2026-03-01", "2026-04-02", "2026-05-03", "2026-06-04"]),
    ],
)
def test_a_cycle_without_a_start_stays_on_the_grid_of_its_anchor(text: str, days: list[str]) -> None:
    cycle = parse_cycle(text)
    due = cycle.first(NOW)
    seen: list[str] = []
    while due is not None and len(seen) < len(days):
        seen.append(f"{due:%Y-%m-%d}")
        due = parse_cycle(text, anchor=cycle.anchor).after(due, due)
    assert seen == days


def test_what_was_armed_without_an_anchor_goes_on_from_its_present_time() -> None:
    cycle = parse_cycle("R/P1M")
    assert cycle.after(at(30, month=4), at(30, month=4)) == at(30, month=5)
    assert cycle.anchor == at(30, month=4)


def test_a_time_that_was_moved_off_the_grid_stands_for_the_nearest_of_it() -> None:
    moved = at(28, 10, month=3)
    assert parse_cycle("R/P1M", anchor=NOW).after(moved, moved) == at(30, 10, month=4)
    early = at(31, 9, month=3)
    assert parse_cycle("R/P1M", anchor=NOW).after(early, early) == at(30, 10, month=4)
    late = at(31, 11, month=3)
    assert parse_cycle("R/P1M", anchor=NOW).after(late, late) == at(30, 10, month=4)


def test_nothing_comes_after_the_last_year() -> None:
    assert parse_cycle("R/P100Y").after(datetime(9950, 1, 1, tzinfo=UTC), NOW) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "neither a repeating interval"),
        ("PT1H", "neither a repeating interval"),
        ("0 9 * *", "five fields"),
        ("0 0 9 * * MON 2030", "five fields"),
        ("@reboot", "none of @yearly"),
        ("@every 1h", "none of @yearly"),
        ("61 * * * *", "minute"),
        ("0 0 30 2 *", "day-of-month"),
        ("R", "repeating interval"),
        ("R/", "duration"),
        ("R3/PT0S", "no time at all"),
        ("R/PT0.9S", "more often than once a second"),
        ("R0/PT1S", "never happens"),
        ("R-1/PT1S", "repeating interval"),
        ("R/1 hour", "duration"),
        ("R/PT1H/2026-01-01T00:00:00Z", "names its end"),
        ("R/2026-01-01T00:00:00Z/2026-02-01T00:00:00Z", "duration"),
        ("R/-PT1H", "has to end with a duration"),
        ("R/2026-01-01T00:00:00+05:00[Europe/Berlin]/P1D", r"offset is \+01:00"),
        ("TZ=Europe/Berln 0 9 * * *", "did you mean Europe/Berlin"),
        ("TZ=localtime 0 9 * * *", "no time zone"),
        ("CRON_TZ= 0 9 * * *", "no time zone"),
        ("TZ=UTC", "neither a repeating interval"),
        ("R/P200Y", "longer than 100 years"),
        ("*," * 200 + "*", "characters"),
    ],
)
def test_what_is_no_cycle_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_cycle(text)
