"""What one evaluation of an expression may use, and the meter that holds it to that."""

import json
import math
import sys
from json.encoder import encode_basestring
from time import monotonic
from typing import Any

# The import below raises the recursion limit of the process to 10,000. `MAX_DEPTH` needs half of that at
# most, and C code, which recurses too, would run out of a small thread's stack.
_before = sys.getrecursionlimit()

from jsonata.datetimeutils import DateTimeUtils  # noqa: E402 - the limit is read before the import
from jsonata.functions import Functions  # noqa: E402
from jsonata.jexception import JException  # noqa: E402
from jsonata.jsonata import Jsonata  # noqa: E402
from jsonata.parser import Parser  # noqa: E402
from jsonata.regex_engine import RegexFlags  # noqa: E402
from jsonata.signature import Signature  # noqa: E402
from jsonata.utils import Utils  # noqa: E402

from workers.flow.json_value import MAX_NESTING, check_text  # noqa: E402
from workers.flow.jsonata.own_time import own_time  # noqa: E402

sys.setrecursionlimit(max(_before, 5_000))


def _message(error: str, location: int, *values: Any, details: bool = False) -> str:
    return str(_library_message(error, location, *map(_shown, values), details=details))


def _shown(value: Any) -> Any:
    if value is None or isinstance(value, int | float):
        return value
    return value[:100] if isinstance(value, str) else Functions.type(value)


# The library's own writes all of an array or object into its message.
_library_message, JException.msg = JException.msg, staticmethod(_message)
__all__ = [
    "DateTimeUtils",
    "Functions",
    "JException",
    "Jsonata",
    "Parser",
    "RegexFlags",
    "Signature",
    "Utils",
]

MAX_SECONDS = 0.15  # processor time of an evaluation; its last step may end as much as 0.1 s late
MAX_BYTES = 32 * 1024 * 1024  # memory of what an evaluation made and still holds
MAX_SIZE = 4_000_000  # of one value: 40 for each item in it, at any level, and 2 for each character
MAX_STRING = 1024 * 1024  # characters of a string that an expression builds
LONG = 500  # characters from which a string's memory is counted by itself, once
MAX_RESULT = 4 * 1024 * 1024  # characters of all that evaluations with one meter give back
MAX_ITEMS = MAX_SIZE // 40  # of an array
MAX_LEVELS = 100  # arrays and objects inside each other; C code recurses over them
MAX_DEPTH = 3_600  # Python frames, or so; a plain recursion gets some 200 calls deep

FAILED = "EXPRESSION_FAILED"
TIMEOUT = "EXPRESSION_TIMEOUT"
TOO_LARGE = "EXPRESSION_TOO_LARGE"
TOO_DEEP = "EXPRESSION_TOO_DEEP"

NULL: Any = Utils.NULL_VALUE  # JSON null inside an evaluation, where Python's None is undefined
_INT64 = 2**63


class Failure(JException):  # type: ignore[misc]
    """The end of an evaluation without a value: `code` is one of the four above."""

    def __init__(self, message: str, code: str = FAILED, error: str = "") -> None:
        RuntimeError.__init__(self, message)  # the library's own looks a message up by its number
        self.code, self.error, self.location, self.current = code, error, -1, ""


