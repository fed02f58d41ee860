"""The evaluator of one evaluation, held to bounds of steps, memory and depth."""

from datetime import datetime, timedelta
from functools import lru_cache
from operator import add, mul, sub, truediv
from types import SimpleNamespace
from typing import Any, Final

from workers.flow.jsonata import cost
from workers.flow.jsonata.date import EPOCH
from workers.flow.jsonata.evaluator import Evaluator
from workers.flow.jsonata.functions import NATIVES, SORT_LEVELS, SORTED, BoundedSignature
from workers.flow.jsonata.meter import (
    LONG,
    TOO_DEEP,
    VALUE_TOO_LARGE,
    Failure,
    Functions,
    JException,
    Jsonata,
    Meter,
    Parser,
    Utils,
    settled,
)
from workers.flow.jsonata.order import Terms, merge_sorted
from workers.flow.jsonata.pattern import Pattern
from workers.flow.jsonata.source import TUPLE
from workers.flow.jsonata.text import string

UNDEFINED: Final = object()
"""What JSONata gives where there is nothing. It is not null."""

_FUNCTION, _GROUP, _INTEGER, _TERM = 3_000, 150, 40, 200  # memory of each


def _remainder(one: Any, two: Any) -> Any:
    return abs(one) % abs(two) * (1 if one >= 0 else -1)


_ARITHMETIC = {"+": add, "-": sub, "*": mul, "/": truediv, "%": _remainder}


class _Frame(Jsonata.Frame):  # type: ignore[misc]
    """The library's, which looks up in as many calls as there are frames around it."""

    def __init__(self, parent: Any) -> None:
        # What is looked up at each node is found here at the latest.
        self.bindings = {"__evaluate_entry": None, "__evaluate_exit": None}
        self.parent = parent
        self.is_parallel_call = False
        self.level = getattr(parent, "level", 0) + 1

    def lookup(self, name: str) -> Any:
        frame: Any = self
        while frame is not None:
            if name in frame.bindings:
                return frame.bindings[name]
            frame = frame.parent
        return None


