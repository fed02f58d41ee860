"""Built-in functions that search in strings, for a string or a regular expression."""

from collections.abc import Iterator
from typing import Any

from workers.flow.jsonata.bounds import Failure, Meter
from workers.flow.jsonata.natives import Bound, Machine, native
from workers.flow.jsonata.operators import width
from workers.flow.jsonata.regex import Regex
from workers.flow.jsonata.values import kind, sequence


@native("contains", "<s-(sf):b>")
def contains(machine: Machine, value: str, token: Any) -> bool:
    machine.meter.work(len(value) // 64)
    if isinstance(token, str):
        return token in value
    for _ in _regex(token).matches(value, machine.meter):
        return True
    return False


@native("match", "<s-f<s:o>n?:a<o>>")
def match(machine: Machine, value: str, pattern: Any, limit: float | None) -> Any:
    result = sequence()
    for at, found in enumerate(_regex(pattern).matches(value, machine.meter)):
        if limit is not None and at >= _limit(limit, "D3040"):
            break
        groups = _groups(found)
        machine.meter.entries(5 + len(groups))
        machine.meter.spend(5 * len(found.group()))
        result.append({"match": found.group(), "index": found.start(), "groups": groups})
    return result


@native("split", "<s-(sf)n?:a<s>>")
def split(machine: Machine, value: str, separator: Any, limit: float | None) -> list[str]:
    meter = machine.meter
    most = len(value) + 1 if limit is None else _limit(limit, "D3020")
    pieces: list[str] = []
    if separator == "":
        meter.items(min(most, len(value)))
        meter.spend(64 * min(most, len(value)))
        return list(value[:most])
    end = 0
    for start, finish, _ in _places(value, separator, meter):
        if len(pieces) >= most:
            return pieces
        pieces.append(_piece(value, end, start, meter))
        meter.items(len(pieces))
        end = finish
    if len(pieces) < most:
        pieces.append(_piece(value, end, len(value), meter))
    return pieces


@native("replace", "<s-(sf)(sf)n?:s>")
def replace(machine: Machine, value: str, pattern: Any, replacement: Any, limit: float | None) -> str:
    meter = machine.meter
    if pattern == "":
        raise Failure("D3010", "the second argument of $replace must not be an empty string")
    most = len(value) + 1 if limit is None else _limit(limit, "D3011")
    parts: list[str] = []
    size = end = 0
    for count, (start, finish, found) in enumerate(_places(value, pattern, meter)):
        if count >= most:
            break
        put = _replacement(machine, value[start:finish], start, replacement, found)
        parts += (_piece(value, end, start, meter), put)
        size += start - end + len(put)
        meter.string(size, 0)
        end = finish
    parts.append(_piece(value, end, len(value), meter))
    meter.string(size + len(value) - end, width(*parts))
    return "".join(parts)


def first_match(machine: Machine, regex: Regex, arguments: list[Any]) -> Any:
    """What a regular expression gives when it is called like a function."""
    if not arguments or not isinstance(arguments[0], str):
        return None
    matches = regex.matches(arguments[0], machine.meter)

    def following() -> Any:
        found = next(matches, None)
        if found is None:
            return None
        return {
            "match": found.group(),
            "start": found.start(),
            "end": found.end(),
            "groups": _groups(found),
            "next": Bound(0, following),
        }

    return following()


def _groups(found: Any) -> list[str]:
    """What the groups captured, empty where one took no part."""
    return [group or "" for group in found.groups()]


def _replacement(machine: Machine, matched: str, start: int, replacement: Any, found: Any) -> str:
    if isinstance(replacement, str):
        return replacement if found is None else _expanded(replacement, found, machine.meter)
    groups = [] if found is None else _groups(found)
    given = {"match": matched, "start": start, "end": start + len(matched), "groups": groups}
    put = machine.call(replacement, [given])
    if not isinstance(put, str):
        raise Failure("D3012", f"a match can only be replaced by a string, not by {kind(put)}")
    return put


def _expanded(template: str, found: Any, meter: Meter) -> str:
    """`$0` is the match, `$1` a group (of as many digits as there are groups), `$$` a dollar."""
    count = len(found.groups())
    meter.spend(80 * template.count("$"))
    head, *rest = template.split("$")
    parts = [head]
    pieces = iter(rest)
    for piece in pieces:
        meter.work()
        following = next(pieces, None) if piece == "" else None
        if following is not None:  # two dollars, nothing between them
            parts += ("$", following)
            continue
        number = _group_number(piece, count)
        if number == "":
            parts += ("$", piece)
        else:
            group = found.group(int(number)) if int(number) <= count else None
            parts += (group or "", piece[len(number) :])
    meter.string(sum(map(len, parts)), width(*parts))
    return "".join(parts)


def _group_number(piece: str, count: int) -> str:
    """The digits at the start of a piece that name a group, "" if it starts with none."""
    if piece[:1] == "0":
        return "0"
    for size in range(len(str(count)), 0, -1):
        number = piece[:size]
        if number.isascii() and number.isdigit() and (int(number) <= count or size == 1):
            return number
    return ""


def _places(value: str, pattern: Any, meter: Meter) -> Iterator[tuple[int, int, Any]]:
    """Start and end of each place where the pattern occurs, with the match of a regular expression."""
    if not isinstance(pattern, str):
        for found in _regex(pattern).matches(value, meter):
            yield found.start(), found.end(), found
        return
    start = value.find(pattern)
    while start != -1:
        meter.work()
        yield start, start + len(pattern), None
        start = value.find(pattern, start + len(pattern))


def _piece(value: str, start: int, end: int, meter: Meter) -> str:
    piece = value[start:end]
    meter.spend(64 + len(piece) * width(piece))
    return piece


def _regex(value: Any) -> Regex:
    if isinstance(value, Regex):
        return value
    raise Failure("T1010", f"a string or a regular expression is expected, not {kind(value)}")


def _limit(limit: float, error: str) -> int:
    if limit < 0:
        raise Failure(error, "a limit must not be negative")
    return int(min(limit, 2**53))