class Meter:
    """Counts the time, memory and depth of an evaluation and ends it with a `Failure` at a bound.

    Every array and object is weighed when the expression has made it, with all that is in it, as often
    as it is in it. So no walk over a value, in Python or C, takes longer than one over `MAX_SIZE`.
    """

    def __init__(self) -> None:
        self.depth = 0
        self._left = MAX_BYTES
        self._result = MAX_RESULT
        self._kept: dict[int, tuple[int, int, int, Any]] = {}
        self._cpu = own_time()
        self._deadline = monotonic() + MAX_SECONDS

    def enter(self, frames: int) -> None:
        """So many Python frames deeper; the caller takes them off `depth` again."""
        self.depth += frames
        if self.depth > MAX_DEPTH:
            raise Failure("the expression nests or recurses too deeply", TOO_DEEP)
        self.look()

    def look(self) -> None:
        """Ends the evaluation if its time is up."""
        if monotonic() > self._deadline:
            # A thread that was kept from running is not at fault: what counts is the time that it used.
            left = MAX_SECONDS - (own_time() - self._cpu)
            if left <= 0:
                raise Failure(f"the expression takes longer than {MAX_SECONDS * 1000:.0f} ms", TIMEOUT)
            self._deadline = monotonic() + left

    def spend(self, memory: int) -> None:
        """Takes bytes for good."""
        self._left -= memory
        if self._left < 0:
            for key in reversed(list(self._kept)):  # the outer before the inner
                _, _, size, value = self._kept[key]
                if sys.getrefcount(value) <= 3:  # the entry, the name here, the argument: nobody else
                    self._left += size
                    del self._kept[key]
            if self._left < 0:
                raise Failure("the expression needs too much memory", TOO_LARGE)

    def string(self, characters: float) -> None:
        """Refuses a string of so many characters before it is made."""
        if characters > MAX_STRING:
            raise Failure(f"a string would exceed {MAX_STRING} characters", TOO_LARGE)

    def result(self, characters: int) -> None:
        """Counts what is given back."""
        self._result -= characters
        if self._result < 0:
            raise Failure(f"the result exceeds {MAX_RESULT} characters", TOO_LARGE)

    def made(self, value: Any) -> Any:
        """What an operator or a function made, weighed."""
        if isinstance(value, str):
            self.string(len(value))
            self._keep_string(value)
            if len(value) < LONG:
                self.spend(80 + len(value))
        elif isinstance(value, list | dict):
            self.weigh(value)
        return settled(value)

    def weigh(self, value: Any, outer: int = 0) -> tuple[int, int]:
        """The size and levels of an array or object; a failure if they are too much."""
        known = self._kept.get(id(value))
        if known is not None:
            return known[0], known[1]
        self.look()
        size, levels = 40 * len(value), 0
        if isinstance(value, dict):
            size += 2 * sum(map(_written, value))
        if size > MAX_SIZE:
            raise Failure("an array or object has become too large", TOO_LARGE)
        for item in value.values() if isinstance(value, dict) else value:
            if isinstance(item, str):
                size += 2 * _written(item)
                self._keep_string(item)
            elif isinstance(item, list | dict) and outer < MAX_LEVELS:
                inner, below = self.weigh(item, outer + 1)
                size, levels = size + inner, max(levels, below)
            if size > MAX_SIZE:
                raise Failure("an array or object has become too large", TOO_LARGE)
        if max(levels, outer) >= MAX_LEVELS:
            raise Failure(f"a value nests deeper than {MAX_LEVELS} levels", TOO_DEEP)
        self._keep(value, size, levels + 1, 350 + len(value) * (100 if isinstance(value, dict) else 8))
        return size, levels + 1

    def _keep(self, value: Any, size: int, levels: int, memory: int) -> None:
        self._kept[id(value)] = (size, levels, memory, value)  # held, so that its id stays its own
        self.spend(memory)

    def _keep_string(self, text: str) -> None:
        if len(text) >= LONG and id(text) not in self._kept:
            self._keep(text, len(text), 0, sys.getsizeof(text))

    def copied(self, value: Any) -> Any:
        """A deep copy of a value, from outside or of the evaluation's own, in which null is `NULL`."""
        left = MAX_ITEMS

        def copy(value: Any) -> Any:
            nonlocal left
            if not isinstance(value, list | dict):
                return NULL if value is None else value
            left -= len(value)
            if left < 0:
                raise Failure("an array or object has become too large", TOO_LARGE)
            self.look()
            if isinstance(value, dict):
                return {key: copy(item) for key, item in value.items()}
            return [copy(item) for item in value]

        made = copy(value)
        if isinstance(made, list | dict):
            self.weigh(made)
        return made

    def plain(self, value: Any) -> Any:
        """A result as plain JSON that shares nothing with the evaluation; raises `UnkeepableJson` too."""
        size, levels = 2 * len(value) if isinstance(value, str) else 0, 0
        if isinstance(value, list | dict):
            size, levels = self.weigh(value)
        self.result(size // 2)
        if levels > MAX_NESTING:
            raise Failure(f"the result nests deeper than {MAX_NESTING} levels", TOO_DEEP)
        return self._plain(value)

    def _plain(self, value: Any) -> Any:
        if isinstance(value, list | dict):
            self.look()
            if isinstance(value, dict):
                return {self._plain(key): self._plain(item) for key, item in value.items()}
            return [self._plain(item) for item in value]
        if isinstance(value, str):
            check_text(value, "")
        elif isinstance(value, float) and not math.isfinite(value):
            raise Failure("the result holds a number that is out of range", error="D1001")
        elif Functions.type(value) == "function":
            raise Failure("the result holds a function, which is not JSON")
        return None if value is NULL else value


_CONTROLS = {chr(code): len(json.dumps(chr(code))) - 3 for code in range(32)}


def _written(text: str) -> int:
    """The characters of a string in JSON, where a control character takes two or six."""
    if text.isprintable():
        return len(text)
    if len(text) < LONG:
        return len(encode_basestring(text)) - 2
    return len(text) + sum(text.count(control) * more for control, more in _CONTROLS.items())


def settled(value: Any) -> Any:
    """A number as JSON knows it: what is whole and fits in 64 bits as int, the rest as finite float."""
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        value = float(value) if abs(value) < 2**1024 - 2**970 else math.inf
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Failure("a number is out of range", error="D1001")
        return int(value) if value.is_integer() and abs(value) < _INT64 else value
    return value


def meter() -> Meter:
    """The meter of the evaluation that runs in this thread."""
    running: Meter = Jsonata.CURRENT.jsonata.meter
    return running
