"""JSONata's functions: the library's own behind guards, and ours where no guard would hold one."""

import inspect
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from types import FunctionType, SimpleNamespace
from typing import Any, NoReturn

import re2

from workers.flow.bounded_meter import (
    TOO_LARGE,
    DateTimeUtils,
    Failure,
    Functions,
    JException,
    Jsonata,
    Signature,
    Utils,
    meter,
)

NATIVE_FRAMES = 40
"""What a call of a function counts for depth: its frames and the C stack that it may use."""

_PROGRAM, _REGEX_MEMORY = 2_000, 256 * 1024  # RE2 instructions of a pattern, bytes for its automata
_WORK = 4_000_000  # instructions times bytes of one search, at worst 10 ns each
_MATCHES = 100_000
_PICTURE, _NUMERAL, _ESCAPED, _TEXT = 200, 1_000, 100_000, 200_000
_WIDTH = re.compile(r"(\*|\d{1,2})(-(\*|\d{1,2}))?")


class BadPattern(ValueError):
    """A regular expression that RE2 does not know, or a too large one."""


class Pattern:
    """A compiled regular expression with the methods the library asks for; its time is linear in the text."""

    def __init__(self, source: str, flags: Any) -> None:
        options = re2.Options()
        options.max_mem = _REGEX_MEMORY
        options.log_errors = False
        options.case_sensitive = not flags.case_insensitive
        try:
            self._compiled = re2.compile("(?m)" + source if flags.multiline else source, options)
        except re2.error as error:
            raise BadPattern(error.args[0].decode(errors="replace")) from None
        self._program = self._compiled.programsize
        self._weight = 4 + self._compiled.groups
        if self._program > _PROGRAM:
            raise BadPattern("the regular expression is too large")

    def finditer(self, text: str) -> Iterator[Any]:
        running = meter()
        if self._program * len(text) * (1 if text.isascii() else 4) > _WORK:
            raise Failure("the text is too long for this regular expression", TOO_LARGE)
        for count, match in enumerate(self._compiled.finditer(text)):
            if match.start() == match.end():
                raise Failure("a regular expression matched a string of length zero", error="D1004")
            if count * self._weight > _MATCHES:
                raise Failure("a regular expression matches too often", TOO_LARGE)
            running.look()
            yield match

    def search(self, text: str) -> Any:
        return next(self.finditer(text), None)

    def split(self, text: str) -> list[str]:
        pieces: list[str] = []
        end = 0
        for match in self.finditer(text):
            pieces.append(text[end : match.start()])
            end = match.end()
        return [*pieces, text[end:]]

    def sub(self, put: Callable[[Any], str], text: str, count: int | None = None) -> str:
        pieces: list[str] = []
        end, size = 0, len(text)
        for at, match in enumerate(self.finditer(text)):
            if at == count:
                break
            pieces += (text[end : match.start()], put(match))
            end = match.end()
            size += len(pieces[-1])
            meter().string(size - end)
        return "".join([*pieces, text[end:]])


class BoundedSignature(Signature):  # type: ignore[misc]
    """The library's check of arguments with a faster look at each and a shorter message."""

    @property
    def takes_context(self) -> bool:
        return any(parameter.context for parameter in self._params)

    def get_symbol(self, value: Any) -> str:
        symbol: str = _SYMBOLS.get(type(value)) or super().get_symbol(value)
        return symbol

    def throw_validation_error(self, bad_args: Any, bad_sig: Any, function_name: Any) -> NoReturn:
        kinds = ", ".join(Functions.type(value) or "undefined" for value in bad_args[:10])
        raise Failure(f"${function_name} does not take ({kinds})", error="T0410")

    @classmethod
    def of(cls, signature: Any, *, foreign: bool = False) -> "BoundedSignature":
        """A signature of the library; a foreign one is matched by RE2, as it can be made to backtrack."""
        bounded = cls.__new__(cls)
        bounded.__dict__.update(vars(signature))
        if foreign:
            bounded._regex = re2.compile(signature._signature)  # noqa: SLF001 - it offers no other way
        return bounded


_SYMBOLS = {
    str: "s",
    int: "n",
    float: "n",
    bool: "b",
    list: "a",
    Utils.JList: "a",
    dict: "o",
    type(None): "m",
}


