"""What came back, small enough and clean enough to be kept."""

import codecs
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

from pydantic import JsonValue

from workers.outbound.error import OutboundError

_NOT_KEEPABLE = re.compile("[\x00\ud800-\udfff]")
_JSON_TYPE = re.compile(r"(application|text)/json|[^/]+/[^/]+\+json")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
# Python's codecs include some that are no character sets, one of them with a cost that grows by the square.
_CHARSETS = ("utf", "ascii", "iso", "cp", "euc", "gb", "big5", "shift_jis", "koi8", "mac-", "hz")

#: JSON nested deeper than flow data may be stays text.
_MAX_DEPTH = 64


@dataclass(frozen=True)
class OutboundResponse:
    """An answer of any status.

    `headers` has lower-case names, repeated ones joined by `, `. `body` is parsed where the content type is
    JSON (and it is), None where it is empty, otherwise text. No string has NUL or a lone surrogate: U+FFFD
    stands for each.
    """

    status: int
    headers: dict[str, str]
    body: JsonValue


def read_response(
    status: int, raw_headers: Iterable[tuple[bytes, bytes]], chunks: Iterable[bytes], *, max_bytes: int
) -> OutboundResponse:
    """Reads the body to its end, or until it is longer than `max_bytes` before or after decompression.

    Raises:
        OutboundError: RESPONSE_TOO_LARGE, or CONNECTION_FAILED for a compressed body that is broken.
    """
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw_headers:
        name, value = raw_name.decode("ascii").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > max_bytes:
            raise _too_large(max_bytes)
    plain = bytes(content)
    if plain and headers.get("content-encoding", "").lower() in {"gzip", "x-gzip"}:
        plain = _gunzip(plain, max_bytes)
    return OutboundResponse(status, headers, _parse(plain, headers.get("content-type", "")))


def _too_large(max_bytes: int) -> OutboundError:
    return OutboundError("RESPONSE_TOO_LARGE", f"the answer is larger than {max_bytes} bytes")


def _gunzip(content: bytes, max_bytes: int) -> bytes:
    """Never makes more than `max_bytes` and one byte."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            plain = file.read(max_bytes + 1)
    except (EOFError, OSError, zlib.error):
        raise OutboundError("CONNECTION_FAILED", "the compressed answer is broken") from None
    if len(plain) > max_bytes:
        raise _too_large(max_bytes)
    return plain


def _parse(content: bytes, content_type: str) -> JsonValue:
    if not content:
        return None
    if _JSON_TYPE.fullmatch(content_type.partition(";")[0].strip().lower()):
        try:
            return _keepable(
                json.loads(content, parse_float=_finite, parse_constant=_no_constant), _MAX_DEPTH
            )
        except (ValueError, RecursionError):
            pass  # it only says that it is JSON: the text is what there is
    charset = _CHARSET.search(content_type)
    return _keepable_text(_decode(content, charset[1] if charset else "utf-8"))


def _decode(content: bytes, charset: str) -> str:
    try:
        if codecs.lookup(charset).name.startswith(_CHARSETS):
            return content.decode(charset, errors="replace")
    except (LookupError, ValueError):
        pass  # an unknown name is as good as none
    return content.decode("utf-8", errors="replace")


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
