"""Cron as Spring (Zeebe) and Quartz (Camunda 7) write it, with seconds before and perhaps a year after."""

import re

_LAST = ("59", "23", "31", "12", "7")


def five_fields(text: str, *, quartz: bool) -> str | None:
    """The cron expression of five fields that means the same; None where none does.

    Quartz counts the days of a week from 1, which is Sunday. A day of the month and one of the week must
    both be right there, and here one of them.
    """
    fields = text.split()
    if quartz and len(fields) == 7 and fields[-1] == "*":
        fields.pop()
    if len(fields) != 6 or fields[0] != "0" or not all(re.fullmatch(r"[\w*,/?-]+", each) for each in fields):
        return None
    kept = ["*" if each == "?" else each for each in fields[1:]]
    if "*" not in (kept[2], kept[4]) or (quartz and re.search("[0-9]", kept[4])):
        return None
    return " ".join(
        re.sub(r"(?<![\w*-])([0-9]+)/", rf"\1-{last}/", each) for each, last in zip(kept, _LAST, strict=True)
    )
