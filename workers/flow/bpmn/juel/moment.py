"""`${dateTime().plusDays(2).toDate()}`: what Camunda 7 writes for a time from now, as a duration.

Camunda's `now()` is a date and its `dateTime()` one of Joda-Time, which counts days and months as the clock
shows them, one call after the other.
"""

import re
from typing import Final

from workers.flow.values.duration import parse_calendar_duration

_CALL: Final = r"\s*\.\s*(plus|minus)(Years|Months|Weeks|Days|Hours|Minutes|Seconds)\s*\(\s*([0-9]{1,9})\s*\)"
_FROM_NOW: Final = re.compile(
    rf"[$#]\{{\s*(?:now\s*\(\s*\)|dateTime\s*\(\s*\)((?:{_CALL})*)\s*\.\s*toDate\s*\(\s*\))\s*\}}"
)
_UNITS: Final = {"Years": "Y", "Months": "M", "Weeks": "W", "Days": "D"}
_FIXED: Final = {"Hours": "H", "Minutes": "M", "Seconds": "S"}


def from_now(source: str) -> str | None:
    """The duration from now that a `${…}` comes to; None where no duration is sure to be the same.

    A duration adds its months first, then its days, then what has a fixed length; so must the calls.
    """
    match = _FROM_NOW.fullmatch(source.strip())
    if match is None:
        return None
    dates, fixed = "", dict.fromkeys(_FIXED, 0)
    order = [0]
    for way, unit, number in re.findall(_CALL, match[1] or ""):
        signed = int(number) if way == "plus" else -int(number)
        order.append(1 if unit in {"Years", "Months"} else 2 if unit in _UNITS else 3)
        if order[-1] < order[-2] or order[-1] == order[-2] < 3:
            return None
        if unit in _UNITS:
            dates += f"{signed}{_UNITS[unit]}"
        else:
            fixed[unit] += signed
    times = "".join(f"{number}{_FIXED[unit]}" for unit, number in fixed.items() if number)
    duration = f"P{dates}{'T' * bool(times)}{times}" if dates or times else "PT0S"
    try:
        parse_calendar_duration(duration, signed=True)
    except ValueError:
        return None
    return duration
