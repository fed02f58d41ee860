"""What one evaluation of an expression may use, and the meter that holds it to that."""

import math
import sys
from collections.abc import Iterable
from time import monotonic, thread_time
from typing import Any

# The import below sets the recursion limit of the whole process to 10,000. `MAX_DEPTH` needs half of it
# at most; a higher limit would only let C code, which recurses too, run out of a small thread's stack.
_before = sys.getrecursionlimit()

from jsonata.datetimeutils import DateTimeUtils  # noqa: E402 - the limit is read before the import
from jsonata.functions import Functions  # noqa: E402
from jsonata.jexception import JException  # noqa: E402
from jsonata.jsonata import Jsonata  # noqa: E402
from jsonata.parser import Parser  # noqa: E402
from jsonata.signature import Signature  # noqa: E402
from jsonata.utils import Utils  # noqa: E402

sys.setrecursionlimit(max(_before, 5_000))

MAX_SECONDS = 0.15
"""Processor time of an evaluation; its last step may end as much as 0.1 s late."""
MAX_BYTES = 32 * 1024 * 1024
"""Memory for what an evaluation makes and still holds."""
MAX_SIZE = 4_000_000
"""Size of one value: 40 for each item in it, at any level, and 2 for each character."""
MAX_STRING = 1024 * 1024
"""Characters of a string that an expression builds."""
MAX_LEVELS = 100
"""Arrays and objects inside each other; C code recurses over them."""
MAX_DEPTH = 3_000
"""Nested evaluation, in Python frames or so; a plain recursion gets some 200 calls deep."""

FAILED = "EXPRESSION_FAILED"
TIMEOUT = "EXPRESSION_TIMEOUT"
TOO_LARGE = "EXPRESSION_TOO_LARGE"
TOO_DEEP = "EXPRESSION_TOO_DEEP"

NULL: Any = Utils.NULL_VALUE
"""JSON null inside an evaluation, where Python's None is undefined."""

_ITEM, _CHARACTER = 40, 2
_ARRAY, _POINTER, _ENTRY, _SMALL = 350, 8, 100, 500  # bytes, with what the meter keeps itself
_INT64 = 2**63

__all__ = ["DateTimeUtils", "Functions", "JException", "Jsonata", "Parser", "Signature", "Utils"]


class Failure(JException):  # type: ignore[misc]
    """The end of an evaluation without a value: `code` is one of the four above."""

    def __init__(self, message: str, code: str = FAILED, error: str = "") -> None:
        RuntimeError.__init__(self, message)  # the library's own looks a message up by its number
        self.code = code
        self.error = error
        self.location = -1
        self.current = ""


