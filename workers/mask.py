"""Keeps the values of secrets out of everything that is kept or shown."""

import base64
import re
from collections.abc import Collection
from functools import lru_cache

from pydantic import JsonValue

_MASK = "***"
# A shorter secret would be found inside ordinary words.
_SHORTEST_PART = 4


def mask(value: JsonValue, secrets: Collection[str]) -> JsonValue:
    """Puts `***` for each occurrence of a secret in the strings and keys of a JSON value.

    Found are a secret as it is, percent-encoded, JSON-escaped, and in base64 (both alphabets, with or without
    padding). Where occurrences overlap, one mask covers them all. A secret of less than four characters is
    masked only where it is a whole string value. An empty one is ignored.
    """
    known = {secret for secret in secrets if secret}
    parts = [_pattern(secret) for secret in known if len(secret) >= _SHORTEST_PART]
    wholes = [_pattern(secret) for secret in known if len(secret) < _SHORTEST_PART]

    def masked(value: JsonValue) -> JsonValue:
        if isinstance(value, str):
            return _MASK if any(whole.fullmatch(value) for whole in wholes) else _mask_parts(value, parts)
        if isinstance(value, list):
            return [masked(item) for item in value]
        if isinstance(value, dict):
            return {_mask_parts(key, parts): masked(item) for key, item in value.items()}
        return value

    return masked(value) if known else value


def _mask_parts(text: str, patterns: Collection[re.Pattern[str]]) -> str:
    """Joins overlaps before it replaces anything: else a part of one secret would show beside a mask."""
    kept, end = [], 0
    for begin, stop in sorted(match.span() for pattern in patterns for match in pattern.finditer(text)):
        if begin >= end:
            kept.append(text[end:begin])
            kept.append(_MASK)
        end = max(end, stop)
    return "".join(kept) + text[end:]


@lru_cache(maxsize=256)
def _pattern(secret: str) -> re.Pattern[str]:
    raw = secret.encode(errors="surrogatepass")
    encoded = {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
    padding = f"(?:{_any_spelling('=')})*"
    spellings = [_text_pattern(secret), *(_text_pattern(text.rstrip("=")) + padding for text in encoded)]
    return re.compile("|".join(spellings))


def _text_pattern(text: str) -> str:
    return "".join(map(_any_spelling, text))


def _any_spelling(character: str) -> str:
    """The character itself, and what encoders of URLs and JSON make of it, in either case of hex digits."""
    if character.isascii() and (character.isalnum() or character in "-._"):
        return re.escape(character)
    percent = "".join(f"%{byte:02x}" for byte in character.encode(errors="surrogatepass"))
    units = character.encode("utf-16-be", errors="surrogatepass").hex()
    escaped = "".join(rf"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
    # The character itself comes last: it may be what an escaped form begins with.
    spellings = [f"(?i:{percent})", f"(?i:{escaped})", re.escape(character)]
    if character in _SHORT_FORMS:
        spellings.insert(0, re.escape(_SHORT_FORMS[character]))
    return f"(?:{'|'.join(spellings)})"


_SHORT_FORMS = {
    " ": "+",
    '"': r"\"",
    "\\": r"\\",
    "/": r"\/",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
}
