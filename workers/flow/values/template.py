"""Templated properties: JSON whose strings are templates or JSONata, evaluated over variables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from models.incident_code import IncidentCode
from workers.flow.json_value import JsonValue, UnkeepableJson, check_keepable
from workers.flow.jsonata.bounds import BOUNDS, Bounds
from workers.flow.jsonata.meter import ARGUMENT_TOO_LARGE, Failure, Meter
from workers.flow.values.evaluated import MASK, Evaluated, Part, Quote, percent_encode, reveal
from workers.flow.values.expression import (
    UNDEFINED,
    Expression,
    ExpressionError,
    ExpressionSyntaxError,
    Scope,
    compile_expression,
)
from workers.flow.values.placeholder import MissingVariable, Placeholder, split

__all__ = [
    "MASK",
    "Evaluated",
    "MissingVariable",
    "Part",
    "Quote",
    "TemplateSyntaxError",
    "Templated",
    "compile_template",
    "percent_encode",
    "reveal",
]

_SECRETS = "secrets"
_EXPRESSION = 20  # placeholders that an expression counts for


class TemplateSyntaxError(ValueError):
    """A template or an expression in one that is refused; `pointer` is the JSON pointer of its string."""

    def __init__(self, message: str, pointer: str) -> None:
        super().__init__(f"{pointer}: {message}" if pointer else message)
        self.message = message
        self.pointer = pointer


@dataclass(frozen=True, slots=True)
class _Text:
    """A string with placeholders, or a lone one."""

    parts: tuple[str | Placeholder, ...]


_Leaf = _Text | Expression
_Place = tuple["_Place", str | int] | None
"""Where in the property a value is: the place around it, and the step from there."""
_Shape = Any
"""The JSON value as it was written, with a `_Text` or an `Expression` where a string must be evaluated."""


class Templated:
    """A compiled templated property. Immutable; any number of threads may evaluate it at once."""

    def __init__(self, shape: _Shape, quote: Quote | None) -> None:
        self._shape = shape
        self._quote = quote
        self.keys = frozenset(shape) if isinstance(shape, dict) else frozenset()
        """The names of an object's entries; none for another value."""
        self.literal: str | None = shape if isinstance(shape, str) else None
        """The text that it is whatever the variables are; None where it has to be evaluated."""
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

    def evaluate(
        self, variables: Mapping[str, object], *, now: datetime, bounds: Bounds = BOUNDS
    ) -> Evaluated:
        """The value over the variables; raises `MissingVariable` or `ExpressionError`.

        All of it together is one evaluation with the bounds of one expression. An expression that comes
        to undefined leaves its key out, is null in an array, and at the root makes the value `UNDEFINED`.
        """
        run = _Run(Scope(variables, now, bounds), self._quote)
        value = run.value(self._shape, None)
        return Evaluated(value=value, secrets=run.secrets)


def compile_template(
    value: JsonValue,
    *,
    allow_secrets: bool = False,
    quote: Quote | None = None,
    bounds: Bounds = BOUNDS,
) -> Templated:
    """Compiles a property's JSON value; raises `TemplateSyntaxError`.

    `quote` is applied to the text of each placeholder, which makes a lone one a string too.
    """
    return Templated(_Compiler(allow_secrets, bounds).compiled(value, None), quote)


