"""What timers do in a zone, and on the two days on which its clocks are set."""

from datetime import UTC, datetime, timedelta, tzinfo

import pytest

from workers.flow.values.cycle import parse_cycle
from workers.flow.values.duration import add_duration, parse_moment
from workers.flow.values.zone import find_zone, to_utc

BERLIN = find_zone("Europe/Berlin")
#: The night in which 02:00 to 03:00 is left out there, and that in which it comes twice.
SPRING, AUTUMN = "2026-03-28T12:00", "2026-10-24T12:00"


def local_times(text: str, start: str, count: int, zone: tzinfo = BERLIN) -> list[str]:
    """The times of a cycle as the clocks show them, from noon of a day on."""
    cycle = parse_cycle(text, zone)
    due = cycle.first(to_utc(parse_moment(start, zone)))
    found: list[datetime] = []
    while due is not None and len(found) < count:
        found.append(due)
        due = parse_cycle(cycle.text, anchor=cycle.anchor).after(due, due)
    return [_shown(each.astimezone(zone)) for each in found]


def _shown(local: datetime) -> str:
    offset = local.utcoffset()
    assert offset is not None
    return f"{local:%d %H:%M} {offset / timedelta(hours=1):+g}"


@pytest.mark.parametrize(
    ("cycle", "start", "expected"),
    [
        ("30 2 * * *", SPRING, ["29 03:00 +2", "30 02:30 +2", "31 02:30 +2"]),
        ("30 2 * * *", AUTUMN, ["25 02:30 +2", "26 02:30 +1", "27 02:30 +1"]),
        ("30 30 2 * * *", SPRING, ["29 03:00 +2", "30 02:30 +2", "31 02:30 +2"]),
        ("30 30 2 * * *", AUTUMN, ["25 02:30 +2", "26 02:30 +1", "27 02:30 +1"]),
        ("*/30 2 * * *", SPRING, ["29 03:00 +2", "30 02:00 +2", "30 02:30 +2"]),
        ("*/30 2 * * *", AUTUMN, ["25 02:00 +2", "25 02:30 +2", "26 02:00 +1"]),
        ("0 2,3 * * *", SPRING, ["29 03:00 +2", "30 02:00 +2", "30 03:00 +2"]),
        ("0 2,3 * * *", AUTUMN, ["25 02:00 +2", "25 03:00 +1", "26 02:00 +1"]),
        ("R/2026-03-27T02:30:00/P1D", SPRING, ["29 03:00 +2", "30 02:30 +2", "31 02:30 +2"]),
        ("R/2026-03-29T02:30:00/P1D", SPRING, ["29 03:00 +2", "30 02:30 +2", "31 02:30 +2"]),
        ("R/2026-10-01T02:30:00/P1D", AUTUMN, ["25 02:30 +2", "26 02:30 +1", "27 02:30 +1"]),
        ("R/P1D", SPRING, ["29 12:00 +2", "30 12:00 +2", "31 12:00 +2"]),
        ("R/P1W", SPRING, ["04 12:00 +2", "11 12:00 +2"]),
        ("R/P1M", AUTUMN, ["24 12:00 +1", "24 12:00 +1", "24 12:00 +1"]),
        ("R/PT24H", SPRING, ["29 13:00 +2", "30 13:00 +2", "31 13:00 +2"]),
        ("R/PT24H", AUTUMN, ["25 11:00 +1", "26 11:00 +1", "27 11:00 +1"]),
    ],
)
def test_a_time_that_is_left_out_comes_right_after_and_one_that_comes_twice_once(
    cycle: str, start: str, expected: list[str]
) -> None:
    assert local_times(cycle, start, len(expected)) == expected


def test_a_line_for_every_hour_goes_by_what_the_clocks_show() -> None:
    assert local_times("*/30 * * * *", "2026-10-25T01:30", 6) == [
        "25 01:30 +2", "25 02:00 +2", "25 02:30 +2", "25 02:00 +1", "25 02:30 +1", "25 03:00 +1",
    ]  # fmt: skip
    assert local_times("15 * * * *", "2026-03-29T01:00", 3) == ["29 01:15 +1", "29 03:15 +2", "29 04:15 +2"]
    assert local_times("0 */2 * * *", "2026-03-29T00:00", 3) == ["29 00:00 +1", "29 04:00 +2", "29 06:00 +2"]
    assert local_times("0/20 * * * * *", "2026-03-29T01:59:40", 2) == ["29 01:59 +1", "29 03:00 +2"]


@pytest.mark.parametrize("line", ["0 0 * * *", "30 0 * * *", "0 0 8 3 *"])
def test_a_midnight_that_is_left_out_comes_right_after(line: str) -> None:
    havana = find_zone("America/Havana")
    assert local_times(line, "2026-03-07T12:00", 1, havana) == ["08 01:00 -4"]


