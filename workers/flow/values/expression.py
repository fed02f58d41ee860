"""JSONata expressions: compiled once, evaluated by many threads, each evaluation within bounds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final, final

from models.incident_code import IncidentCode
from workers.flow.jsonata import program
from workers.flow.jsonata.bounds import BOUNDS, Bounds
from workers.flow.jsonata.meter import Failure, Meter
from workers.flow.jsonata.source import SyntaxFailure

_MESSAGE = 500
_ASSERTED = "D3141"  # JSONata's own code for it
_NOT_KEEPABLE = re.compile("[\0\ud800-\udfff]")  # characters that JSON may hold and no store takes


@final
class Undefined:
    """The type of `UNDEFINED`, JSONata's result where there is no value. It is not null."""

    _only: ClassVar["Undefined | None"] = None

    def __new__(cls) -> "Undefined":
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "undefined"

    def __reduce__(self) -> str:
        return "UNDEFINED"


UNDEFINED: Final = Undefined()


class ExpressionSyntaxError(ValueError):
    """A source that is no expression, or one that is refused; `position` counts its characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        self.message = _NOT_KEEPABLE.sub("\N{REPLACEMENT CHARACTER}", message)
        super().__init__(f"{self.message} (at character {position})")
        self.position = position


class ExpressionError(Exception):
    """An evaluation that failed. `code` is one of meter.py: each bound has its own.

    `asserted` says that the expression failed itself, by `$assert`.
    """

    def __init__(self, code: IncidentCode, message: str, *, asserted: bool = False) -> None:
        self.code = code
        self.asserted = asserted
        self.message = _NOT_KEEPABLE.sub("\N{REPLACEMENT CHARACTER}", message)
        super().__init__(self.message)


class Scope:
    """Variables for expressions that count as one evaluation: with one meter, each variable read once."""

    def __init__(self, variables: Mapping[str, object], now: datetime, bounds: Bounds = BOUNDS) -> None:
        self.variables = variables
        self.now = now
        self.meter = Meter(bounds)
        self.read: dict[str, Any] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A compiled expression. Immutable; any number of threads may evaluate it at once."""

    source: str
    """Without the leading `=`."""
    names: frozenset[str]
    """The variables that it may read, as far as they can be seen in it."""
    reads: frozenset[str] | None
    """Exactly the variables that an evaluation needs; None where only all of them will do."""
    _program: program.Program = field(repr=False)

    def evaluate(self, variables: Mapping[str, object], *, now: datetime, bounds: Bounds = BOUNDS) -> Any:
        """The value over the variables as plain JSON, or `UNDEFINED`; raises `ExpressionError`.

        `now` is what `$now` and `$millis` give. The variables are not changed, the value shares
        nothing with them.
        """
        return self.evaluate_in(Scope(variables, now, bounds))

    def evaluate_in(self, scope: Scope) -> Any:
        """The same as a part of a larger evaluation."""
        try:
            value = self._program.run(scope.variables, scope.now, scope.meter, scope.read)
        except Failure as failure:
            error = ExpressionError(failure.code, str(failure), asserted=failure.error == _ASSERTED)
        else:
            return UNDEFINED if value is program.UNDEFINED else value
        # Raised out here, it holds no frame of the evaluation, and so none of its memory.
        raise error


def compile_expression(source: str, bounds: Bounds = BOUNDS) -> Expression:
    """Compiles an expression, with or without its leading `=`; raises `ExpressionSyntaxError`."""
    text = source.removeprefix("=")
    offset = len(source) - len(text.lstrip())
    text = text.strip()
    if not text:
        raise ExpressionSyntaxError("the expression is empty", offset)
    try:
        compiled = program.compile_bounded(text, bounds)
    except SyntaxFailure as error:
        position = len(text) if error.position < 0 else error.position
        raise ExpressionSyntaxError(str(error)[:_MESSAGE], offset + position) from None
    if "secrets" in compiled.names:
        message = "secrets cannot be read in an expression; {secrets.NAME} works in a service task's input"
        raise ExpressionSyntaxError(message, offset)
    reads = compiled.names if compiled.exact else None
    return Expression(source=text, names=compiled.names, reads=reads, _program=compiled)
