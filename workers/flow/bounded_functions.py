"""JSONata's functions: the library's own behind limits, and ours where no limit would hold one."""

import inspect
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from types import FunctionType, SimpleNamespace
from typing import Any, NoReturn

import re2

from workers.flow.bounded_meter import (
    MAX_STRING,
    NULL,
    TOO_LARGE,
    DateTimeUtils,
    Failure,
    Functions,
    JException,
    Jsonata,
    RegexFlags,
    Signature,
    Utils,
    meter,
)

NATIVE_FRAMES = 40
"""What a call of a function counts for depth: its frames and the C stack that it may use."""
_SYMBOLS = dict(zip((str, int, float, bool, list, Utils.JList, dict, type(None)), "snnbaaom", strict=True))


class BadPattern(ValueError):
    """A regular expression that RE2 does not know, or a too large one."""


class Pattern(Jsonata.JFunctionCallable):  # type: ignore[misc]
    """A compiled regular expression, as the library asks for one; RE2's time is linear in the text."""

    def __init__(self, source: str, flags: Any) -> None:
        options = re2.Options()
        options.max_mem = 256 * 1024
        options.log_errors = False
        options.case_sensitive = not flags.case_insensitive
        try:
            self._compiled = re2.compile("(?m)" + source if flags.multiline else source, options)
        except re2.error as error:
            raise BadPattern(error.args[0].decode(errors="replace")) from None
        self._size, self._groups = self._compiled.programsize, self._compiled.groups
        if self._size > 2_000:
            raise BadPattern("it is too large")

    def validate(self, args: Any, _context: Any) -> Any:
        return args

    def finditer(self, text: str) -> Iterator[Any]:
        if self._size * len(text) * (1 if text.isascii() else 4) > 4_000_000:  # each at worst 10 ns
            raise Failure("the text is too long for this regular expression", TOO_LARGE)
        for count, match in enumerate(self._compiled.finditer(text)):
            if match.start() == match.end():
                raise Failure("a regular expression matched a string of length zero", error="D1004")
            if count * (4 + self._groups) > 100_000:
                raise Failure("a regular expression matches too often", TOO_LARGE)
            meter().look()
            yield match

    def search(self, text: str) -> Any:
        return next(self.finditer(text), None)

    def sub(self, put: Callable[[Any], str], text: str, count: float = math.inf) -> str:
        return "".join(self._parts(text, put, count))

    def split(self, text: str) -> list[str]:
        return self._parts(text)[::2]
