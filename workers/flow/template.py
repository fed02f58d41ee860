"""Templated properties: JSON whose strings are templates or JSONata, evaluated over variables."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote as percent_quote

from workers.flow.expression import (
    UNDEFINED,
    Expression,
    ExpressionError,
    ExpressionSyntaxError,
    Scope,
    Undefined,
    compile_expression,
)
from workers.flow.json_value import JsonValue, dumps
from workers.flow.jsonata.meter import TOO_LARGE, Failure, Meter
from workers.flow.placeholder import MissingVariable, Placeholder, split

__all__ = [
    "Evaluated",
    "MissingVariable",
    "TemplateSyntaxError",
    "Templated",
    "compile_template",
    "percent_encode",
    "reveal",
]

MASK = "***"
"""What stands where a secret will be put in."""

_SECRETS = "secrets"
_MAX_QUOTED = 100_000  # characters; percent-encoded they are up to twelve times as many

Quote = Callable[[str], str]
Part = str | dict[str, JsonValue]
"""Literal text, or `{"secret": NAME}`, with `"quoted": true` where the secret is to be quoted."""


class TemplateSyntaxError(ValueError):
    """A template or an expression in one that is refused; `pointer` is the JSON pointer of its string."""

    def __init__(self, message: str, pointer: str) -> None:
        super().__init__(f"{pointer}: {message}" if pointer else message)
        self.message = message
        self.pointer = pointer


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What a templated property came to, without any secret; both fields can be stored as JSON.

    `secrets` says by JSON pointer what text belongs in the places where `value` has a mask. As it goes
    by place, nothing in the data can be taken for a secret.
    """

    value: "JsonValue | Undefined"
    secrets: dict[str, list[Part]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Text:
    """A string with placeholders, or a lone one."""

    parts: tuple[str | Placeholder, ...]


_Leaf = _Text | Expression
_Shape = Any
"""The JSON value as it was written, with a `_Text` or an `Expression` where a string must be evaluated."""


class Templated:
    """A compiled templated property. Immutable; any number of threads may evaluate it at once."""

    def __init__(self, shape: _Shape, quote: Quote | None) -> None:
        self._shape = shape
        self._quote = quote
        self.keys = frozenset(shape) if isinstance(shape, dict) else frozenset()
        """The names of an object's entries; none for another value."""
        leaves = list(_leaves(shape))
        found = [part for leaf in leaves for part in _placeholders(leaf)]
        expressions = [leaf for leaf in leaves if isinstance(leaf, Expression)]
        read = {part.root: None for part in found if part.root != _SECRETS}
        self.placeholders: tuple[str, ...] = tuple(read)
        """The variables that its templates name, in order; expressions not counted."""
        self.secrets = frozenset(str(part.steps[0]) for part in found if part.root == _SECRETS)
        """The names of the secrets it uses."""
        self.names = frozenset(read).union(*(expression.names for expression in expressions))
        """The variables that it may read, as far as they can be seen in it."""
        self.reads: frozenset[str] | None = frozenset(read)
        """Exactly the variables that an evaluation needs; None where only all of them will do."""
        for expression in expressions:
            both = self.reads is not None and expression.reads is not None
            self.reads = self.reads | expression.reads if both else None  # type: ignore[operator]

    def evaluate(self, variables: Mapping[str, object], *, now: datetime) -> Evaluated:
        """The value over the variables; raises `MissingVariable` or `ExpressionError`.

        All of it together is one evaluation with the bounds of one expression. An expression that comes
        to undefined leaves its key out, is null in an array, and at the root makes the value `UNDEFINED`.
        """
        run = _Run(Scope(variables, now), self._quote)
        value = run.value(self._shape, "")
        return Evaluated(value=value, secrets=run.secrets)


def compile_template(
    value: JsonValue, *, allow_secrets: bool = False, quote: Quote | None = None
) -> Templated:
    """Compiles a property's JSON value; raises `TemplateSyntaxError`.

    `quote` is applied to the text of each placeholder, which makes a lone one a string too.
    """
    return Templated(_compiled(value, allow_secrets, ""), quote)


def reveal(evaluated: Evaluated, lookup: Callable[[str], str], *, quote: Quote | None = None) -> JsonValue:
    """The value with its secrets put in, quoted by `quote` (percent encoding) where the template was.

    What `lookup` raises for an unknown name passes through. Undefined becomes null.
    """
    value = None if isinstance(evaluated.value, Undefined) else evaluated.value
    for pointer, parts in evaluated.secrets.items():
        text = ""
        for part in parts:
            if isinstance(part, str):
                text += part
            else:
                secret = lookup(str(part["secret"]))
                text += (quote or percent_encode)(secret) if part.get("quoted") else secret
        value = _replaced(value, pointer.split("/")[1:], text)
    return value


def percent_encode(text: str) -> str:
    """The text as a part of a URL: everything but unreserved characters is percent-encoded."""
    return percent_quote(text, safe="")


def _compiled(value: JsonValue, allow_secrets: bool, pointer: str) -> _Shape:
    if isinstance(value, dict):
        return {key: _compiled(item, allow_secrets, _join(pointer, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_compiled(item, allow_secrets, f"{pointer}/{at}") for at, item in enumerate(value)]
    if not isinstance(value, str):
        return value
    if value.startswith("=") and not value.startswith("=="):
        try:
            return compile_expression(value)
        except ExpressionSyntaxError as error:
            raise TemplateSyntaxError(str(error), pointer) from error
    text = _Text(tuple(split(value[1:] if value.startswith("==") else value)))
    for placeholder in _placeholders(text):
        if placeholder.root == _SECRETS:
            _check_secret(placeholder, allow_secrets, pointer)
    if all(isinstance(part, str) for part in text.parts):
        return "".join(str(part) for part in text.parts)
    return text


def _check_secret(placeholder: Placeholder, allow_secrets: bool, pointer: str) -> None:
    if not allow_secrets:
        raise TemplateSyntaxError(f"{{{placeholder.name}}} works only in a service task's input", pointer)
    if len(placeholder.steps) != 1 or not isinstance(placeholder.steps[0], str):
        raise TemplateSyntaxError(f"{{{placeholder.name}}} names no secret; write {{secrets.NAME}}", pointer)


def _leaves(shape: _Shape) -> Iterator[_Leaf]:
    if isinstance(shape, _Text | Expression):
        yield shape
    elif isinstance(shape, dict | list):
        for item in shape.values() if isinstance(shape, dict) else shape:
            yield from _leaves(item)


def _placeholders(leaf: _Leaf) -> Iterator[Placeholder]:
    if isinstance(leaf, _Text):
        for part in leaf.parts:
            if isinstance(part, Placeholder):
                yield part


class _Run:
    """One evaluation of one templated property."""

    def __init__(self, scope: Scope, quote: Quote | None) -> None:
        self.secrets: dict[str, list[Part]] = {}
        self._scope = scope
        self._quote = quote

    def value(self, shape: _Shape, pointer: str) -> Any:
        if isinstance(shape, dict):
            items = ((key, self.value(item, _join(pointer, key))) for key, item in shape.items())
            return {key: item for key, item in items if item is not UNDEFINED}
        if isinstance(shape, list):
            items_or_none = [self.value(item, f"{pointer}/{at}") for at, item in enumerate(shape)]
            return [None if item is UNDEFINED else item for item in items_or_none]
        try:
            if isinstance(shape, Expression):
                return shape.evaluate_in(self._scope)
            if isinstance(shape, _Text):
                return self._text(shape.parts, pointer)
        except ExpressionError as error:
            raise _located(error.code, error.message, pointer) from None
        except Failure as failure:
            raise _located(failure.code, str(failure), pointer) from None
        return shape

    def _text(self, parts: tuple[str | Placeholder, ...], pointer: str) -> Any:
        if len(parts) == 1 and self._quote is None:
            lone = parts[0]
            if isinstance(lone, Placeholder) and lone.root != _SECRETS:
                value = lone.find(self._scope.variables)
                _measure(value, self._scope.meter)
                return value
        made = [self._part(part) for part in parts]
        if any(not isinstance(part, str) for part in made):
            self.secrets[pointer] = made
        return "".join([part if isinstance(part, str) else MASK for part in made])

    def _part(self, part: str | Placeholder) -> Part:
        text = part
        if isinstance(part, Placeholder):
            if part.root == _SECRETS:
                name = str(part.steps[0])
                return {"secret": name, "quoted": True} if self._quote is not None else {"secret": name}
            value = part.find(self._scope.variables)
            _measure(value, self._scope.meter)
            text = _rendered(value)
            if self._quote is not None:
                if len(text) > _MAX_QUOTED:
                    raise Failure(f"a value to be quoted exceeds {_MAX_QUOTED} characters", TOO_LARGE)
                text = self._quote(text)
        made = str(text)
        self._scope.meter.result(len(made))
        return made


def _located(code: str, message: str, pointer: str) -> ExpressionError:
    return ExpressionError(code, f"{pointer}: {message}" if pointer else message)


def _rendered(value: Any) -> str:
    """Strings verbatim, null as empty, everything else as compact JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else dumps(value)


def _measure(value: Any, meter: Meter) -> None:
    """Counts a value that is passed on as it is against the bound on results."""
    meter.look()
    if isinstance(value, str):
        meter.result(len(value))
    elif isinstance(value, dict):
        meter.result(sum(map(len, value)) + 4 * len(value))
        for item in value.values():
            _measure(item, meter)
    elif isinstance(value, list):
        meter.result(2 * len(value))
        for item in value:
            _measure(item, meter)


def _join(pointer: str, key: str) -> str:
    return f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"


def _replaced(value: JsonValue, steps: list[str], text: str) -> JsonValue:
    """The value with the text at a place, copied along the way there."""
    if not steps:
        return text
    step = steps[0].replace("~1", "/").replace("~0", "~")
    if isinstance(value, dict):
        return {**value, step: _replaced(value[step], steps[1:], text)}
    if isinstance(value, list):
        at = int(step)
        return [*value[:at], _replaced(value[at], steps[1:], text), *value[at + 1 :]]
    raise ValueError("the secrets do not belong to this value")
