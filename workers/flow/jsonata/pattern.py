"""Regular expressions by RE2, within the bounds of the evaluation that uses them."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import re2

from workers.flow.jsonata.bounds import BOUNDS, Bounds
from workers.flow.jsonata.meter import ARGUMENT_TOO_LARGE, Failure, Jsonata, meter, width


class BadPattern(ValueError):
    """A regular expression that RE2 does not know, or a too large one."""


class Pattern(Jsonata.JFunctionCallable):  # type: ignore[misc]
    """A compiled regular expression, as the library asks for one; RE2's time is linear in the text."""

    def __init__(self, source: str, flags: Any, bounds: Bounds = BOUNDS) -> None:
        options = re2.Options()
        options.max_mem = 256 * 1024
        options.log_errors = False
        options.case_sensitive = not flags.case_insensitive
        try:
            self._compiled = re2.compile("(?m)" + source if flags.multiline else source, options)
        except re2.error as error:
            raise BadPattern(error.args[0].decode(errors="replace")) from None
        self._size, self._groups = self._compiled.programsize, self._compiled.groups
        if self._size > bounds.program:
            raise BadPattern("it is too large")

    def validate(self, args: Any, _context: Any) -> Any:
        return args

    def finditer(self, text: str) -> Iterator[Any]:
        running = meter()
        wide = 1 if text.isascii() else 4
        looks = self._size * len(text) * wide
        if looks > running.bounds.searched:
            raise Failure("the text is too long for this regular expression", ARGUMENT_TOO_LARGE)
        running.work(looks // 12)  # each at worst 10 ns
        for count, match in enumerate(self._compiled.finditer(text)):
            if match.start() == match.end():
                raise Failure("a regular expression matched a string of length zero", error="D1004")
            if count * (4 + self._groups) > running.bounds.matches:
                raise Failure("a regular expression matches too often", ARGUMENT_TOO_LARGE)
            running.work(20 + 5 * self._groups)
            running.spend((1 + self._groups) * (80 + wide * (match.end() - match.start())))
            yield match

    def fullmatch(self, text: str) -> Any:
        return self._compiled.fullmatch(text)

    def search(self, text: str) -> Any:
        return next(self.finditer(text), None)

    def sub(self, put: Callable[[Any], str], text: str, count: float = math.inf) -> str:
        return "".join(self._parts(text, put, count))

    def split(self, text: str) -> list[str]:
        meter().spend(80 + len(text) * width(text))
        return self._parts(text)[::2]

    def _parts(
        self, text: str, put: Callable[[Any], str] | None = None, count: float = math.inf
    ) -> list[str]:
        """What is between the matches and, in turn with it, what is put in place of each match."""
        parts: list[str] = []
        end, size = 0, len(text)
        for at, match in enumerate(self.finditer(text)):
            if at >= count:
                break
            parts += (text[end : match.start()], put(match) if put is not None else "")
            end = match.end()
            size += len(parts[-1]) - (end - match.start())
            meter().string(size)
        return [*parts, text[end:]]
