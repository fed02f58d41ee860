"""JSONata expressions: compiled once, evaluated by many threads, each evaluation within bounds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, final

from workers.flow.jsonata.bounds import FAILED, TOO_DEEP, TOO_LARGE, Failure, Meter
from workers.flow.jsonata.evaluator import Evaluator
from workers.flow.jsonata.library import JException
from workers.flow.jsonata.names import read_names
from workers.flow.jsonata.syntax import Node, SyntaxFailure, parse
from workers.flow.jsonata.values import load, unload

_MESSAGE = 500


@final
class Undefined:
    """The type of `UNDEFINED`, what JSONata gives where there is nothing. It is not null."""

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
        super().__init__(f"{message} (at character {position})")
        self.message = message
        self.position = position


class ExpressionError(Exception):
    """An evaluation that failed. `code` is EXPRESSION_FAILED, _TIMEOUT, _TOO_LARGE or _TOO_DEEP."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Scope:
    """Variables for expressions that are evaluated as one: within one meter, each variable read once."""

    def __init__(self, variables: Mapping[str, object], now: datetime) -> None:
        self.variables = variables
        self.now = now
        self.meter = Meter()
        self._loaded: dict[str, Any] = {}

    def root(self, reads: frozenset[str] | None) -> dict[str, Any]:
        """The variables as an evaluation takes them."""
        root = {}
        for name in self.variables if reads is None else reads.intersection(self.variables):
            if name not in self._loaded:
                self._loaded[name] = load(self.variables[name], self.meter)
            root[name] = self._loaded[name]
        return root


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A compiled expression. Immutable; any number of threads may evaluate it at once."""

    source: str
    """Without the leading `=`."""
    names: frozenset[str]
    """The variables that it may read, as far as they can be seen in it."""
    reads: frozenset[str] | None
    """Exactly the variables that an evaluation needs; None where only all of them will do."""
    _tree: Node

    def evaluate(self, variables: Mapping[str, object], *, now: datetime) -> Any:
        """The value over the variables as plain JSON, or `UNDEFINED`; raises `ExpressionError`.

        `now` is what `$now` and `$millis` give. The variables are not changed, the value shares
        nothing with them.
        """
        return self.evaluate_in(Scope(variables, now))

    def evaluate_in(self, scope: Scope) -> Any:
        """The same as a part of a larger evaluation."""
        failure: ExpressionError
        try:
            return self._value(scope)
        except Failure as error:
            failure = _failure(error, error.code, error.location)
        except JException as error:
            failure = _failure(error, FAILED, error.location)
        except RecursionError:
            failure = ExpressionError(TOO_DEEP, "the expression nests or recurses too deeply")
        except MemoryError:
            failure = ExpressionError(TOO_LARGE, "the expression needs too much memory")
        except Exception as error:  # noqa: BLE001 - the library raises whatever Python raised inside it
            failure = ExpressionError(FAILED, f"the expression failed ({type(error).__name__})")
        # Raised out here, it holds no frame of the evaluation, and so none of its memory.
        raise failure

    def _value(self, scope: Scope) -> Any:
        value = Evaluator(scope.meter, scope.now).run(self._tree, scope.root(self.reads))
        return UNDEFINED if value is None else unload(value, scope.meter)


def compile_expression(source: str) -> Expression:
    """Compiles an expression, with or without its leading `=`; raises `ExpressionSyntaxError`."""
    text = source.removeprefix("=")
    offset = len(source) - len(text.lstrip())
    text = text.strip()
    if not text:
        raise ExpressionSyntaxError("the expression is empty", offset)
    try:
        tree = parse(text)
        names, complete = read_names(tree)
    except SyntaxFailure as error:
        position = len(text) if error.position < 0 else error.position
        raise ExpressionSyntaxError(str(error)[:_MESSAGE], offset + position) from None
    except RecursionError:
        raise ExpressionSyntaxError("nested too deeply", offset) from None
    if "secrets" in names:
        message = "secrets cannot be read in an expression; {secrets.NAME} works in a service task's input"
        raise ExpressionSyntaxError(message, offset)
    return Expression(source=text, names=names, reads=names if complete else None, _tree=tree)


def _failure(error: JException, code: str, location: int) -> ExpressionError:
    where = f", at character {location}" if location >= 0 else ""
    return ExpressionError(code, f"{str(error)[:_MESSAGE]} ({error.error}{where})")
