"""JSONata's functions: the library's own behind bounds, and ours where no bound would hold one."""

import inspect
import re
from collections.abc import Callable
from json.encoder import encode_basestring
from typing import Any, NoReturn

from workers.flow.jsonata import cost, date, number, text
from workers.flow.jsonata.bounds import Bounds
from workers.flow.jsonata.meter import (
    ARGUMENT_TOO_LARGE,
    NULL,
    Failure,
    Functions,
    JException,
    Jsonata,
    RegexFlags,
    Signature,
    Utils,
    meter,
    width,
)
from workers.flow.jsonata.order import by_names, merge_sorted
from workers.flow.jsonata.pattern import BadPattern, Pattern
from workers.flow.jsonata.picture import format_number

NATIVE_LEVELS, SORT_LEVELS = 10, 38  # what a call and sorting count for depth, with the C stack they use
SORTED = 100  # memory for each item while it is sorted
_SYMBOLS = dict(zip((str, int, float, bool, list, Utils.JList, dict, type(None)), "snnbaaom", strict=True))
_SYMBOLS[type(NULL)] = "l"  # to the library null is missing


class BoundedSignature(Signature):  # type: ignore[misc]
    """The library's check of arguments: a faster look at each, a message with their types."""

    def __init__(self, signature: Any, foreign: Bounds | None = None) -> None:
        self.__dict__.update(vars(signature))
        if foreign is not None:  # what an expression declares can make Python's `re` backtrack for ever
            if len(self._signature) > foreign.signature:
                re.purge()  # which keeps what the library compiled with it
                raise BadPattern("a signature is too long")
            self._regex = Pattern(self._signature, RegexFlags(), foreign)
        self.context = "".join(parameter.regex for parameter in self._params if parameter.context)

    def set_function_name(self, function_name: str) -> None:
        """The library's own writes the variable's name into what all threads share."""

    def get_symbol(self, value: Any) -> Any:
        return _SYMBOLS.get(type(value)) or super().get_symbol(value)

    def validate(self, args: Any, context: Any) -> Any:
        if isinstance(context, list | dict) and self.get_symbol(context) not in self.context:
            context = _UNFIT  # its own message would hold all of the context
        return super().validate(args, context)

    def throw_validation_error(self, bad_args: Any, bad_sig: Any, function_name: Any) -> NoReturn:
        kinds = ", ".join(Functions.type(value) or "undefined" for value in bad_args[:10])
        raise Failure(f"${function_name} does not take ({kinds})", error="T0410")


_UNFIT = Jsonata.JFunctionCallable()


class Native(Jsonata.JNativeFunction):  # type: ignore[misc]
    """A function of the library behind its bound, whoever calls it. Shared by all evaluations."""

    def __init__(self, native: Any) -> None:
        self.function_name = native.function_name
        self.signature = BoundedSignature(native.signature)
        self.method = _OURS.get(self.function_name, native.method)
        self.nargs = len(inspect.signature(self.method).parameters)
        self.limit: Callable[..., float] | None = _LIMITS.get(self.function_name)
        self.weight = cost.of(self.function_name)

    def validate(self, args: Any, context: Any) -> Any:
        return args  # `call` does it, as the library's higher-order functions come straight to that

    def call(self, input: Any, args: Any) -> Any:
        running = meter()
        running.enter(NATIVE_LEVELS)
        try:
            given = self.signature.validate(args, input)
            given += [None] * (self.nargs - len(given))
            running.work(self.weight.steps(given, running.items))
            if self.limit is not None and self.limit(running.bounds, *given) > 1:
                raise Failure(f"an argument of ${self.function_name} is too large", ARGUMENT_TOO_LARGE)
            result = running.made(self.method(*given))
        except (JException, RecursionError, MemoryError):
            raise
        except OverflowError:
            raise Failure("a number is out of range", error="D1001") from None
        except Exception as error:  # noqa: BLE001 - whatever Python raises on arguments it cannot work on
            raise Failure(f"${self.function_name} failed ({type(error).__name__})") from None
        running.depth -= NATIVE_LEVELS
        return result


def _sort(values: Any, function: Any) -> Any:
    kinds = set(map(type, values or ()))
    if function is None and len(values or ()) > 1 and kinds != {str} and not kinds <= {int, float}:
        raise Failure("$sort takes strings or numbers where it gets no function to compare", error="D3070")

    def compare(one: Any, two: Any) -> int:
        after = Functions.func_apply(function, [one, two])
        return int(after not in (None, NULL, "", 0))  # as JavaScript takes it for true

    if values is None or len(values) < 2:
        return values
    meter().enter(SORT_LEVELS)
    meter().spend(SORTED * len(values))
    result = by_names(values, function)
    if result is None:
        result = sorted(values) if function is None else merge_sorted([*values], compare)
    meter().depth -= SORT_LEVELS
    return result


def _distinct(values: Any) -> Any:
    if not isinstance(values, list) or len(values) < 2:
        return values
    meter().spend(3 * meter().weigh(values)[0])
    first: dict[str, Any] = {}
    for value in values:
        first.setdefault(_key(value), value)
    return Utils.create_sequence_from_iter(first.values()) if Utils.is_sequence(values) else [*first.values()]


