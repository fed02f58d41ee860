"""JSONata by jsonata-python, held to bounds of time, memory and depth: no expression can hold a worker."""

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Final

from workers.flow.bounded_functions import NATIVE_FRAMES, NATIVES, string
from workers.flow.bounded_meter import (
    FAILED,
    NULL,
    TOO_DEEP,
    TOO_LARGE,
    Failure,
    Functions,
    JException,
    Jsonata,
    Meter,
    Parser,
    Utils,
    plain,
    settled,
)
from workers.flow.bounded_names import Reads
from workers.flow.bounded_source import TUPLE, Node, SyntaxFailure, parse
from workers.flow.json_value import UnkeepableJson, check_keepable

MAX_RANGE = 100_000
"""Items of a range."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EVAL, _CALL = 3, 4  # frames that a node and a call take, as depth counts them
_CLOSURE, _GROUP, _INTEGER = 700, 150, 40  # bytes of each


class _Undefined(Enum):
    UNDEFINED = "undefined"


UNDEFINED: Final = _Undefined.UNDEFINED
"""What JSONata gives where there is nothing. It is not null."""


class Frame(Jsonata.Frame):  # type: ignore[misc]
    """The variables of a block or call. The library's own writes into functions and recurses."""

    def bind(self, name: str, val: Any) -> None:
        self.bindings[name] = val

    def lookup(self, name: str) -> Any:
        frame: Any = self
        while frame is not None:
            if name in frame.bindings:
                return frame.bindings[name]
            frame = frame.parent
        return None