class Bounded(Evaluator):
    """The evaluator for one evaluation; what is overridden is what one step could overrun."""

    parser = SimpleNamespace(dbg=False)

    def __init__(self, meter: Meter, now: datetime) -> None:
        # The library's own constructor parses; here the tree comes parsed.
        self.meter = meter
        self.now = now
        self.timestamp = (now - EPOCH) // timedelta(milliseconds=1)
        self._root = _Frame(NATIVES)
        self._captured: list[Any] = []

    def run(self, tree: Any, data: Any) -> Any:
        """The value of a tree over data as plain JSON, or `UNDEFINED`."""
        current = Jsonata.CURRENT
        before = getattr(current, "jsonata", None)
        current.jsonata = self  # where the library's functions find whom to call back
        self.meter.depth = 0
        self._root.bindings["$"] = data
        try:
            value = self.eval(tree, data, self._root)
            return UNDEFINED if value is None else self.meter.plain(value)
        finally:
            current.jsonata = before
            if before is None:
                del current.jsonata
            for frame in self._captured:  # functions and their frames hold each other
                frame.bindings.clear()

    def eval(self, expr: Any, input: Any, environment: Any) -> Any:
        meter = self.meter
        meter.depth += 1
        meter.steps += cost.NODE
        if meter.steps > meter.stop or meter.depth > meter.deepest:
            meter.pause()
        try:
            result = self._eval(expr, input, environment)
            if isinstance(result, list | dict):
                if isinstance(result, Utils.JList) and result.tuple_stream:
                    meter.work(cost.ENTRY * len(result))
                    meter.spend(sum(100 + 30 * len(names) for names in result[:1]) * len(result))
                else:
                    meter.weigh(result)
                    copied = getattr(expr, "cost", 0) * len(result)
                    meter.work(copied >> 6)
                    meter.spend(copied)
        except JException as error:
            if error.location < 0:
                error.location = expr.position
            raise
        meter.depth -= 1
        return result

    def create_frame(self, enclosing_environment: Any = None) -> Any:
        frame = _Frame(enclosing_environment)
        if frame.level > self.meter.deepest:
            raise Failure(f"functions nest deeper than {self.meter.deepest:,} levels", TOO_DEEP)
        self.meter.work(frame.level)
        return frame

    def evaluate_name(self, expr: Any, input: Any, environment: Any) -> Any:
        if isinstance(input, list):
            self.meter.work(self.meter.items(input))
        return Functions.lookup(input, expr.value)

    def evaluate_unary(self, expr: Any, input: Any, environment: Any) -> Any:
        if expr.value != "-":
            return super().evaluate_unary(expr, input, environment)
        return self.evaluate_numeric_expression(0, self.eval(expr.expression, input, environment), "-")

    def evaluate_numeric_expression(self, lhs: Any, rhs: Any, op: Any) -> Any:
        for side, error, value in (("left", "T2001", lhs), ("right", "T2002", rhs)):
            if value is not None and (kind := Functions.type(value)) != "number":
                raise Failure(f"the {side} side of {op} must be a number, not {kind}", error=error)
        try:
            return None if lhs is None or rhs is None else settled(_ARITHMETIC[op](lhs, rhs))
        except ArithmeticError:
            raise Failure("a number is out of range", error="D1001") from None

    def evaluate_equality_expression(self, lhs: Any, rhs: Any, op: Any) -> bool:
        self._compared(lhs, rhs)
        return super().evaluate_equality_expression(lhs, rhs, op)

    def _compared(self, lhs: Any, rhs: Any) -> None:
        """Counts what is looked at to compare two values."""
        if isinstance(lhs, list | dict) and isinstance(rhs, list | dict) and len(lhs) == len(rhs):
            self.meter.work(3 * min(self.meter.items(lhs), self.meter.items(rhs)))
        elif isinstance(lhs, str) and len(lhs) >= LONG:
            self.meter.work(len(lhs) // 1_000)

    def evaluate_comparison_expression(self, lhs: Any, rhs: Any, op: Any) -> Any:
        self._compared(lhs, rhs)
        return super().evaluate_comparison_expression(lhs, rhs, op)

    def evaluate_includes_expression(self, lhs: Any, rhs: Any) -> bool:
        if isinstance(rhs, list):
            self.meter.work(self.meter.items(rhs) // 4)
        return super().evaluate_includes_expression(lhs, rhs)

    def evaluate_string_concat(self, lhs: Any, rhs: Any) -> Any:
        self.meter.work(sum(4 * self.meter.items(side) for side in (lhs, rhs) if not isinstance(side, str)))
        left, right = string(lhs) or "", string(rhs) or ""
        self.meter.string(len(left) + len(right))
        self.meter.work((len(left) + len(right)) // cost.CHARACTERS)
        return self.meter.made(left + right)

    def evaluate_range_expression(self, lhs: Any, rhs: Any) -> Any:
        most = self.meter.bounds.items
        if isinstance(lhs, int) and isinstance(rhs, int) and rhs - lhs >= most:
            raise Failure(f"a range would exceed {most:,} integers", VALUE_TOO_LARGE)
        span = super().evaluate_range_expression(lhs, rhs)
        self.meter.spend(_INTEGER * len(span or ()))
        return span

    def evaluate_wildcard(self, expr: Any, input: Any) -> Any:
        # The library's own copies what it has found with each array that it finds.
        result = Utils.create_sequence()
        self.meter.work(self.meter.items(input))
        for value in input.values() if isinstance(input, dict) else input if isinstance(input, list) else ():
            result.extend(self.flatten(value, None))
            result.sequence = result.sequence and not isinstance(value, list)
        return result

    def evaluate_descendants(self, expr: Any, input: Any) -> Any:
        self.meter.work(3 * self.meter.items(input))
        return super().evaluate_descendants(expr, input)

    def evaluate_group_expression(self, expr: Any, input: Any, environment: Any) -> Any:
        items = input if isinstance(input, list) else [input]
        entries = len(items) * len(expr.lhs_object)
        self.meter.work(cost.ENTRY * entries)
        self.meter.spend(_GROUP * entries)
        return super().evaluate_group_expression(expr, items or [None], environment)

    def reduce_tuple_stream(self, tuple_stream: Any) -> Any:
        if not isinstance(tuple_stream, list):
            return tuple_stream
        # The library's own copies with each tuple what it has of those before.
        reduced: dict[str, Any] = dict(tuple_stream[0])
        grown: set[str] = set()
        for binding in tuple_stream[1:]:
            for name, value in binding.items():
                values = value if isinstance(value, list) else [] if value is None else [value]
                self.meter.work(cost.ENTRY + len(values) // 8)
                self.meter.spend(8 * len(values))
                if name in grown:
                    reduced[name].extend(values)
                elif reduced.get(name) is None:
                    reduced[name] = value
                elif value is not None:
                    grown.add(name)
                    reduced[name] = Functions.append(reduced[name], value)
        return reduced

    def evaluate_tuple_step(self, expr: Any, input: Any, tuple_bindings: Any, environment: Any) -> Any:
        self.meter.spend(TUPLE * len(input if tuple_bindings is None else ()))
        return super().evaluate_tuple_step(expr, input, tuple_bindings, environment)

    def evaluate_sort_expression(self, expr: Any, input: Any, environment: Any) -> Any:
        if input is None or len(input) < 2:
            return input
        self.meter.enter(SORT_LEVELS)
        self.meter.spend((SORTED + _TERM * len(expr.terms)) * len(input))
        # The library's own evaluates the terms of both items each time that it compares two.
        tuples = getattr(input, "tuple_stream", False)
        terms = self if tuples else Terms(self, input)
        compare = Jsonata.ComparatorWrapper(terms, expr, environment, tuples).compare
        places = [*input] if tuples else [*range(len(input))]
        result = merge_sorted(places, compare)
        self.meter.depth -= SORT_LEVELS
        return result if tuples else [input[place] for place in result]

    def evaluate_lambda(self, expr: Any, input: Any, environment: Any) -> Any:
        if not expr.thunk:
            self.meter.spend(_FUNCTION)
            self._captured.append(environment)
        return super().evaluate_lambda(expr, input, environment)

    def partial_apply_procedure(self, proc: Any, args: Any) -> Any:
        self.meter.spend(_FUNCTION)
        return super().partial_apply_procedure(proc, args)

    def partial_apply_native_function(self, native: Any, args: Any) -> Any:
        # The library's own parses this each time, with a parser that all threads share.
        self.environment = self._root
        return self.partial_apply_procedure(_call(native.function_name, min(len(args), native.nargs)), args)

    def evaluate_transform_expression(self, expr: Any, input: Any, environment: Any) -> Any:
        self.meter.spend(_FUNCTION)
        transform = Jsonata.JFunction(_Transformer(self, expr, environment), "<(oa):o>")
        transform.signature = BoundedSignature(transform.signature)
        return transform

    def apply_inner(self, proc: Any, args: Any, input: Any, environment: Any) -> Any:
        if not self.is_function_like(proc):
            raise Failure(f"{Functions.type(proc) or 'undefined'} is not a function", error="T1006")
        self.meter.enter(1)
        self.meter.work(cost.CALL)
        if isinstance(proc, Pattern):
            result = proc.call(input, args)
        else:
            result = super().apply_inner(proc, args, input, environment)
        self.meter.depth -= 1
        return result


class _Transformer(Jsonata.Transformer):  # type: ignore[misc]
    """The library's, which clones by way of JSON, and whose updates may contain what they change."""

    def call(self, input: Any, args: Any) -> Any:
        machine, expr = self._jsonata, self._expr
        if args[0] is None:
            return None
        result = machine.meter.copied(args[0])
        own = machine.evaluate_descendants(expr, [result])
        own = {id(item) for item in (own if isinstance(own, list) else [own])}
        found = machine.eval(expr.pattern, result, self._environment)
        for match in found if isinstance(found, list) else [found]:
            if isinstance(match, dict) and id(match) in own:  # what is not of the copy is not to be changed
                self._change(match)
        return machine.meter.copied(result)  # and weighed, as the sizes that are known are those before

    def _change(self, match: dict[str, Any]) -> None:
        machine, expr = self._jsonata, self._expr
        update = machine.eval(expr.update, match, self._environment)
        if update is not None:
            if not isinstance(update, dict):
                raise Failure(f"an update must be an object, not {Functions.type(update)}", error="T2011")
            match.update(machine.meter.copied(update))
        if expr.delete is not None:
            names = machine.eval(expr.delete, match, self._environment)
            names = names if isinstance(names, list) else [] if names is None else [names]
            if not Utils.is_array_of_strings(names):
                raise Failure("what an update deletes must be an array of strings", error="T2012")
            for name in names:
                match.pop(name, None)


@lru_cache(maxsize=256)
def _call(name: str, arguments: int) -> Any:
    """The function that a partial application of the library's own function calls that by."""
    names = ", ".join(f"${chr(ord('a') + at)}" for at in range(arguments))
    return Parser().parse(f"function({names}) {{ ${name}({names}) }}")
