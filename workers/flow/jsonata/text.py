"""JSONata's functions of texts: those that the library has otherwise than the reference, or without limit."""

import base64
import json
import math
import re
import urllib.parse
from typing import Any

import re2

from workers.flow.jsonata.meter import ARGUMENT_TOO_LARGE, NULL, Failure, Functions, RegexFlags, meter
from workers.flow.jsonata.number import floats, rounded, written
from workers.flow.jsonata.pattern import Pattern

_TINY = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9.]+e-0[0-9]')
_RESERVED = re.compile("%(?=(?:3B|2F|3F|3A|40|26|3D|2B|24|2C|23))", re.IGNORECASE)  # ;/?:@&=+$,#


def string(value: Any, pretty: bool | None = None) -> Any:
    """`$string` with all digits of an integer, and characters as they are."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return written(value)
    if Functions.type(value) == "function":
        return ""
    layout: dict[str, Any] = {"separators": (",", ":")}
    if pretty:
        size, levels = meter().weigh(value) if isinstance(value, list | dict) else (0, 0)
        meter().string((size / 2 + size / 20 * levels) / 4)  # with its indentation; hardly ever so much
        layout = {"indent": "  "}
    small: float | None = None
    if isinstance(value, list | dict):
        small = min((abs(number) for number in floats(value) if number), default=None)
        value = value if small is None else _rounded(value)
    text = json.dumps(value, ensure_ascii=False, default=lambda it: None if it is NULL else "", **layout)
    return text if small is None or small >= 1e-4 else _TINY.sub(_written, text)


def _written(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith('"') else written(float(found[0]))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return rounded(value)
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    return [*map(_rounded, value)] if isinstance(value, list) else value


def substring(text: Any, start: Any, length: Any) -> Any:
    """`$substring`, whose fractions count in where it ends, and are cut off last."""
    if text is None:
        return None
    if start is None:
        return text if length is None else ""
    start = max(start, 0) if len(text) + start < 0 else min(start, len(text))
    if length is None:
        return text[math.trunc(start) :]
    if length <= 0:
        return ""
    end = start + length + (len(text) if start < 0 else 0)
    return text[math.trunc(start) : math.trunc(min(end, len(text)))]


def replace(text: Any, pattern: Any, replacement: Any, limit: Any) -> Any:
    """`$replace`; a text that is looked for has no groups, and what is put in its place is put as it is."""
    if text is None:
        return None
    if pattern == "" or (limit is not None and limit < 0):
        raise Failure("$replace takes no empty string to look for and no negative limit", error="D3010")
    if pattern is None or replacement is None:
        raise Failure("$replace takes what it looks for and what it puts there", error="T0410")
    literal = isinstance(pattern, str)
    if literal:
        most = meter().bounds.sought
        if len(pattern) > most:
            raise Failure(f"a string to look for exceeds {most:,} characters", ARGUMENT_TOO_LARGE)
        pattern = Pattern(re2.escape(pattern), RegexFlags())

    def put(match: Any) -> str:
        if literal and isinstance(replacement, str):
            return replacement
        groups = [match.group(), *(group or "" for group in match.groups())]
        if isinstance(replacement, str):
            return _filled(replacement, groups)
        given = {"match": groups[0], "start": match.start(), "end": match.end(), "groups": groups[1:]}
        result = Functions.func_apply(replacement, [given])
        if not isinstance(result, str):
            raise Failure("a match can only be replaced by a string", error="D3012")
        return result

    return pattern.sub(put, text, math.inf if limit is None else limit)


def _filled(replacement: str, groups: list[str]) -> str:
    size = len(replacement)

    def put(found: re.Match[str]) -> str:
        nonlocal size
        group = _group(found[1], groups)
        size += len(group)
        meter().string(size)
        return group

    return re.sub(r"\$(\$|[0-9]+)", put, replacement)


def _group(name: str, groups: list[str]) -> str:
    """What `$$` or `$12` stands for; of the digits as many count as there can be groups."""
    digits = 0 if name == "$" else len(str(len(groups) - 1))
    while digits > 1 and int(name[:digits]) >= len(groups):
        digits -= 1
    if digits == 0 or int(name[:digits]) >= len(groups):
        return "$" if digits == 0 else name[digits:]
    return groups[int(name[:digits])] + name[digits:]


def match(text: Any, pattern: Any, limit: Any) -> Any:
    """`$match`; how many there can be is the pattern's own bound."""
    return Functions.match_(text, pattern, limit and min(limit, len(text or "") + 1))


def contains(text: Any, token: Any) -> Any:
    """`$contains`, which is undefined where either is."""
    return None if text is None or token is None else Functions.contains(text, token)


def from_base64(text: Any) -> Any:
    """`$base64decode` of bytes in UTF-8; padding may lack, and what is not of the alphabet is passed over."""
    if text is None:
        return None
    data = re.sub("[^A-Za-z0-9+/]", "", text.partition("=")[0].replace("-", "+").replace("_", "/"))
    data = data[: len(data) - (len(data) % 4 == 1)]
    try:
        return base64.b64decode(data + "=" * (-len(data) % 4)).decode()
    except UnicodeDecodeError:
        raise Failure("$base64decode takes bytes that are text in UTF-8") from None


def from_url_component(text: Any) -> Any:
    """`$decodeUrlComponent`; raises for `%` without two digits behind it."""
    if text is None:
        return None
    if re.search("%(?![0-9A-Fa-f]{2})", text):
        raise Failure("a % in the URL stands for nothing", error="D3140")
    try:
        return urllib.parse.unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise Failure("the URL is not text in UTF-8", error="D3140") from None


def from_url(text: Any) -> Any:
    """`$decodeUrl`, which leaves what would divide a URL."""
    return text and from_url_component(_RESERVED.sub("%25", text))