class Meter:
    """Counts the time, memory and depth of an evaluation and ends it with a `Failure` at a bound.

    Every array and object is weighed when the expression has made it, with all that is in it, as often
    as it is in it. So no walk over a value, in Python or C, takes longer than one over `MAX_SIZE`.
    """

    __slots__ = ("_cpu", "_deadline", "_kept", "_left", "depth")

    def __init__(self) -> None:
        self.depth = 0
        self._left = MAX_BYTES
        self._kept: dict[int, tuple[int, int, int, Any]] = {}
        self._cpu = thread_time()
        self._deadline = monotonic() + MAX_SECONDS

    def enter(self, frames: int) -> None:
        """So many Python frames deeper; the caller takes them off `depth` again."""
        self.depth += frames
        if self.depth > MAX_DEPTH:
            raise Failure("the expression nests or recurses too deeply", TOO_DEEP)
        if monotonic() > self._deadline:
            self.look()

    def look(self) -> None:
        """Ends the evaluation if its time is up."""
        if monotonic() <= self._deadline:
            return
        # A thread that was kept from running is not at fault: what counts is the time that it used.
        left = MAX_SECONDS - (thread_time() - self._cpu)
        if left <= 0:
            raise Failure(f"the expression takes longer than {MAX_SECONDS * 1000:.0f} ms", TIMEOUT)
        self._deadline = monotonic() + left

    def spend(self, size: int) -> None:
        """Takes memory, in bytes, for good."""
        self._left -= size
        if self._left < 0:
            self._sweep()
        if self._left < 0:
            raise Failure("the expression needs too much memory", TOO_LARGE)

    def _sweep(self) -> None:
        # Gives back what nobody but the meter holds any more, the outer before the inner.
        for key in reversed(list(self._kept)):
            _, _, memory, value = self._kept[key]
            if sys.getrefcount(value) <= 3:  # the entry, the name here and the argument
                self._left += memory
                del self._kept[key]

    def string(self, characters: float) -> None:
        """Refuses a string of so many characters before it is made."""
        if characters > MAX_STRING:
            raise Failure(f"a string would exceed {MAX_STRING} characters", TOO_LARGE)

    def made(self, value: Any) -> Any:
        """What an operator or a function made."""
        if isinstance(value, str):
            self.string(len(value))
            if len(value) < _SMALL:
                self.spend(2 * _ITEM + len(value))
            elif id(value) not in self._kept:
                self._keep(value, len(value), 0, sys.getsizeof(value))
        elif isinstance(value, list | dict):
            self.weigh(value)
        return settled(value)

    def weigh(self, value: Any, outer: int = 0) -> tuple[int, int]:
        """The size and levels of an array or object; a failure if they are too much."""
        known = self._kept.get(id(value))
        if known is not None:
            return known[0], known[1]
        self.look()
        size, levels, memory = _ITEM * len(value), 0, _ARRAY + _POINTER * len(value)
        items: Iterable[Any] = value
        if isinstance(value, dict):
            size += _CHARACTER * sum(map(len, value))
            memory = _ARRAY + _ENTRY * len(value)
            items = value.values()
        for item in items if outer < MAX_LEVELS else ():
            if isinstance(item, str):
                size += _CHARACTER * len(item)
            elif isinstance(item, list | dict):
                inner, below = self.weigh(item, outer + 1)
                size += inner
                levels = max(levels, below)
        if size > MAX_SIZE:
            raise Failure("an array or object has become too large", TOO_LARGE)
        if max(levels, outer) >= MAX_LEVELS:
            raise Failure(f"a value nests deeper than {MAX_LEVELS} levels", TOO_DEEP)
        self._keep(value, size, levels + 1, memory)
        return size, levels + 1

    def _keep(self, value: Any, size: int, levels: int, memory: int) -> None:
        self._kept[id(value)] = (size, levels, memory, value)  # held, so that its id stays its own
        self.spend(memory)

    def copied(self, value: Any) -> Any:
        """A deep copy of a value, from outside or of the evaluation's own, in which null is `NULL`."""
        copy: Any
        if isinstance(value, dict):
            copy = {key: self.copied(item) for key, item in value.items()}
        elif isinstance(value, list):
            copy = [self.copied(item) for item in value]
        elif value is None:
            return NULL
        elif isinstance(value, str | int | float) or value is NULL or Functions.type(value) == "function":
            return value
        else:
            raise Failure(f"a variable holds {type(value).__name__}, which is not JSON")
        self.weigh(copy)
        return copy


def settled(value: Any) -> Any:
    """A number as JSON knows it: what is whole and fits in 64 bits as int, the rest as finite float."""
    if isinstance(value, int):
        if -_INT64 <= value < _INT64:
            return value
        value = float(value) if abs(value) < 2**1024 - 2**970 else math.inf
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Failure("a number is out of range", error="D1001")
        return int(value) if value.is_integer() and abs(value) < _INT64 else value
    return value


def plain(value: Any) -> Any:
    """A value of an evaluation as plain JSON that shares nothing with it."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, str | int | float):
        return value
    if value is not NULL and value is not None:
        raise Failure("the result holds a function, which is not JSON")
    return None


def meter() -> Meter:
    """The meter of the evaluation that runs in this thread."""
    running: Meter = Jsonata.CURRENT.jsonata.meter
    return running