def _key(value: Any) -> str:
    """A text that is the same for equal values only; numbers could be chosen so that hashes are the same."""
    if isinstance(value, list):
        return f"[{','.join(map(_key, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{encode_basestring(name)}:{_key(value[name])}' for name in sorted(value))}}}"
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, int | float):
        return repr(int(value) if isinstance(value, float) and value.is_integer() else value)
    return f"<{id(value)}>"


def _spread(value: Any) -> Any:
    """An object for each property of an object, or of all that are in an array."""
    if not isinstance(value, list | dict):
        return value
    objects = Utils.create_sequence()
    objects.sequence = isinstance(value, dict) or not value
    left: list[Any] = [value]
    while left:
        part = left.pop()
        if isinstance(part, list):
            left += reversed(part)
        elif isinstance(part, dict):
            for name, item in part.items():
                objects.append({name: item})
                meter().weigh(objects[-1])
        elif part is not None:
            objects.append(part)
    return objects


def _keys(value: Any) -> Any:
    """The names in an object, or in all that are in an array, each once; the library's copies by level."""
    names: dict[str, None] = {}
    left = [value]
    while left:
        part = left.pop()
        if isinstance(part, list):
            left += reversed(part)
        elif isinstance(part, dict):
            names |= dict.fromkeys(part)
    return Utils.create_sequence_from_iter(names)


def _picture(bounds: Bounds, *values: Any) -> float:
    """A limit to pictures of dates, whose widths become sizes, and to the texts that go with them."""
    texts = [value for value in values if isinstance(value, str)]
    for marker in re.findall(r"\[([^\]]*)", " ".join(texts)):
        _, comma, width = "".join(marker.split()).rpartition(",")
        if comma and not re.fullmatch(r"(\*|\d{1,2})(-(\*|\d{1,2}))?", width):
            return 2
    return max(map(len, texts), default=0) / bounds.picture


def _integer(bounds: Bounds, number: Any, picture: Any) -> float:
    most = bounds.roman if picture in ("I", "i") else 2.0**63  # a call for each thousand
    return max(_picture(bounds, picture), float(abs(number or 0)) / most)


def _number(bounds: Bounds, _number: Any, picture: Any, options: Any) -> float:
    texts = [value for value in (picture, *(options or {}).values()) if isinstance(value, str)]
    return max(map(len, texts), default=0) / bounds.picture


def _split(bounds: Bounds, text: Any, separator: Any, _limit: Any) -> float:
    pieces = text.count(separator) if isinstance(text, str) and isinstance(separator, str) else 0
    meter().work(2 * min(pieces, bounds.items))
    meter().spend(80 * min(pieces, bounds.items) + (80 + len(text) * width(text) if pieces else 0))
    return float(pieces) / bounds.items


def _join(bounds: Bounds, parts: Any, by: Any) -> float:
    return sum(len(part) + len(by or "") for part in parts or ()) / bounds.string


def _zip(bounds: Bounds, *arrays: Any) -> float:
    return len(arrays) * min(len(array or ()) for array in arrays) / bounds.items


_OURS: dict[str, Callable[..., Any]] = {
    "average": number.average,
    "base64decode": text.from_base64,
    "ceil": number.ceiling,
    "clone": lambda value: None if value is None else meter().copied(value),
    "contains": text.contains,
    "decodeUrl": text.from_url,
    "decodeUrlComponent": text.from_url_component,
    "distinct": _distinct,
    "floor": number.floor,
    "formatBase": number.in_base,
    "formatInteger": lambda value, picture: Functions.format_integer(number.floor(value), picture),
    "formatNumber": format_number,
    "fromMillis": date.from_millis,
    "keys": _keys,
    "match": text.match,
    "lowercase": lambda value: value and value.lower(),  # the library's makes ss of ß
    "now": date.now,
    "number": number.of_text,
    "power": number.power,
    "replace": text.replace,
    "round": number.round_even,
    "sort": _sort,
    "spread": _spread,
    "string": text.string,
    "substring": text.substring,
    "sum": number.total,
    "toMillis": date.to_millis,
}
_LIMITS: dict[str, Callable[..., float]] = {
    "pad": lambda bounds, _text, width, _with: abs(width or 0) / bounds.string,
    "join": _join,
    "split": _split,
    "replace": lambda bounds, _text, _what, put, _limit: (
        isinstance(put, str) and put.count("$") / bounds.sought
    ),
    "zip": _zip,
    "trim": lambda bounds, text: len(text or "") / bounds.trimmed,
    "number": lambda bounds, value: len(str(value)) / bounds.digits,
    "parseInteger": lambda bounds, text, picture: max(
        _picture(bounds, picture), len(text or "") / bounds.digits
    ),
    "formatInteger": _integer,
    "formatNumber": _number,
    **dict.fromkeys(("now", "toMillis", "fromMillis"), _picture),
}
for _name in ("encodeUrl", "encodeUrlComponent", "decodeUrl", "decodeUrlComponent"):
    _LIMITS[_name] = lambda bounds, text: len(text or "") / bounds.encoded

NATIVES = Jsonata.Frame(None)
"""The frame around every evaluation; $eval is not in it."""
NATIVES.bindings.update(
    {name: Native(native) for name, native in Jsonata.static_frame.bindings.items() if name != "eval"}
)
