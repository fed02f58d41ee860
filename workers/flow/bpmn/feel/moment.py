"""FEEL's date-times and durations where a timer or a due date stands: the commonest FEEL that there is.

A moment is kept as milliseconds since 1970 and a duration as milliseconds, until it is written as text.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Literal

from workers.flow.bpmn.feel.value import PLUS, TIMES, Kind, Part, Writer, together
from workers.flow.bpmn.foreign import Untranslatable, text
from workers.flow.values.duration import parse_calendar_duration, parse_duration

_OFFSET: Final = re.compile(r"(?:Z|[-+][0-9]{2}:?[0-9]{2})\Z")
_ZONED: Final = re.compile(r"([^@]+)@([A-Za-z_+/-]+[A-Za-z0-9_+/-]*)")

MOMENTS: Final = frozenset({"now", "date and time", "duration"})
"""The functions that make one."""


def made(writer: Writer, name: str, given: Sequence[Part]) -> Part:
    """The call of one of `MOMENTS`."""
    if name == "now" and not given:
        return Part("$millis()", "moment", TIMES)
    if len(given) != 1 or name == "now":
        raise Untranslatable(f"the FEEL function `{name}` with {len(given)} arguments")
    part = given[0]
    if isinstance(part.literal, str) and part.kind == "string":
        return _duration(part.literal) if name == "duration" else _date_time(part.literal)
    part = writer.present(part, "string", f"`{name}`")
    if name == "duration":
        return part
    return Part(writer.call("instant", part.text), "moment", needs=part.needs, lets=part.lets)


def _duration(literal: str) -> Part:
    try:
        parse_calendar_duration(literal)
        fixed = parse_duration(literal) // timedelta(milliseconds=1)
    except ValueError:
        if not re.fullmatch(r"P[0-9YMWDTHS.]+", literal):
            raise Untranslatable(f"`{literal[:40]}`, which is no duration") from None
        # Years and months have no length of their own: alone they are a duration, in a sum they are none.
        return Part(text(literal), "string", literal=literal)
    return Part(str(fixed), "duration", literal=literal)


def _date_time(literal: str) -> Part:
    zoned = _ZONED.fullmatch(literal)
    written = f"{zoned[1]}[{zoned[2]}]" if zoned else literal
    if not _OFFSET.search(literal):
        return Part(text(written), "string", literal=written)
    return Part(f"$toMillis({text(literal)})", "moment", literal=literal)


def added(left: Part, operator: str, right: Part) -> Part:
    """Sum and difference of moments and durations."""
    kinds = (left.kind, operator, right.kind)
    result = _RESULTS.get(kinds)
    if result is None:
        raise Untranslatable(
            f"`{operator}` between a {_word(left)} and a {_word(right)}: what is added to a moment is a"
            " duration of days and shorter parts that is written out, and a moment says its offset from UTC"
        )
    needs, lets = together([left, right])
    return Part(
        f"{left.within(PLUS - 1)} {operator} {right.within(PLUS)}", result, PLUS, needs=needs, lets=lets
    )


def written(writer: Writer, part: Part) -> Part:
    """The moment or the duration as the text that a timer reads."""
    if part.kind not in {"moment", "duration"}:
        return part
    if isinstance(part.literal, str):
        return Part(text(part.literal), "string", literal=part.literal)
    call = f"$fromMillis({part.text})" if part.kind == "moment" else writer.call("lasting", part.text)
    return Part(call, "string", needs=part.needs, lets=part.lets)


def _word(part: Part) -> str:
    return "value" if part.kind == "any" else part.kind


_RESULTS: Final[dict[tuple[Kind, str, Kind], Literal["moment", "duration"]]] = {
    ("moment", "+", "duration"): "moment",
    ("duration", "+", "moment"): "moment",
    ("moment", "-", "duration"): "moment",
    ("moment", "-", "moment"): "duration",
    ("duration", "+", "duration"): "duration",
    ("duration", "-", "duration"): "duration",
}
