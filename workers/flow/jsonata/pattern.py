"""Regular expressions by RE2, within the bounds of the evaluation that uses them."""

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import re2

from workers.flow.jsonata.bounds import BOUNDS, Bounds
from workers.flow.jsonata.meter import ARGUMENT_TOO_LARGE, NULL, Failure, Jsonata, meter, width

_CODE_POINT = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|.)", re.DOTALL)


class BadPattern(ValueError):
    """A regular expression that RE2 does not know, or a too large one."""


class Pattern(Jsonata.JFunctionCallable):  # type: ignore[misc]
    """A compiled regular expression, as the library asks for one; RE2's time is linear in the text."""

    arguments = ("text",)  # by which the library's higher-order functions know how many to give

    def __init__(self, source: str, flags: Any, bounds: Bounds = BOUNDS) -> None:
        options = re2.Options()
        options.max_mem = 256 * 1024
        options.log_errors = False
        options.case_sensitive = not flags.case_insensitive
        try:
            source = _CODE_POINT.sub(lambda found: f"\\x{{{found[1]}}}" if found[1] else found[0], source)
            self._compiled = re2.compile("(?m)" + source if flags.multiline else source, options)
        except re2.error as error:
            raise BadPattern(error.args[0].decode(errors="replace")) from None
        self._size, self._groups = self._compiled.programsize, self._compiled.groups
        if self._size > bounds.program:
            raise BadPattern("it is too large")

    def validate(self, args: Any, _context: Any) -> Any:
        return args

    def call(self, _input: Any, args: Any) -> Any:
        """The first match in a text, as a function of JSONata gives it; undefined where there is none."""
        if not args or not isinstance(args[0], str):
            return None
        # What it gives keeps its text, to go on from there.
        meter().spend(3_000 + len(args[0]) * width(args[0]))
        return _matched(self.finditer(args[0]))

    def finditer(self, text: str) -> Iterator[Any]:
        running = meter()
        wide = 1 if text.isascii() else 4
        looks = self._size * len(text) * wide
        if looks > running.bounds.searched:
            raise Failure("the text is too long for this regular expression", ARGUMENT_TOO_LARGE)
        running.work(looks // 12)  # each at worst 10 ns
        end = -1
        for count, match in enumerate(self._compiled.finditer(text)):
            if end == len(text):
                return
            if count and match.start() == match.end():
                raise _no_progress()
            if count * (4 + self._groups) > running.bounds.matches:
                raise Failure("a regular expression matches too often", ARGUMENT_TOO_LARGE)
            running.work(20 + 5 * self._groups)
            running.spend((1 + self._groups) * (80 + wide * (match.end() - match.start())))
            end = match.end()
            yield match
            if match.start() == end < len(text):
                raise _no_progress()

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


def _no_progress() -> Failure:
    return Failure("a regular expression matched a string of length zero", error="D1004")


def _matched(matches: Iterator[Any]) -> Any:
    match = next(matches, None)
    if match is None:
        return None
    groups = [NULL if group is None else group for group in match.groups()]
    following = Jsonata.JLambda(lambda: _matched(matches))
    return {
        "match": match.group(),
        "start": match.start(),
        "end": match.end(),
        "groups": groups,
        "next": following,
    }