class Native(Jsonata.JNativeFunction):  # type: ignore[misc]
    """A function of the library, guarded whoever calls it. Shared by all evaluations, never changed."""

    def __init__(self, native: Any) -> None:
        self.function_name = native.function_name
        self.signature = BoundedSignature.of(native.signature)
        self.method = _OURS.get(native.function_name, native.method)
        self.nargs = len(inspect.signature(self.method).parameters)
        self.guard = _GUARDS.get(native.function_name)

    def validate(self, args: Any, context: Any) -> Any:
        return args  # `call` checks them, as the library's higher-order functions come straight to it

    def call(self, input: Any, args: Any) -> Any:
        running = meter()
        running.enter(NATIVE_FRAMES)
        try:
            given = self.signature.validate(args, input)
            given += [None] * (self.nargs - len(given))
            if self.guard is not None:
                self.guard(*given)
            return running.made(self.method(*given))
        except (JException, RecursionError, MemoryError):
            raise
        except Exception as error:
            raise Failure(f"${self.function_name} failed ({type(error).__name__})") from None
        finally:
            running.depth -= NATIVE_FRAMES


class _Encoder(Functions.Encoder):  # type: ignore[misc]
    def default(self, arg: Any) -> Any:
        return "" if isinstance(arg, Pattern) else super().default(arg)


def string(value: Any, pretty: bool | None = None) -> Any:
    """`$string` with all digits of an integer, and characters as they are."""
    if isinstance(value, list | dict):
        indent, separators = ("  ", None) if pretty else (None, (",", ":"))
        return json.dumps(value, cls=_Encoder, ensure_ascii=False, indent=indent, separators=separators)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return "" if isinstance(value, Pattern) else Functions.string(value, False)


def _lowercase(value: Any) -> Any:
    return value and value.lower()


def _replace(text: Any, pattern: Any, replacement: Any, limit: Any) -> Any:
    if text is None:
        return None
    if pattern == "" or (limit is not None and limit < 0):
        raise Failure("$replace takes no empty string to look for and no negative limit", error="D3010")
    count = None if limit is None else int(limit)
    if isinstance(replacement, str) and replacement.count("$") > _NUMERAL:
        raise Failure("the replacement has too many $", TOO_LARGE)
    if isinstance(pattern, Pattern):
        return pattern.sub(lambda match: _replacement(match, replacement), text, count)
    put = re.sub(r"\$([$0])", lambda found: "$" if found[1] == "$" else pattern, replacement)
    found = text.count(pattern)
    meter().string(len(text) + (found if count is None else min(count, found)) * (len(put) - len(pattern)))
    return text.replace(pattern, put, -1 if count is None else count)


def _replacement(match: Any, replacement: Any) -> str:
    groups = [group or "" for group in match.groups()]
    if isinstance(replacement, str):
        return re.sub(r"\$(\$|[0-9]+)", lambda found: _group(found[1], match.group(), groups), replacement)
    given = {"match": match.group(), "start": match.start(), "end": match.end(), "groups": groups}
    put = Functions.func_apply(replacement, [given])
    if not isinstance(put, str):
        raise Failure("a match can only be replaced by a string", error="D3012")
    return put


def _group(name: str, whole: str, groups: list[str]) -> str:
    """What `$$`, `$0` or `$12` stands for; of the digits as many count as there can be groups."""
    if name in ("$", "0"):
        return "$" if name == "$" else whole
    digits = len(str(len(groups)))
    while digits > 1 and int(name[:digits]) > len(groups):
        digits -= 1
    number = int(name[:digits])
    return ([whole, *groups][number] if number <= len(groups) else "") + name[digits:]


def _sort(values: Any, function: Any) -> Any:
    if values is None or len(values) < 2:
        return values
    if function is not None:
        return sorted(values, key=lambda value: _Place(value, function))
    kinds = set(map(type, values))
    if kinds != {str} and not kinds <= {int, float}:
        raise Failure("$sort takes strings or numbers where it gets no function to compare", error="D3070")
    return sorted(values)


class _Place:
    __slots__ = ("function", "value")

    def __init__(self, value: Any, function: Any) -> None:
        self.value = value
        self.function = function

    def __lt__(self, other: "_Place") -> bool:
        # Only what must go behind goes behind: equals stay in their order.
        behind = Functions.func_apply(self.function, [other.value, self.value])
        return behind > 0 if Functions.type(behind) == "number" else bool(Functions.to_boolean(behind))


def _distinct(values: Any) -> Any:
    if not isinstance(values, list) or len(values) < 2:
        return values
    meter().spend(3 * meter().weigh(values)[0])
    first: dict[Any, Any] = {}
    for value in values:
        first.setdefault(_key(value), value)
    result = list(first.values())
    return Utils.create_sequence_from_iter(result) if isinstance(values, Utils.JList) else result


def _key(value: Any) -> Any:
    """Something hashable, the same for equal values only."""
    if isinstance(value, list):
        return tuple(map(_key, value))
    if isinstance(value, dict):
        return frozenset((name, _key(item)) for name, item in value.items())
    return (isinstance(value, bool), value) if isinstance(value, str | int | float) else id(value)


