from datetime import UTC, datetime, timedelta, timezone

import pytest

from workers.flow.values.duration import add_duration, parse_datetime, parse_duration

START = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT0S", timedelta(0)),
        ("PT2S", timedelta(seconds=2)),
        ("PT0.5S", timedelta(milliseconds=500)),
        ("PT1,25S", timedelta(milliseconds=1250)),
        ("PT48H", timedelta(hours=48)),
        ("P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("P2W", timedelta(weeks=2)),
        ("P1W2D", timedelta(days=9)),
        ("P0.5D", timedelta(hours=12)),
        ("PT1.5M", timedelta(seconds=90)),
        ("PT0.0000001S", timedelta(microseconds=1)),
        ("PT0.1S", timedelta(microseconds=100_000)),
        ("P36525D", timedelta(days=36_525)),
    ],
)
def test_a_duration_is_exact_to_the_microsecond(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


NO_DURATIONS = [
    "P",
    "PT",
    "P1DT",
    "1D",
    "PT5",
    "-PT5S",
    "+PT5S",
    "PT-5S",
    "P1S",
    "PT1D",
    "PT1H1H",
    "PT1M1H",
    "pt5s",
    "P1.5DT2H",
    "PT.5S",
    "PT1.S",
    "P٣D",
    "PT1e3S",
    "P1DT1W",
    "P0001-01-01T00:00:00",
]


@pytest.mark.parametrize("text", [*NO_DURATIONS, "", " PT5S", "PT5S\n"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a duration|has a fraction"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-PT5M", START - timedelta(minutes=5)),
        ("PT-5M", START - timedelta(minutes=5)),
        ("-P1M", datetime(2025, 12, 31, 12, tzinfo=UTC)),
        ("-P1DT0.5S", START - timedelta(days=1, milliseconds=500)),
        ("+PT5M", START + timedelta(minutes=5)),
        ("P1DT-1H", START + timedelta(hours=23)),
        ("P0.5W", START + timedelta(days=3, hours=12)),
    ],
)
def test_a_signed_duration_may_be_below_zero(text: str, expected: datetime) -> None:
    assert add_duration(START, text, signed=True) == expected


@pytest.mark.parametrize("text", ["-P200Y", "PT-999999999999H", "P-999999999999WT999999999999H", "-P99Y400M"])
def test_less_than_minus_a_hundred_years_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="100 years"):
        add_duration(START, text, signed=True)


@pytest.mark.parametrize(
    "text", ["P36525DT1S", "PT999999999999S", "P1" + "0" * 20 + "D", "P1000Y", "P99Y400M"]
)
def test_more_than_a_hundred_years_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"100 years|not a duration"):
        add_duration(START, text)


@pytest.mark.parametrize("text", ["P1Y", "P1M", "P1Y2M3DT4H"])
def test_years_and_months_have_no_fixed_length(text: str) -> None:
    with pytest.raises(ValueError, match="years or months"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT90M", datetime(2026, 1, 31, 13, 30, tzinfo=UTC)),
        ("P1M", datetime(2026, 2, 28, 12, tzinfo=UTC)),
        ("P2M", datetime(2026, 3, 31, 12, tzinfo=UTC)),
        ("P13M", datetime(2027, 2, 28, 12, tzinfo=UTC)),
        ("P2Y1M", datetime(2028, 2, 29, 12, tzinfo=UTC)),
        ("P1M1D", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("P100Y", datetime(2126, 1, 31, 12, tzinfo=UTC)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last_of_the_month(text: str, expected: datetime) -> None:
    assert add_duration(START, text) == expected


def test_a_moment_past_the_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="no date that can be kept"):
        add_duration(datetime(9999, 12, 1, tzinfo=UTC), "P31D")
    with pytest.raises(ValueError, match="no date that can be kept"):
        add_duration(datetime(9950, 1, 1, tzinfo=UTC), "P50Y")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T12:00:00Z", START),
        ("2026-01-31T12:00Z", START),
        ("2026-01-31T13:00:00+01:00", START),
        ("2026-01-31T13:00:00+0100", START),
        ("2026-01-31T04:00:00-08", START),
        ("2026-01-31T12:00:00.5Z", START + timedelta(milliseconds=500)),
        ("2026-01-31T12:00:00,123456789Z", START + timedelta(microseconds=123_456)),
    ],
)
def test_a_moment_comes_out_in_utc(text: str, expected: datetime) -> None:
    moment = parse_datetime(text)
    assert moment == expected
    assert moment.tzinfo is UTC


@pytest.mark.parametrize("text", ["2026-01-31T12:00:00", "2026-01-31T12:00"])
def test_a_moment_without_an_offset_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="needs Z or an offset"):
        parse_datetime(text)


NO_MOMENTS = [
    "tomorrow",
    "2026-01-31",
    "20260131T120000Z",
    "2026-W01-1T00:00Z",
    "2026-02-30T12:00:00Z",
    "2026-01-31T25:00:00Z",
    "2026-01-31T12:00:60Z",
    "2026-01-31T12:00.5Z",
    "2026-01-31T12:00:00+25:00",
    "0001-01-01T00:00:00+01:00",
]


@pytest.mark.parametrize(
    "text", [*NO_MOMENTS, "", "2026-01-31 12:00:00Z", "2026-01-31T12:00:00Z\n", "x" * 10_000]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a date and time|does not exist") as caught:
        parse_datetime(text)
    assert len(str(caught.value)) < 200


def test_adding_keeps_the_zone_of_the_start() -> None:
    zone = timezone(timedelta(hours=2))
    assert add_duration(START.astimezone(zone), "P1D").tzinfo is zone
