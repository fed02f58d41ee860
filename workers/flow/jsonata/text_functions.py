"""Built-in functions on strings."""

import base64
import binascii
import re
from typing import Any
from urllib.parse import quote, unquote

from workers.flow.jsonata.bounds import Failure
from workers.flow.jsonata.natives import Machine, native
from workers.flow.jsonata.operators import width
from workers.flow.jsonata.values import text

_SPACE = re.compile("[ \t\n\r]+")
_CHUNK = 1024


@native("string", "<x-b?:s>")
def string(machine: Machine, value: Any, pretty: bool | None) -> str:
    return text(value, machine.meter, pretty=bool(pretty))


@native("length", "<s-:n>")
def length(_machine: Machine, value: str) -> int:
    return len(value)


@native("substring", "<s-nn?:s>")
def substring(machine: Machine, value: str, start: float | None, count: float | None) -> str:
    if start is None:
        return value if count is None else ""
    first = int(start)
    if first < 0:
        first = max(0, len(value) + first)
    end = len(value) if count is None else first + int(max(0, count))
    return _kept(machine, value[first:end])


@native("substringBefore", "<s-s:s>")
def substring_before(machine: Machine, value: str, mark: str | None) -> str:
    return value if mark is None else _kept(machine, value.partition(mark)[0] if mark else "")


@native("substringAfter", "<s-s:s>")
def substring_after(machine: Machine, value: str, mark: str | None) -> str:
    if not mark:
        return value
    _, found, rest = value.partition(mark)
    return _kept(machine, rest) if found else value


@native("lowercase", "<s-:s>")
def lowercase(machine: Machine, value: str) -> str:
    return _kept(machine, value.lower())


@native("uppercase", "<s-:s>")
def uppercase(machine: Machine, value: str) -> str:
    return _kept(machine, value.upper())


@native("trim", "<s-:s>")
def trim(machine: Machine, value: str) -> str:
    machine.meter.spend(100 * sum(map(value.count, " \t\n\r")))
    return _kept(machine, _SPACE.sub(" ", value).strip(" "))


@native("pad", "<s-ns?:s>")
def pad(machine: Machine, value: str, size: float | None, filler: str | None) -> str:
    filler = filler or " "
    missing = int(abs(size or 0)) - len(value)
    if missing <= 0:
        return value
    machine.meter.string(len(value) + missing, width(value, filler))
    padding = (filler * (missing // len(filler) + 1))[:missing]
    return value + padding if size is not None and size > 0 else padding + value


@native("join", "<a<s>s?:s>")
def join(machine: Machine, values: list[str], separator: str | None) -> str:
    separator = separator or ""
    machine.meter.work(len(values))
    size = sum(map(len, values)) + len(separator) * max(0, len(values) - 1)
    machine.meter.string(size, width(separator, *values))
    return separator.join(values)


@native("base64encode", "<s-:s>")
def base64encode(machine: Machine, value: str) -> str:
    machine.meter.string(len(value), 6)
    data = value.encode()
    machine.meter.string(4 * len(data) // 3, 2)
    return base64.b64encode(data).decode()


@native("base64decode", "<s-:s>")
def base64decode(machine: Machine, value: str) -> str:
    machine.meter.string(len(value), 3)
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        raise Failure("D3137", "the argument of $base64decode is not Base64 of UTF-8 text") from None


@native("encodeUrlComponent", "<s-:s>")
def encode_url_component(machine: Machine, value: str) -> str:
    return _quoted(machine, value, "~()*!.'")


@native("encodeUrl", "<s-:s>")
def encode_url(machine: Machine, value: str) -> str:
    return _quoted(machine, value, "~@#$&()*!+=:;,.?/'")


@native("decodeUrlComponent", "<s-:s>")
def decode_url_component(machine: Machine, value: str) -> str:
    return _unquoted(machine, value, "decodeUrlComponent")


@native("decodeUrl", "<s-:s>")
def decode_url(machine: Machine, value: str) -> str:
    return _unquoted(machine, value, "decodeUrl")


def _quoted(machine: Machine, value: str, safe: str) -> str:
    parts = []
    size = 0
    for at in range(0, len(value), _CHUNK):  # `quote` makes an object of every byte
        part = quote(value[at : at + _CHUNK], safe=safe)
        size += len(part)
        machine.meter.work(_CHUNK)
        machine.meter.string(size, 0)
        machine.meter.spend(2 * len(part))
        parts.append(part)
    return "".join(parts)


def _unquoted(machine: Machine, value: str, name: str) -> str:
    machine.meter.spend(200 * value.count("%"))
    machine.meter.string(len(value), 4)
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise Failure("D3140", f"the argument of ${name} is not percent-encoded UTF-8") from None


def _kept(machine: Machine, value: str) -> str:
    """A string that a function made out of one that was there."""
    machine.meter.spend(64 + len(value) * width(value))
    machine.meter.work(len(value) // 256)
    return value
