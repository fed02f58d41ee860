"""What one evaluation may use, and the meter that holds it to that."""

from time import monotonic, thread_time

from workers.flow.jsonata.library import JException

MAX_SOURCE = 16_384
"""Characters of an expression."""
MAX_TOKENS = 4_000
"""Tokens of an expression; each costs kilobytes while it is parsed."""
MAX_SECONDS = 0.18
"""Time of an evaluation."""
MAX_BYTES = 32 * 1024 * 1024
"""Memory that an evaluation may ask for in all, whether it keeps it or not."""
MAX_DEPTH = 2_000
"""Nested evaluation, counted in Python frames; a plain recursion gets some 200 calls deep."""
MAX_STRING = 1024 * 1024
"""Characters of a string that an expression builds."""
MAX_ITEMS = 100_000
"""Items of a range, and of an array that is sorted, shuffled or split from a string."""
MAX_RESULT = 4 * 1024 * 1024
"""Characters of the result as JSON, near enough."""

FAILED = "EXPRESSION_FAILED"
TIMEOUT = "EXPRESSION_TIMEOUT"
TOO_LARGE = "EXPRESSION_TOO_LARGE"
TOO_DEEP = "EXPRESSION_TOO_DEEP"

_LOOK_EVERY = 512
_GRACE = 0.02
_OBJECT = 64


class Failure(JException):  # type: ignore[misc]
    """The end of an evaluation without a value: `code` is ours, `error` JSONata's own, such as T2001."""

    def __init__(self, error: str, message: str, code: str = FAILED) -> None:
        RuntimeError.__init__(self, message)  # the library's own would render values, however large
        self.error = error
        self.code = code
        self.location = -1
        self.current = message


class Meter:
    """Counts the time, memory and depth of one evaluation and ends it with a `Failure` at a bound."""

    __slots__ = ("_cpu", "_deadline", "_depth", "_left", "_pending", "_result")

    def __init__(self) -> None:
        self._deadline = monotonic() + MAX_SECONDS
        self._cpu = thread_time()
        self._depth = 0
        self._left = MAX_BYTES
        self._pending = 0
        self._result = MAX_RESULT

    def enter(self, frames: int) -> None:
        """One level deeper by so many Python frames; each call is paired with `leave`."""
        self._depth += frames
        if self._depth > MAX_DEPTH:
            raise Failure("D1011", "the expression nests or recurses too deeply", TOO_DEEP)
        self.spend(_OBJECT)
        if monotonic() > self._deadline:
            self._late()

    def leave(self, frames: int) -> None:
        self._depth -= frames

    def work(self, steps: int = 1) -> None:
        """Steps of a loop inside a built-in function, each well under a microsecond or so."""
        self._pending += steps
        if self._pending >= _LOOK_EVERY:
            self._pending = 0
            if monotonic() > self._deadline:
                self._late()

    def reserve(self, seconds: float) -> None:
        """Before a call that may take so long and cannot be interrupted: refused if that is too long."""
        if monotonic() + seconds <= self._deadline + _GRACE:
            return
        if thread_time() - self._cpu + seconds > MAX_SECONDS + _GRACE:
            raise Failure("D1012", "the expression has too much text for its regular expression", TOO_LARGE)

    def spend(self, size: int) -> None:
        """Memory, in bytes, asked for before it is taken."""
        self._left -= size
        if self._left < 0:
            raise Failure("D2014", "the expression needs too much memory", TOO_LARGE)

    def array(self, items: int) -> None:
        """A new array of so many items."""
        self.spend(_OBJECT + 8 * items)
        self.work(1 + items // 8)

    def entries(self, count: int) -> None:
        """A new object of so many entries, or so many more in one."""
        self.spend(_OBJECT + 100 * count)
        self.work(count)

    def string(self, characters: int, width: int = 4) -> None:
        """A new string of so many characters, each of `width` bytes at most."""
        if characters > MAX_STRING:
            raise Failure("D2014", f"a string would exceed {MAX_STRING} characters", TOO_LARGE)
        self.spend(_OBJECT + characters * width)

    def items(self, count: int) -> None:
        """Refuses an array that is too long for what is about to be done with it."""
        if count > MAX_ITEMS:
            raise Failure("D2014", f"an array of {count} items exceeds {MAX_ITEMS}", TOO_LARGE)

    def result(self, characters: int) -> None:
        """Characters of JSON that the evaluation gives back."""
        self._result -= characters
        if self._result < 0:
            raise Failure("D2014", f"the result exceeds {MAX_RESULT} characters of JSON", TOO_LARGE)

    def _late(self) -> None:
        # A thread that was kept from running is not at fault: only one that used its time is ended.
        if thread_time() - self._cpu < MAX_SECONDS / 2:
            self._deadline = monotonic() + _GRACE
            return
        raise Failure("D1012", f"the expression takes longer than {MAX_SECONDS * 1000:.0f} ms", TIMEOUT)
