"""Cron as Spring (Zeebe) and Quartz (Camunda 7) write it, with seconds before and perhaps a year after."""

import re

from workers.flow.values.cron import DAYS

_TERM = re.compile(r"(?P<day>[A-Z]{3}|[0-7])(?:/(?P<step>[0-9]+)|(?P<rest>.*))", re.DOTALL)


def read_cron(text: str, *, quartz: bool) -> str | None:
    """The cron expression that means the same here; None where none does, or where it has no seconds.

    Quartz counts the days of a week from 1, which is Sunday, and Spring has Monday there. A day of the month
    and one of the week must both be right there, and here one of them.
    """
    fields = text.upper().split()
    if quartz and len(fields) == 7 and fields[-1] == "*":
        fields.pop()
    if len(fields) != 6 or not all(re.fullmatch(r"[\w*,/?#-]+", each) for each in fields):
        return None
    day, weekday = ("*" if fields[at] == "?" else fields[at] for at in (3, 5))
    named = [_named(term, quartz) for term in weekday.split(",")]
    if "*" not in (day, weekday) or None in named:
        return None
    fields[3], fields[5] = day, ",".join(each for each in named if each)
    return " ".join(fields[1:] if fields[0] == "0" else fields)


def _named(term: str, quartz: bool) -> str | None:
    """Days of the week by their names; a step from one of them goes on to the week's last."""
    if term == "*" or (quartz and term.startswith("*/")):
        return term
    if quartz and term == "L":
        return "SAT"
    start, dash, end = term.partition("-")
    match = _TERM.fullmatch(end if dash else start)
    begin = _name(start, quartz) if dash else ""
    day = _name(match["day"], quartz) if match else None
    if match is None or day is None or begin is None:
        return None
    if match["step"] is None:
        return f"{begin}{dash}{day}{match['rest']}"
    if dash:
        return f"{begin}-{day}/{match['step']}"
    return None if day == "SUN" and not quartz else f"{day}-{'SAT' if quartz else 'SUN'}/{match['step']}"


def _name(day: str, quartz: bool) -> str | None:
    if day in DAYS:
        return day
    if not re.fullmatch("[0-7]", day) or (quartz and day == "0"):
        return None
    return DAYS[(int(day) - quartz) % 7]