def test_a_line_that_is_asked_within_the_second_pass_never_answers_what_is_over() -> None:
    """The library alone answers the first pass then."""
    second_pass = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    found = parse_cycle("30 2 * * *", BERLIN).after(second_pass, second_pass)
    assert found == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


DAYS = [
    ("Europe/Berlin", datetime(2026, 3, 28, 20, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 24, 20, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 2, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 10, tzinfo=UTC)),  # half an hour
    ("Africa/Casablanca", datetime(2026, 2, 14, 22, tzinfo=UTC)),
]


@pytest.mark.parametrize(("name", "start"), DAYS)
@pytest.mark.parametrize("divisor", [7, 30])
def test_a_line_for_every_hour_comes_whenever_the_clocks_show_it(
    name: str, start: datetime, divisor: int
) -> None:
    zone = find_zone(name)
    cycle = parse_cycle(f"*/{divisor} * * * *", zone)
    minutes = [start + timedelta(minutes=each) for each in range(12 * 60)]
    expected = [each for each in minutes if each.astimezone(zone).minute % divisor == 0]
    found = [due] if (due := cycle.first(start)) else []
    while len(found) < len(expected):
        due = cycle.after(found[-1], found[-1])
        assert due is not None
        found.append(due)
    assert found == expected


@pytest.mark.parametrize(("name", "start"), DAYS)
@pytest.mark.parametrize("text", ["30 2 * * *", "*/20 1-3 * * *", "R/P1D", "R/PT5H"])
def test_times_only_go_forward(text: str, name: str, start: datetime) -> None:
    cycle = parse_cycle(text, find_zone(name))
    moment = start - timedelta(microseconds=1)
    due = cycle.first(start)
    for _ in range(20):
        assert due is not None
        assert due > moment
        moment, due = due, cycle.after(due, due)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07-01T12:00:00", "2026-07-01T10:00:00+00:00"),
        ("2026-07-01T12:00:00Z", "2026-07-01T12:00:00+00:00"),
        ("2026-07-01T12:00:00[America/New_York]", "2026-07-01T16:00:00+00:00"),
        ("2026-07-01T12:00:00-04:00[America/New_York]", "2026-07-01T16:00:00+00:00"),
        ("2026-07-01T12:00:00Z[America/New_York]", "2026-07-01T12:00:00+00:00"),
        ("2026-03-29T02:30:00[Europe/Berlin]", "2026-03-29T01:00:00+00:00"),
        ("2026-10-25T02:30:00[Europe/Berlin]", "2026-10-25T00:30:00+00:00"),
        ("2026-10-25T02:30:00+01:00[Europe/Berlin]", "2026-10-25T01:30:00+00:00"),
    ],
)
def test_a_moment_is_at_its_offset_or_in_its_zone_or_in_the_one_that_applies(
    text: str, expected: str
) -> None:
    assert to_utc(parse_moment(text, BERLIN)).isoformat() == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-07-01T12:00:00+05:00[Europe/Berlin]", r"offset is \+02:00 then"),
        ("2026-07-01T12:00:00[Mars/Olympus]", "no time zone"),
        ("2026-07-01T12:00:00[Europe/Berlin", "not a date and time"),
        ("2026-07-01[Europe/Berlin]", "not a date and time"),
        ("0001-01-01T00:00:00[Asia/Tokyo]", "does not exist"),
    ],
)
def test_what_is_no_moment_in_a_zone_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_moment(text, UTC)


def test_days_and_months_are_those_of_the_zone_and_hours_are_exact() -> None:
    noon = datetime(2026, 3, 28, 11, tzinfo=UTC).astimezone(BERLIN)
    assert add_duration(noon, "P1D").astimezone(UTC) - noon.astimezone(UTC) == timedelta(hours=23)
    assert add_duration(noon, "PT24H").astimezone(UTC) - noon.astimezone(UTC) == timedelta(hours=24)
    late = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    assert add_duration(late, "P1M") == datetime(2026, 2, 28, 23, 30, tzinfo=UTC)
    assert add_duration(late.astimezone(BERLIN), "P1M") == datetime(2026, 2, 28, 23, 30, tzinfo=UTC)
    assert add_duration(late.astimezone(BERLIN), "P2M") == datetime(2026, 3, 31, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "name", ["", "Berlin", "europe/berlin", "+01:00", "../UTC", "localtime", "zone.tab", "x" * 9_999]
)
def test_only_names_of_the_zones_that_are_the_same_everywhere_are_taken(name: str) -> None:
    with pytest.raises(ValueError, match="is no time zone") as refused:
        find_zone(name)
    assert len(str(refused.value)) < 200