class Bounded(Jsonata):  # type: ignore[misc]
    """The library's evaluator for one evaluation. What is overridden is what one step could overrun."""

    parser = SimpleNamespace(dbg=False)

    def __init__(self, meter: Meter, now: datetime) -> None:
        # The library's own constructor parses; here the tree comes parsed.
        self.meter = meter
        self.now = now
        self.timestamp = (now - _EPOCH) // timedelta(milliseconds=1)
        self.environment = Frame(NATIVES)
        self.captured: list[Any] = []

    def run(self, tree: Node, root: dict[str, Any]) -> Any:
        """The value of a tree over a root as plain JSON, or `UNDEFINED`."""
        current = Jsonata.CURRENT
        before = getattr(current, "jsonata", None)
        current.jsonata = self  # where the library's functions find whom to call back
        self.meter.depth = 0
        self.environment.bind("$", root)
        try:
            value = self.eval(tree, root, self.environment)
            return UNDEFINED if value is None else plain(value)
        finally:
            current.jsonata = before
            for frame in self.captured:  # functions and their frames hold each other
                frame.bindings.clear()

    def eval(self, expr: Any, input: Any, environment: Any) -> Any:
        meter = self.meter
        meter.enter(_EVAL)
        try:
            visit = _VISITS.get(expr.type)
            result = visit(self, expr, input, environment) if visit is not None else None
            if expr.predicate is not None:
                for stage in expr.predicate:
                    result = self.evaluate_filter(stage.expr, result, environment)
            if expr.group is not None and expr.type != "path":
                result = self.evaluate_group_expression(expr.group, result, environment)
            if isinstance(result, list | dict):
                result = self._weighed(expr, result)
        except JException as error:
            if error.location < 0:
                error.location = expr.position
            raise
        meter.depth -= _EVAL
        return result

    def _weighed(self, expr: Any, result: Any) -> Any:
        if isinstance(result, Utils.JList) and result.sequence:
            if result.tuple_stream:
                self.meter.spend(TUPLE * len(result))
                return result
            if expr.keep_array:
                result.keep_singleton = True
            if len(result) < 2 and not (result and result.keep_singleton):
                return result[0] if result else None
        self.meter.weigh(result)
        cost = getattr(expr, "cost", 0)
        if cost and isinstance(result, list):
            self.meter.spend(cost * len(result))
        return result

    def create_frame(self, enclosing_environment: Any = None) -> Frame:
        return Frame(enclosing_environment)

    def evaluate_unary(self, expr: Any, input: Any, environment: Any) -> Any:
        if expr.value != "-":
            return super().evaluate_unary(expr, input, environment)
        return self.evaluate_numeric_expression(0, self.eval(expr.expression, input, environment), "-")

    def evaluate_numeric_expression(self, lhs: Any, rhs: Any, op: Any) -> Any:
        for side, error, value in (("left", "T2001", lhs), ("right", "T2002", rhs)):
            if value is not None and (kind := Functions.type(value)) != "number":
                raise Failure(f"the {side} side of {op} must be a number, not {kind}", error=error)
        if lhs is None or rhs is None:
            return None
        try:
            return settled(_ARITHMETIC[op](lhs, rhs))
        except (ArithmeticError, ValueError):
            raise Failure("a number is out of range", error="D1001") from None

    def evaluate_equality_expression(self, lhs: Any, rhs: Any, op: Any) -> bool:
        if lhs is None or rhs is None:
            return False
        equal: bool = Utils.is_deep_equal(lhs, rhs)
        return equal == (op == "=")

    def evaluate_string_concat(self, lhs: Any, rhs: Any) -> Any:
        left, right = string(lhs) or "", string(rhs) or ""
        self.meter.string(len(left) + len(right))
        return self.meter.made(left + right)

    def evaluate_range_expression(self, lhs: Any, rhs: Any) -> Any:
        ends = super().evaluate_range_expression(lhs, rhs)
        if ends is None:
            return None
        if ends.b - ends.a > MAX_RANGE:
            raise Failure(f"a range exceeds {MAX_RANGE} items", TOO_LARGE, "D2014")
        self.meter.spend(_INTEGER * (ends.b - ends.a))
        return list(range(ends.a, ends.b))

    def evaluate_wildcard(self, expr: Any, input: Any) -> Any:
        # The library copies what it has found with each array that it finds.
        result = Utils.create_sequence()
        for value in input.values() if isinstance(input, dict) else input if isinstance(input, list) else ():
            result.extend(self.flatten(value, None))
        return result

    def evaluate_group_expression(self, expr: Any, input: Any, environment: Any) -> Any:
        items = input if isinstance(input, list) else Utils.create_sequence(input)
        if not items:
            items = Utils.create_sequence(None)  # the library would write that into the variable
        self.meter.spend(_GROUP * len(items) * len(expr.lhs_object))
        return super().evaluate_group_expression(expr, items, environment)

    def reduce_tuple_stream(self, tuple_stream: Any) -> Any:
        if not isinstance(tuple_stream, list):
            return tuple_stream
        columns: dict[str, list[Any]] = {}
        for row in tuple_stream:
            for name, value in row.items():
                values = columns.setdefault(name, Utils.create_sequence())
                values.extend(value if isinstance(value, list) else [value])
        return {name: values if len(values) > 1 else values[0] for name, values in columns.items()}

    def evaluate_sort_expression(self, expr: Any, input: Any, environment: Any) -> Any:
        self.meter.enter(NATIVE_FRAMES)
        self.meter.spend(TUPLE * len(input))
        result = super().evaluate_sort_expression(expr, input, environment)
        self.meter.depth -= NATIVE_FRAMES
        return result

    def evaluate_lambda(self, expr: Any, input: Any, environment: Any) -> Node:
        closure = Node(
            {
                "_jsonata_lambda": True,
                "input": input,
                "environment": environment,
                "arguments": expr.arguments,
                "body": expr.body,
                "signature": expr.signature,
                "thunk": expr.thunk,
            }
        )
        if not expr.thunk:
            self.meter.spend(_CLOSURE)
            self.captured.append(environment)
        return closure

    def partial_apply_procedure(self, proc: Any, args: Any) -> Any:
        self.meter.spend(6 * _CLOSURE)
        return super().partial_apply_procedure(proc, args)

    def partial_apply_native_function(self, native: Any, args: Any) -> Any:
        # The library parses this each time, with a parser that all threads would share.
        return self.partial_apply_procedure(
            _forwarding(native.function_name, min(len(args), native.nargs)), args
        )

    def evaluate_transform_expression(self, expr: Any, input: Any, environment: Any) -> Any:
        return Jsonata.JFunction(_Transformer(self, expr, environment), "<(oa):o>")

    def apply_inner(self, proc: Any, args: Any, input: Any, environment: Any) -> Any:
        if not self.is_function_like(proc):
            raise Failure(f"{Functions.type(proc) or 'undefined'} is not a function", error="T1006")
        self.meter.enter(_CALL)
        result = super().apply_inner(proc, args, input, environment)
        self.meter.depth -= _CALL
        return result


class _Transformer(Jsonata.Transformer):  # type: ignore[misc]
    """The library's, but each update is a copy: one that mentions its target would contain itself."""

    def call(self, _input: Any, args: Any) -> Any:
        machine, expr = self._jsonata, self._expr
        if args[0] is None:
            return None
        result = machine.meter.copied(args[0])
        found = machine.eval(expr.pattern, result, self._environment)
        for target in found if isinstance(found, list) else [found]:
            if isinstance(target, dict):
                self._change(target)
        return machine.meter.copied(result)

    def _change(self, target: dict[str, Any]) -> None:
        machine, expr = self._jsonata, self._expr
        update = machine.eval(expr.update, target, self._environment)
        if update is not None:
            if not isinstance(update, dict):
                raise Failure("the update of a transformation must be an object", error="T2011")
            target.update(machine.meter.copied(update))
        if expr.delete is None:
            return
        names = machine.eval(expr.delete, target, self._environment)
        for name in names if isinstance(names, list) else [names]:
            if isinstance(name, str):
                target.pop(name, None)
            elif name is not None:
                raise Failure("a transformation deletes by string", error="T2012")


