"""Built-in functions: how one is declared, and what it may ask of the evaluation that calls it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol, TypeVar

from workers.flow.jsonata.bounds import Failure, Meter
from workers.flow.jsonata.library import JException, Jsonata
from workers.flow.jsonata.signature import Signature
from workers.flow.jsonata.values import is_closure


class Machine(Protocol):
    """The running evaluation."""

    @property
    def meter(self) -> Meter: ...

    @property
    def now(self) -> datetime: ...

    def call(self, function: Any, arguments: list[Any]) -> Any:
        """Calls any kind of function, without a context."""


class Native(Jsonata.JFunction):  # type: ignore[misc]
    """A built-in function; shared by all evaluations and never changed."""

    def __init__(self, name: str, signature: str, run: Callable[..., Any], undefined: bool) -> None:
        self.function_name = name
        self.signature = Signature(signature, name)
        self.run = run
        self.undefined = undefined
        self.arity = self.signature.arity

    def invoke(self, machine: Machine, arguments: list[Any], context: Any) -> Any:
        given = self.signature.arguments(arguments, context, machine.meter)
        if given and given[0] is None and not self.undefined:
            return None
        try:
            return self.run(machine, *given)
        except (JException, RecursionError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 - the library's functions raise whatever Python raises
            raise Failure("D3000", f"${self.function_name} failed ({type(error).__name__})") from None


class Bound(Jsonata.JFunctionCallable):  # type: ignore[misc]
    """A function made during an evaluation: a partial application, a transformation."""

    def __init__(self, arity: int, run: Callable[..., Any]) -> None:
        self.arity = arity
        self.run = run


NATIVES: dict[str, Native] = {}
_Run = TypeVar("_Run", bound=Callable[..., Any])


def native(name: str, signature: str, *, undefined: bool = False) -> Callable[[_Run], _Run]:
    """Declares a built-in function. Its first argument is never undefined unless it asks for that."""

    def declare(run: _Run) -> _Run:
        NATIVES[name] = Native(name, signature, run, undefined)
        return run

    return declare


def arity(function: Any) -> int:
    """How many arguments a function takes."""
    if isinstance(function, Native | Bound):
        return int(function.arity)
    return len(function.arguments) if is_closure(function) else 1


def call_on(machine: Machine, function: Any, value: Any, place: Any, whole: Any) -> Any:
    """Calls the function of `$map` and its like, with as many of (value, place, whole) as it takes."""
    takes = arity(function)
    return machine.call(function, [value, place, whole][: max(1, takes)])
