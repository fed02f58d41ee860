"""The answer, bounded in size and cleaned of what cannot be stored."""

import base64
import codecs
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

from pydantic import JsonValue

from models.incident_code import IncidentCode
from workers.outbound.coding import decoded
from workers.outbound.error import OutboundError

_NOT_KEEPABLE = re.compile("[\x00\ud800-\udfff]")
_JSON_TYPE = re.compile(r"(application|text)/json|[^/]+/[^/]+\+json")
_XML_TYPE = re.compile(r"(application|text)/xml|[^/]+/[^/]+\+xml")
_TEXT_TYPE = re.compile(r"text/.*|application/(javascript|x-www-form-urlencoded|x-ndjson|yaml|toml|sql)|")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"""<\?xml[^>]{0,80}?\sencoding\s*=\s*["']([\w.:-]{1,40})["']""")
# Python's codecs include some that are no character sets, one of them with a cost that grows by the square.
_CHARSETS = ("utf", "ascii", "iso", "cp", "euc", "gb", "big5", "shift_jis", "koi8", "mac-", "hz")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

#: A body of JSON that nests deeper stays text, because flow data may not nest so deep.
_MAX_DEPTH = 64
_INT64 = 2**63
#: An integer of more digits is not even counted.
_MOST_DIGITS = 1000


@dataclass(frozen=True)
class OutboundResponse:
    """An answer of any status.

    `headers` has lower-case names, repeated ones joined by `, `; of `set-cookie`, which cannot be joined,
    several are a list. `body` is parsed where the content type is JSON (and it is), None where it is empty
    or can be no text, otherwise text. No string has NUL or a lone surrogate: U+FFFD stands for each. An
    integer of more than 64 bits is the text of its digits. `body_base64` has the bytes themselves where
    `body` cannot give them back.
    """

    status: int
    headers: dict[str, JsonValue]
    body: JsonValue
    body_base64: str | None = None


def read_response(
    status: int, raw_headers: Iterable[tuple[bytes, bytes]], chunks: Iterable[bytes], *, max_bytes: int
) -> OutboundResponse:
    """Reads the body to its end, or until it is longer than `max_bytes` before or after decompression.

    Raises:
        OutboundError: RESPONSE_TOO_LARGE, or as `decoded`.
    """
    lists: dict[str, list[str]] = {}
    for raw_name, raw_value in raw_headers:
        lists.setdefault(raw_name.decode("ascii").lower(), []).append(raw_value.decode("latin-1"))
    joined = {name: ", ".join(values) for name, values in lists.items()}
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > max_bytes:
            raise OutboundError(
                IncidentCode.RESPONSE_TOO_LARGE, f"the answer is larger than {max_bytes} bytes"
            )
    plain = decoded(bytes(content), joined.get("content-encoding", ""), max_bytes)
    body, exact = _parse(plain, joined.get("content-type", ""))
    headers: dict[str, JsonValue] = {**joined}
    if len(cookies := lists.get("set-cookie", [])) > 1:
        headers["set-cookie"] = [*cookies]
    return OutboundResponse(status, headers, body, None if exact else base64.b64encode(plain).decode())


def _parse(content: bytes, content_type: str) -> tuple[JsonValue, bool]:
    """The body, and whether it says all that the bytes do."""
    if not content:
        return None, True
    kind = content_type.partition(";")[0].strip().lower()
    named = _CHARSET.search(content_type)
    charset = _known(named[1]) if named else None
    if _JSON_TYPE.fullmatch(kind):
        try:
            return _json(content, charset), True
        except (ValueError, RecursionError):
            pass  # not JSON, although its content type says so: the body is its text
    elif _XML_TYPE.fullmatch(kind):
        charset = charset or _xml_charset(content)
    try:
        text = content.decode(charset or "utf-8")
        if _NOT_KEEPABLE.search(text) is None:
            return text, True
    except UnicodeError:
        if not (charset or _XML_TYPE.fullmatch(kind) or _TEXT_TYPE.fullmatch(kind)):
            return None, False
        text = content.decode(charset or "utf-8", errors="replace")
    return _keepable_text(text), False


def _json(content: bytes, charset: str | None) -> JsonValue:
    # Without a charset JSON says by its first bytes which of the Unicode encodings it has.
    text = content.decode(charset).removeprefix("\ufeff") if charset else content
    parsed = json.loads(text, parse_int=_integer, parse_float=_finite, parse_constant=_no_constant)
    return _keepable(parsed, _MAX_DEPTH)


def _known(charset: str) -> str | None:
    """The charset, if it is one that Python can decode."""
    try:
        return charset if codecs.lookup(charset).name.startswith(_CHARSETS) else None
    except (LookupError, ValueError):
        return None


def _xml_charset(content: bytes) -> str | None:
    """The encoding that a document of XML declares itself, by its first bytes or its first line."""
    for mark, charset in _MARKS:
        if content.startswith(mark):
            return charset
    declared = _XML_ENCODING.match(content)
    return _known(declared[1].decode("ascii")) if declared else None


def _integer(digits: str) -> int | str:
    if len(digits) > _MOST_DIGITS:
        return digits
    number = int(digits)
    return number if -_INT64 <= number < _INT64 else digits


def _finite(digits: str) -> float:
    number = float(digits)
    if number in {float("inf"), float("-inf")}:
        raise ValueError("a number too large to keep")
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _keepable(value: JsonValue, depth: int) -> JsonValue:
    if isinstance(value, str):
        return _keepable_text(value)
    if not isinstance(value, list | dict):
        return value
    if depth == 0:
        raise ValueError("nested too deep")
    if isinstance(value, list):
        return [_keepable(item, depth - 1) for item in value]
    return {_keepable_text(key): _keepable(item, depth - 1) for key, item in value.items()}


def _keepable_text(text: str) -> str:
    return _NOT_KEEPABLE.sub("\ufffd", text)