def _spread(value: Any) -> Any:
    if not isinstance(value, list | dict):
        return value
    result = Utils.create_sequence()
    for item in value if isinstance(value, list) else ({key: value[key]} for key in value):
        part = _spread(item) if isinstance(value, list) else item
        result.extend(part if isinstance(part, list) else [part])
        meter().look()
    return result


def _to_millis(text: Any, picture: Any) -> Any:
    if picture is not None:
        return _parse_datetime(text, picture)
    try:
        return text and Functions.datetime_to_millis(text, None)
    except ValueError:
        raise Failure("the argument of $toMillis is not a date in ISO 8601", error="D3110") from None


def _parse_datetime(text: str, picture: str) -> Any:
    """The library's own, but with RE2, as a picture can make it backtrack, and with the evaluation's clock."""
    moment = Jsonata.CURRENT.jsonata.now
    clock = type("Clock", (datetime,), {"utcnow": classmethod(lambda _cls: moment)})
    engine = SimpleNamespace(compile=_insensitive, IGNORECASE=re.IGNORECASE)
    dates = SimpleNamespace(datetime=clock, timedelta=timedelta, timezone=timezone)
    parse = DateTimeUtils.parse_datetime
    return FunctionType(parse.__code__, {**parse.__globals__, "re": engine, "datetime": dates})(text, picture)


def _insensitive(source: str, _flags: Any) -> Pattern:
    return Pattern(source, SimpleNamespace(case_insensitive=True, multiline=False))


def _clone(value: Any) -> Any:
    return None if value is None else meter().copied(value)


def _check_pad(text: Any, width: Any, _filler: Any) -> None:
    meter().string(max(abs(width or 0), len(text or "")))


def _check_join(parts: Any, separator: Any) -> None:
    if parts:
        meter().string(sum(map(len, parts)) + len(separator or "") * len(parts))


def _check_split(text: Any, separator: Any, _limit: Any) -> None:
    if isinstance(text, str) and isinstance(separator, str):
        pieces = text.count(separator)
        _longer_than(_MATCHES, pieces)
        meter().spend(len(text) + 60 * pieces)


def _longer_than(most: int, size: float) -> None:
    if size > most:
        raise Failure(f"an argument is larger than {most}", TOO_LARGE)


def _check_text(most: int) -> Callable[..., None]:
    return lambda text=None, *_rest: _longer_than(most, len(text or ""))


def _check_integer(number: Any, picture: Any) -> None:
    _longer_than(_PICTURE, len(picture or ""))
    _longer_than(_NUMERAL**2 if picture in ("I", "i") else 2**63, abs(number or 0))


def _check_number(_number: Any, picture: Any, options: Any) -> None:
    _longer_than(_PICTURE, len(picture or ""))
    for name, symbol in (options or {}).items():  # they become parts of patterns, for Python's `re`
        _longer_than(20 if name in ("infinity", "NaN") else 1, len(symbol))


def _check_dates(at: int) -> Callable[..., None]:
    """Guards a picture of dates, the argument at that place: its widths become sizes."""

    def check(*arguments: Any) -> None:
        picture = arguments[at] or ""
        _longer_than(_PICTURE, len(picture))
        for marker in re.findall(r"\[([^\]]*)", picture):
            _, comma, width = "".join(marker.split()).rpartition(",")
            if comma and not _WIDTH.fullmatch(width):
                raise Failure(f"{width} is no width in a picture of dates", error="D3132")
        for text in arguments[:2]:
            _longer_than(_PICTURE, len(text) if isinstance(text, str) else 0)

    return check


_OURS: dict[str, Callable[..., Any]] = {
    "clone": _clone,
    "distinct": _distinct,
    "lowercase": _lowercase,  # the library's folds ß to ss
    "replace": _replace,
    "sort": _sort,
    "spread": _spread,
    "string": string,
    "toMillis": _to_millis,
}
_GUARDS: dict[str, Callable[..., None]] = {
    "pad": _check_pad,
    "join": _check_join,
    "split": _check_split,
    "trim": _check_text(_TEXT),
    "number": _check_text(_NUMERAL),
    "parseInteger": _check_text(_NUMERAL),
    "formatInteger": _check_integer,
    "formatNumber": _check_number,
    "now": _check_dates(0),
    "toMillis": _check_dates(1),
    "fromMillis": _check_dates(1),
    **dict.fromkeys(
        ("encodeUrl", "encodeUrlComponent", "decodeUrl", "decodeUrlComponent"), _check_text(_ESCAPED)
    ),
}
NATIVES = Jsonata.Frame(None)
"""The frame around every evaluation; $eval is not in it."""
NATIVES.bindings.update(
    {name: Native(native) for name, native in Jsonata.static_frame.bindings.items() if name != "eval"}
)
