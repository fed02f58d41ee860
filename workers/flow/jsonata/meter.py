"""What one evaluation of an expression may use, and the meter that holds it to that."""

import json
import math
import sys
from json.encoder import encode_basestring
from time import thread_time
from typing import Any

# The import below raises the recursion limit of the process to 10,000. What the bounds allow needs some
# 6,000 at most, and C code, which recurses too, would run out of a small thread's stack.
_before = sys.getrecursionlimit()

from jsonata.datetimeutils import DateTimeUtils  # noqa: E402 - the limit is read before the import
from jsonata.functions import Functions  # noqa: E402
from jsonata.jexception import JException  # noqa: E402
from jsonata.jsonata import Jsonata  # noqa: E402
from jsonata.parser import Parser  # noqa: E402
from jsonata.regex_engine import RegexFlags  # noqa: E402
from jsonata.signature import Signature  # noqa: E402
from jsonata.utils import Utils  # noqa: E402

from models.incident_code import IncidentCode  # noqa: E402
from workers.flow.json_value import MAX_NESTING, check_text  # noqa: E402
from workers.flow.jsonata import cost  # noqa: E402
from workers.flow.jsonata.bounds import BOUNDS, Bounds  # noqa: E402

sys.setrecursionlimit(max(_before, 7_000))


def _message(error: str, location: int, *values: Any, details: bool = False) -> str:
    return str(_library_message(error, location, *map(_shown, values), details=details))


def _shown(value: Any) -> Any:
    if value is None or isinstance(value, int | float):
        return value
    return value[:100] if isinstance(value, str) else Functions.type(value)


def _count(steps: int) -> None:
    running = getattr(getattr(Jsonata.CURRENT, "jsonata", None), "meter", None)
    if running is not None:  # not the bare library
        running.work(steps)


