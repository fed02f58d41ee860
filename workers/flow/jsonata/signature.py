"""What a function takes, in JSONata's notation such as `<s-nn?:s>`."""

from collections.abc import Sequence
from typing import Any

from workers.flow.jsonata.bounds import Failure, Meter
from workers.flow.jsonata.library import Signature as LibrarySignature
from workers.flow.jsonata.regex import BadPattern, Regex
from workers.flow.jsonata.values import kind

_SYMBOLS = {
    "undefined": "m",
    "null": "l",
    "boolean": "b",
    "number": "n",
    "string": "s",
    "array": "a",
    "function": "f",
    "object": "o",
}


class Signature(LibrarySignature):  # type: ignore[misc]
    """The library's signature, with null told from undefined and the matching bounded."""

    @classmethod
    def guarded(cls, parsed: Any) -> "Signature":
        """The signature that an expression wrote: its pattern may be anything, so RE2 matches it."""
        signature = cls.__new__(cls)
        params = parsed.__dict__["_params"]
        try:
            regex = Regex("".join(f"({param.regex})" for param in params))
        except BadPattern:
            raise ValueError("not a signature") from None
        signature.__dict__.update(_params=params, _regex=regex, function_name="")
        return signature

    @property
    def arity(self) -> int:
        """How many arguments a higher-order function passes at most: all that are not optional."""
        return sum(1 for param in self._params if param.context or "?" not in param.regex)

    @property
    def takes_context(self) -> bool:
        return any(param.context for param in self._params)

    def arguments(self, given: Sequence[Any], context: Any, meter: Meter) -> list[Any]:
        """One value or more for each parameter, missing ones from the context where the signature says so."""
        kinds = [kind(value) for value in given]
        match = self._regex.fullmatch("".join(_SYMBOLS[name] for name in kinds))
        if match is None:
            raise Failure("T0410", f"{self._title} does not take ({', '.join(kinds)})")
        result: list[Any] = []
        at = 0
        for group, param in enumerate(self._params, 1):
            taken = match.group(group)
            if taken:
                for symbol in taken:
                    value = given[at] if at < len(given) else None
                    result.append(self._array(param, symbol, value, meter) if param.type == "a" else value)
                    at += 1
            elif param.context:
                result.append(self._context(param, context))
            else:
                result.append(given[at] if at < len(given) else None)
                at += 1
        return result

    @property
    def _title(self) -> str:
        return f"${self.function_name}" if self.function_name else "the function"

    def _context(self, param: Any, context: Any) -> Any:
        if _SYMBOLS[kind(context)] not in param.regex:
            raise Failure("T0411", f"{self._title} does not take the context, which is {kind(context)}")
        return context

    def _array(self, param: Any, symbol: str, value: Any, meter: Meter) -> Any:
        if symbol == "m":
            return None
        items = value if symbol == "a" else [value]
        if param.subtype:
            meter.work(len(items) // 4)
            for item in items:
                if _SYMBOLS[kind(item)] != param.subtype[0]:
                    raise Failure("T0412", f"{self._title} does not take an array with {kind(item)}")
        return items
