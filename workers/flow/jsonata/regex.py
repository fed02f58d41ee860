"""Regular expressions by RE2, whose time grows with pattern times text and never beyond."""

from collections.abc import Iterator
from typing import Any

import re2

from workers.flow.jsonata.bounds import Failure, Meter

MAX_PROGRAM = 2_000
"""RE2 instructions of one pattern."""

_SECONDS = 10e-9
"""Of one instruction on one byte, at worst; most searches take a hundredth of that."""
_MEMORY = 256 * 1024


class BadPattern(ValueError):
    """A pattern that RE2 does not know or that is too large."""


class Regex:
    """A compiled pattern of a literal such as `/ab+/i`."""

    __slots__ = ("_pattern", "_program")

    def __init__(self, pattern: str, *, ignore_case: bool = False, multiline: bool = False) -> None:
        options = re2.Options()
        options.max_mem = _MEMORY
        options.log_errors = False
        flags = ("i" if ignore_case else "") + ("m" if multiline else "")
        source = f"(?{flags}){pattern}" if flags else pattern
        try:
            # `re2.compile` would keep the last 128 patterns of everybody, with their memory.
            self._pattern = re2._Regexp(source, options)  # noqa: SLF001
        except re2.error as error:
            reason: bytes = error.args[0]
            raise BadPattern(reason.decode(errors="replace")) from None
        except UnicodeEncodeError:
            raise BadPattern("it holds a lone surrogate") from None
        self._program: int = self._pattern.programsize
        if self._program > MAX_PROGRAM:
            raise BadPattern(f"it is too large ({self._program} of {MAX_PROGRAM} instructions)")

    def matches(self, text: str, meter: Meter) -> Iterator[Any]:
        """The matches from left to right, as match objects of the kind that `re` gives."""
        width = 1 if text.isascii() else len(text.encode()) / len(text)
        seconds = _SECONDS * self._program * width
        found = self._pattern.finditer(text)
        end = 0
        while True:
            # The search for each match may look at all of the rest of the text.
            meter.reserve(seconds * (len(text) - end))
            match = next(found, None)
            if match is None:
                return
            end = match.end()
            if end == match.start():
                raise Failure("D1004", "a regular expression matched a string of length zero")
            meter.work(32)
            yield match

    def fullmatch(self, text: str) -> Any:
        """The match of all of a short text, or None."""
        return self._pattern.fullmatch(text)