class _Compiler:
    """The compilation of one property."""

    def __init__(self, allow_secrets: bool, bounds: Bounds) -> None:
        self._allow_secrets = allow_secrets
        self._bounds = bounds
        self._left = bounds.placeholders

    def compiled(self, value: JsonValue, place: _Place) -> _Shape:
        if isinstance(value, dict):
            return {key: self.compiled(item, (place, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.compiled(item, (place, at)) for at, item in enumerate(value)]
        if not isinstance(value, str):
            return value
        if value.startswith("=") and not value.startswith("=="):
            self._count(_EXPRESSION, place)
            try:
                return compile_expression(value, self._bounds)
            except ExpressionSyntaxError as error:
                raise TemplateSyntaxError(str(error), _pointer(place)) from error
        return self._text(value[1:] if value.startswith("==") else value, place)

    def _text(self, source: str, place: _Place) -> _Shape:
        if "{" not in source:
            return source
        if len(source) > self._bounds.template:
            most = self._bounds.template
            raise TemplateSyntaxError(f"a template of more than {most:,} characters", _pointer(place))
        text = _Text(tuple(split(source)))
        found = list(_placeholders(text))
        self._count(len(found), place)
        for placeholder in found:
            self._check(placeholder, place)
        return text if found else "".join(map(str, text.parts))

    def _count(self, parts: int, place: _Place) -> None:
        self._left -= parts
        if self._left < 0:
            raise TemplateSyntaxError("the placeholders and expressions are too many", _pointer(place))

    def _check(self, placeholder: Placeholder, place: _Place) -> None:
        name = placeholder.name
        most = self._bounds.placeholder
        if len(name) > most:
            wrong = f"a placeholder of more than {most:,} characters"
        elif not all(_is_keepable(step) for step in (placeholder.root, *placeholder.steps)):
            wrong = f"{{{name}}} names what no JSON here can hold"
        elif placeholder.root != _SECRETS:
            return
        elif not self._allow_secrets:
            wrong = f"{{{name}}} works only in a service task's input"
        elif len(placeholder.steps) != 1 or not isinstance(placeholder.steps[0], str):
            wrong = f"{{{name}}} names no secret; write {{secrets.NAME}}"
        elif len(_pointer(place)) > most:
            wrong = "the keys around a secret are too long"
        else:
            return
        raise TemplateSyntaxError(wrong, _pointer(place))


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

    def value(self, shape: _Shape, place: _Place) -> Any:
        if isinstance(shape, dict):
            items = ((key, self.value(item, (place, key))) for key, item in shape.items())
            return {key: item for key, item in items if item is not UNDEFINED}
        if isinstance(shape, list):
            items_or_none = [self.value(item, (place, at)) for at, item in enumerate(shape)]
            return [None if item is UNDEFINED else item for item in items_or_none]
        try:
            if isinstance(shape, Expression):
                return shape.evaluate_in(self._scope)
            if isinstance(shape, _Text):
                return self._text(shape.parts, place)
        except ExpressionError as error:
            raise _located(error.code, error.message, place) from None
        except Failure as failure:
            raise _located(failure.code, str(failure), place) from None
        return shape

    def _text(self, parts: tuple[str | Placeholder, ...], place: _Place) -> Any:
        if len(parts) == 1 and self._quote is None:
            lone = parts[0]
            if isinstance(lone, Placeholder) and lone.root != _SECRETS:
                value = lone.find(self._scope.variables)
                _measure(value, self._scope.meter)
                return value
        made = [self._part(part) for part in parts]
        if any(not isinstance(part, str) for part in made):
            self.secrets[_pointer(place)] = made
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
                most = self._scope.meter.bounds.encoded
                if len(text) > most:
                    raise Failure(f"a value to be quoted exceeds {most:,} characters", ARGUMENT_TOO_LARGE)
                text = self._quote(text)
        made = str(text)
        self._scope.meter.result(len(made))
        return made


def _located(code: IncidentCode, message: str, place: _Place) -> ExpressionError:
    pointer = _pointer(place)
    return ExpressionError(code, f"{pointer[:200]}: {message}" if pointer else message)


def _rendered(value: Any) -> str:
    """Strings verbatim, null as empty, everything else as compact JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else orjson.dumps(value).decode()


def _measure(value: Any, meter: Meter) -> None:
    """Counts a value that is passed on unchanged against the bound on results."""
    if isinstance(value, str):
        meter.result(len(value))
    elif isinstance(value, dict | list):
        meter.work(2 + len(value))
        size = 2 * len(value)
        if isinstance(value, dict):
            size += sum(map(len, value)) + 2 * len(value)
            value = value.values()
        for item in value:
            if isinstance(item, str):
                size += len(item)
            elif isinstance(item, int):
                size += item.bit_length() >> 2  # its digits, or nearly so
            elif item is not None:
                _measure(item, meter)
        meter.result(size)
    else:
        meter.result(8)


def _pointer(place: _Place) -> str:
    """The JSON pointer of a place."""
    steps: list[str] = []
    while place is not None:
        place, step = place
        steps.append("/" + str(step).replace("~", "~0").replace("/", "~1"))
    return "".join(reversed(steps))


def _is_keepable(step: str | int) -> bool:
    try:
        check_keepable(step)
    except UnkeepableJson:
        return False
    return True