def _append(one: Any, two: Any) -> Any:
    """The library's, which copies its first argument, at every item that is grouped too."""
    if isinstance(one, list) and two is not None:
        _count(len(one) // cost.COPIED)
    return _library_append(one, two)


def _to_boolean(value: Any) -> bool | None:
    """The same as the library's, which imports itself at each item."""
    if isinstance(value, list):
        _count(3 * len(value))
        return _to_boolean(value[0]) if len(value) == 1 else any(map(_to_boolean, value))
    if value is None:
        return None
    return isinstance(value, str | int | float | dict) and bool(value)


def _is_array_of_numbers(value: Any) -> bool:
    """The library's, which is asked of what each predicate gives."""
    if not isinstance(value, list):
        return False
    _count(2 * len(value))
    return bool(_library_is_array_of_numbers(value))


# The library's own writes all of an array or object into its message.
_library_message, JException.msg = JException.msg, staticmethod(_message)
# What it calls all over, and what looks at items, is counted where it is called.
_library_append, Functions.append = Functions.append, staticmethod(_append)
Functions.to_boolean = staticmethod(_to_boolean)
_library_is_array_of_numbers = Utils.is_array_of_numbers
Utils.is_array_of_numbers = staticmethod(_is_array_of_numbers)
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

LONG = 500  # characters from which a string's memory is counted by itself, once
PAUSE = 500_000  # steps between two looks at the clock, for the last stop

FAILED = IncidentCode.EXPRESSION_FAILED
TOO_COSTLY = IncidentCode.EXPRESSION_TOO_COSTLY
TOO_DEEP = IncidentCode.EXPRESSION_TOO_DEEP
TOO_MUCH_MEMORY = IncidentCode.EXPRESSION_TOO_MUCH_MEMORY
RESULT_TOO_LARGE = IncidentCode.EXPRESSION_RESULT_TOO_LARGE
VALUE_TOO_LARGE = IncidentCode.EXPRESSION_VALUE_TOO_LARGE
VALUE_TOO_DEEP = IncidentCode.EXPRESSION_VALUE_TOO_DEEP
STRING_TOO_LONG = IncidentCode.EXPRESSION_STRING_TOO_LONG
ARGUMENT_TOO_LARGE = IncidentCode.EXPRESSION_ARGUMENT_TOO_LARGE
TIMEOUT = IncidentCode.EXPRESSION_TIMEOUT
OUT_OF_MEMORY = IncidentCode.EXPRESSION_OUT_OF_MEMORY

NULL: Any = Utils.NULL_VALUE  # JSON null inside an evaluation, where Python's None is undefined
_INT64 = 2**63


class Failure(JException):  # type: ignore[misc]
    """The end of an evaluation without a value: `code` is one of those above."""

    def __init__(self, message: str, code: IncidentCode = FAILED, error: str = "") -> None:
        RuntimeError.__init__(self, message)  # the library's own looks a message up by its number
        self.code, self.error, self.location, self.current = code, error, -1, ""


def _holders(entry: tuple[Any, ...]) -> int:
    """How many hold the value that an entry ends with."""
    return sys.getrefcount(entry[-1])


_ALONE = _holders((0, []))  # nobody but the entry


class Meter:
    """Counts the steps, memory and depth of an evaluation and ends it with a `Failure` at a bound.

    Every array and object is weighed when the expression has made it, with all that is in it, as often
    as it is in it. So no walk over a value, in Python or C, takes longer than one over `Bounds.size`.
    """

    def __init__(self, bounds: Bounds = BOUNDS) -> None:
        self.bounds = bounds
        self.depth = 0
        self.deepest = bounds.depth
        self.steps = 0
        self.stop = min(PAUSE, bounds.steps)
        self._began: float | None = None
        self._left = bounds.memory
        self._result = bounds.result
        self._kept: dict[int, tuple[int, int, int, Any]] = {}

    def enter(self, levels: int) -> None:
        """So many levels deeper; the caller takes them off `depth` again."""
        self.depth += levels
        if self.depth > self.deepest:
            self.pause()

    def work(self, steps: int) -> None:
        """Counts steps."""
        self.steps += steps
        if self.steps > self.stop:
            self.pause()

    def pause(self) -> None:
        """Ends the evaluation if it is over a bound. Its time is looked at now and then, as the last stop."""
        bounds = self.bounds
        if self.depth > bounds.depth:
            raise Failure(f"the expression nests or recurses deeper than {bounds.depth:,} levels", TOO_DEEP)
        if self.steps > bounds.steps:
            raise Failure(f"the expression takes more than {bounds.steps:,} steps", TOO_COSTLY)
        now = thread_time()
        if self._began is None:
            self._began = now
        if now - self._began > bounds.seconds:
            raise Failure(f"the expression takes longer than {bounds.seconds:g} seconds", TIMEOUT)
        self.stop = min(self.steps + PAUSE, bounds.steps)

    def spend(self, memory: int) -> None:
        """Takes memory for good."""
        self._left -= memory
        if self._left < 0:
            for key in reversed(list(self._kept)):  # the outer before the inner
                if _holders(self._kept[key]) <= _ALONE:
                    self._left += self._kept.pop(key)[2]
            if self._left < 0:
                raise Failure("the expression holds too much in memory", TOO_MUCH_MEMORY)

    @property
    def held(self) -> int:
        """The memory that is taken."""
        return self.bounds.memory - self._left

    def string(self, characters: float) -> None:
        """Refuses a string of so many characters before it is made."""
        if characters > self.bounds.string:
            raise Failure(f"a string would exceed {self.bounds.string:,} characters", STRING_TOO_LONG)

    def result(self, characters: int) -> None:
        """Counts what is given back."""
        self._result -= characters
        if self._result < 0:
            raise Failure(f"the result exceeds {self.bounds.result:,} characters", RESULT_TOO_LARGE)

    def made(self, value: Any) -> Any:
        """What an operator or a function made, weighed."""
        if isinstance(value, str):
            self.string(len(value))
            if len(value) >= LONG:
                self._keep_string(value)
            else:
                self.spend(80 + len(value))
        elif isinstance(value, list | dict):
            self.weigh(value)
        return settled(value)

    def items(self, value: Any) -> int:
        """The items of a value, at every level, and a string's characters as a part of one."""
        return self.weigh(value)[0] // 40 if isinstance(value, list | dict) else 1

    def weigh(self, value: Any, outer: int = 0) -> tuple[int, int]:
        """The size and levels of an array or object; a failure if they are too much."""
        known = self._kept.get(id(value))
        if known is not None:
            return known[0], known[1]
        most, deepest = self.bounds.size, self.bounds.levels
        size, levels = 40 * len(value), 0
        if isinstance(value, dict):
            size += 2 * sum(map(_written, value))
        self.work(cost.HANDLE + size // 40)
        if size > most:
            raise _too_large()
        for item in value.values() if isinstance(value, dict) else value:
            if isinstance(item, str):
                size += 2 * _written(item)
                if len(item) >= LONG:
                    self._keep_string(item)
            elif isinstance(item, list | dict) and outer < deepest:
                inner, below = self.weigh(item, outer + 1)
                size, levels = size + inner, max(levels, below)
            if size > most:
                raise _too_large()
        if max(levels, outer) >= deepest:
            raise Failure(f"a value nests deeper than {deepest} levels", VALUE_TOO_DEEP)
        self._keep(value, size, levels + 1, 350 + len(value) * (100 if isinstance(value, dict) else 8))
        return size, levels + 1

    def _keep(self, value: Any, size: int, levels: int, memory: int) -> None:
        self._kept[id(value)] = (size, levels, memory, value)  # held, so that its id stays its own
        self.spend(memory)

    def _keep_string(self, text: str) -> None:
        """Counts a long string, once."""
        if id(text) not in self._kept:
            self.work(len(text) // 20)
            self._keep(text, len(text), 0, 80 + len(text) * width(text))

    def copied(self, value: Any) -> Any:
        """A deep copy of a value, from outside or of the evaluation's own, in which null is `NULL`."""
        left = self.bounds.items

        def copy(value: Any) -> Any:
            nonlocal left
            if not isinstance(value, list | dict):
                return NULL if value is None else value
            left -= len(value)
            if left < 0:
                raise _too_large()
            self.work(2 + len(value))
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
            raise Failure(f"the result nests deeper than {MAX_NESTING} levels", VALUE_TOO_DEEP)
        self.work(size // 10)
        return self._plain(value)

    def _plain(self, value: Any) -> Any:
        if isinstance(value, list | dict):
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


def _too_large() -> Failure:
    return Failure("an array or object has become too large", VALUE_TOO_LARGE)


def width(text: str) -> int:
    """The bytes that a character of a text takes, as every Python since 3.3 lays it out."""
    if text.isascii():
        return 1
    wide = text.encode("utf-16-le", "surrogatepass")
    return 4 if len(wide) > 2 * len(text) else 1 if not any(wide[1::2]) else 2


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