@lru_cache(maxsize=256)
def _forwarding(name: str, arguments: int) -> Any:
    """The function that a partial application of the library's own function calls it by."""
    names = ", ".join(f"${chr(ord('a') + at)}" for at in range(arguments))
    return Parser().parse(f"function({names}) {{ ${name}({names}) }}")


def _remainder(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        return abs(left) % abs(right) * (1 if left >= 0 else -1)
    return math.fmod(left, right)


_ARITHMETIC = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": _remainder,
}
_VISITS: dict[str, Any] = {
    "path": Bounded.evaluate_path,
    "binary": Bounded.evaluate_binary,
    "unary": Bounded.evaluate_unary,
    "name": Bounded.evaluate_name,
    "wildcard": lambda self, expr, data, _environment: self.evaluate_wildcard(expr, data),
    "descendant": lambda self, expr, data, _environment: self.evaluate_descendants(expr, data),
    "parent": lambda _self, expr, _data, environment: environment.lookup(expr.slot.label),
    "condition": Bounded.evaluate_condition,
    "block": Bounded.evaluate_block,
    "bind": Bounded.evaluate_bind_expression,
    "function": lambda self, *rest: self.evaluate_function(*rest, Utils.NONE),
    "variable": Bounded.evaluate_variable,
    "lambda": Bounded.evaluate_lambda,
    "partial": Bounded.evaluate_partial_application,
    "apply": Bounded.evaluate_apply_expression,
    "transform": Bounded.evaluate_transform_expression,
    **dict.fromkeys(
        ("string", "number", "value", "regex"),
        lambda _self, expr, *_: NULL if expr.value is None else expr.value,
    ),
}


class Scope:
    """Variables for expressions that are evaluated as one: within one meter, each variable read once."""

    def __init__(self, variables: Mapping[str, object], now: datetime) -> None:
        self.variables = variables
        self.now = now
        self.meter = Meter()
        self._read: dict[str, Any] = {}

    def root(self, program: "Program") -> dict[str, Any]:
        """The variables as an evaluation takes them."""
        names = program.names & self.variables.keys() if program.exact else self.variables.keys()
        for name in names - self._read.keys():
            self._read[name] = self.meter.copied(self.variables[name])
        return {name: self._read[name] for name in names}


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A compiled expression. Immutable; any number of threads may run it at once."""

    names: frozenset[str]
    """The variables that it may read, as far as they can be seen in it."""
    exact: bool
    """Whether it reads no others."""
    _tree: Node

    def run(self, variables: Mapping[str, object], now: datetime) -> Any:
        """The value over the variables as plain JSON, or `UNDEFINED`; raises `Failure` and nothing else.

        `now` is what `$now` and `$millis` give. The variables are not changed, and the value shares
        nothing with them.
        """
        return self.run_in(Scope(variables, now))

    def run_in(self, scope: Scope) -> Any:
        """The same as a part of a larger evaluation."""
        try:
            value = Bounded(scope.meter, scope.now).run(self._tree, scope.root(self))
            if value is not UNDEFINED:
                check_keepable(value)
            return value
        except Failure as error:
            failure = _failure(error, error.code)
        except JException as error:
            failure = _failure(error, FAILED)
        except RecursionError:
            failure = Failure("the expression nests or recurses too deeply", TOO_DEEP)
        except MemoryError:
            failure = Failure("the expression needs too much memory", TOO_LARGE)
        except UnkeepableJson as error:
            failure = Failure(f"the result cannot be kept: {error}")
        except Exception as error:  # noqa: BLE001 - the library raises whatever Python raised inside it
            failure = Failure(f"the expression failed ({type(error).__name__})")
        # Raised out here, it holds no frame of the evaluation, and so none of its memory.
        raise failure


def compile_bounded(source: str) -> Program:
    """Compiles an expression; raises `SyntaxFailure`."""
    tree = parse(source)
    try:
        reads = Reads(tree)
    except RecursionError:
        raise SyntaxFailure("nested too deeply", 0) from None
    return Program(frozenset(reads.names), reads.exact, tree)


def _failure(error: JException, code: str) -> Failure:
    where = [error.error] if error.error else []
    where += [f"at character {error.location}"] if error.location >= 0 else []
    return Failure(f"{str(error)[:400]}" + (f" ({', '.join(where)})" if where else ""), code, error.error)
