"""Cron lines as crontabs and vendors write them."""

from datetime import UTC, datetime

import pytest

from workers.flow.values.cycle import parse_cycle

NOW = datetime(2026, 1, 1, tzinfo=UTC)  # a Thursday


def times(text: str, count: int, now: datetime = NOW) -> list[str]:
    cycle = parse_cycle(text)
    found: list[datetime] = []
    due = cycle.first(now)
    while due is not None and len(found) < count:
        found.append(due)
        due = cycle.after(due, due)
    return [f"{each:%a %d %b %H:%M:%S}" for each in found]


@pytest.mark.parametrize(
    ("macro", "line"),
    [
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
        ("@monthly", "0 0 1 * *"),
        ("@weekly", "0 0 * * 0"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@Hourly", "0 * * * *"),
    ],
)
def test_a_macro_is_the_line_that_it_stands_for(macro: str, line: str) -> None:
    assert times(macro, 5) == times(line, 5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 9 * * FRI-MON", ["Fri 02", "Sat 03", "Sun 04", "Mon 05", "Fri 09"]),
        ("0 9 * * FRI-SUN", ["Fri 02", "Sat 03", "Sun 04", "Fri 09"]),
        ("0 9 * * 5-7", ["Fri 02", "Sat 03", "Sun 04", "Fri 09"]),
        ("0 9 * * 7-2", ["Sun 04", "Mon 05", "Tue 06", "Sun 11"]),
        ("0 9 * * 7-7", ["Sun 04", "Sun 11", "Sun 18"]),
        ("0 9 * * 7-7/2", ["Sun 04", "Sun 11", "Sun 18"]),
        ("0 9 * * FRI-TUE/2", ["Fri 02", "Sun 04", "Tue 06", "Fri 09"]),
        ("0 9 * * MON#1", ["Mon 05", "Mon 02", "Mon 02", "Mon 06"]),
        ("0 9 * * 5L", ["Fri 30", "Fri 27", "Fri 27", "Fri 24"]),
        ("0 9 * * FRIL", ["Fri 30", "Fri 27", "Fri 27", "Fri 24"]),
        ("0 9 L * *", ["Sat 31", "Sat 28", "Tue 31", "Thu 30"]),
        ("0 9 LW * *", ["Fri 30", "Fri 27", "Tue 31", "Thu 30"]),
        ("0 9 L-3 * *", ["Wed 28", "Wed 25", "Sat 28", "Mon 27"]),
        ("0 9 L-3W * *", ["Wed 28", "Wed 25", "Fri 27", "Mon 27"]),
        ("0 9 15W * *", ["Thu 15", "Mon 16", "Mon 16", "Wed 15", "Fri 15"]),
        ("0 9 1W * *", ["Thu 01", "Mon 02", "Mon 02", "Wed 01", "Fri 01"]),
        ("0 9 31W * *", ["Fri 30", "Tue 31", "Fri 29", "Fri 31"]),
        ("0 9 1,15W * *", ["Thu 01", "Thu 15", "Sun 01", "Mon 16"]),
        ("0 9 ? * MON", ["Mon 05", "Mon 12", "Mon 19"]),
        ("0 9 1 * ?", ["Thu 01", "Sun 01", "Sun 01", "Wed 01"]),
    ],
)
def test_days_as_vendors_name_them(text: str, expected: list[str]) -> None:
    assert [each[:6] for each in times(text, len(expected))] == expected


def test_ranges_of_hours_and_months_may_go_past_the_end() -> None:
    assert times("0 22-1 * * *", 4) == ["Thu 01 Jan 00:00:00", "Thu 01 Jan 01:00:00", "Thu 01 Jan 22:00:00",
                                        "Thu 01 Jan 23:00:00"]  # fmt: skip
    assert times("0 0 1 NOV-FEB *", 3) == [
        "Thu 01 Jan 00:00:00",
        "Sun 01 Feb 00:00:00",
        "Sun 01 Nov 00:00:00",
    ]


def test_one_of_two_days_has_to_be_right_as_in_a_crontab() -> None:
    assert times("0 9 10 * MON", 3) == ["Mon 05 Jan 09:00:00", "Sat 10 Jan 09:00:00", "Mon 12 Jan 09:00:00"]
    assert times("0 9 10W * MON", 3) == ["Mon 05 Jan 09:00:00", "Fri 09 Jan 09:00:00", "Mon 12 Jan 09:00:00"]


def test_both_days_have_to_be_right_where_one_begins_with_a_star() -> None:
    assert times("0 9 */2 * MON", 3) == ["Mon 05 Jan 09:00:00", "Mon 19 Jan 09:00:00", "Mon 09 Feb 09:00:00"]


def test_six_fields_begin_with_the_second() -> None:
    assert times("30 0 9 ? * MON-FRI", 2) == ["Thu 01 Jan 09:00:30", "Fri 02 Jan 09:00:30"]
    assert times("*/20 0 9 * * *", 4) == ["Thu 01 Jan 09:00:00", "Thu 01 Jan 09:00:20", "Thu 01 Jan 09:00:40",
                                          "Fri 02 Jan 09:00:00"]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0 0 9 1 * MON", "one of them has to be [?]"),
        ("0 0 9 ? * 2-6", "vendors do differently"),
        ("0 0 9 ? * MON/2", "vendors do differently"),
        ("0 0 9 ? * */2", "vendors do differently"),
        ("0 9 32W * *", "day-of-month"),
        ("0 9 0W * *", "day-of-month"),
        ("0 9 L-31 * *", "day-of-month"),
        ("0 9 W * *", "day-of-month"),
        ("0 9 * * L", "day-of-week"),
        ("0 9 * * FOO-MON", "day-of-week"),
        ("0 9 * ? *", "month"),
        ("0 0 31W 2 *", "never happens"),
        ("0 22-1/0 * * *", "hour"),
    ],
)
def test_what_means_nothing_or_two_things_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_cycle(text)
