"""The library's evaluator, mended where its answers are not those of the reference implementation."""

import math
from typing import Any

from workers.flow.jsonata.meter import Failure, Jsonata, Utils


class Evaluator(Jsonata):  # type: ignore[misc]
    """What an operator means; what it may use is for `Bounded` to say."""

    def evaluate_equality_expression(self, lhs: Any, rhs: Any, op: Any) -> bool:
        # The library's own compares integers as doubles.
        return lhs is not None and rhs is not None and bool(Utils.is_deep_equal(lhs, rhs)) == (op == "=")

    def evaluate_includes_expression(self, lhs: Any, rhs: Any) -> bool:
        # The library's own compares as Python does, to which true is 1.
        items = rhs if isinstance(rhs, list) else [rhs]
        if isinstance(lhs, str):
            return lhs in items
        return lhs is not None and rhs is not None and any(Utils.is_deep_equal(item, lhs) for item in items)

    def evaluate_condition(self, expr: Any, input: Any, environment: Any) -> Any:
        if expr.condition not in (None, expr.then):
            return super().evaluate_condition(expr, input, environment)
        value = self.eval(expr.then, input, environment)  # of `a ?? b` or `a ?: b`, once
        taken = value is not None if expr.condition is None else Jsonata.boolize(value)
        return value if taken else self.eval(expr._else, input, environment)  # noqa: SLF001 - the library's own

    def evaluate_apply_expression(self, expr: Any, input: Any, environment: Any) -> Any:
        if expr.rhs.type == "function":
            return super().evaluate_apply_expression(expr, input, environment)
        value, function = (self.eval(side, input, environment) for side in (expr.lhs, expr.rhs))
        if not self.is_function_like(function):  # the library's own lets a function on the left do
            raise Failure("the right side of ~> must be a function", error="T2006")
        if self.is_function_like(value):
            chain = self.eval(Jsonata.chain_ast(), None, environment)
            return self.apply(chain, [value, function], None, environment)
        return self.apply(function, [value], None, environment)

    def evaluate_filter(self, predicate: Any, input: Any, environment: Any) -> Any:
        # An index is rounded down; the library's own cuts off what is behind the point.
        items = input if isinstance(input, list) else [] if input is None else [input]
        found = Utils.create_sequence()
        found.tuple_stream = isinstance(input, Utils.JList) and input.tuple_stream
        if predicate.type == "number":
            at = math.floor(predicate.value)
            if -len(items) <= at < len(items):
                if isinstance(items[at], list):
                    return items[at]
                found.append(items[at])
            return found
        for at, item in enumerate(items):
            context, frame = item, environment
            if found.tuple_stream:
                context, frame = item["@"], self.create_frame_from_tuple(environment, item)
            kept = self.eval(predicate, context, frame)
            if isinstance(kept, int | float) and not isinstance(kept, bool):
                kept = [kept]
            if Utils.is_array_of_numbers(kept):
                found += [item for place in kept if math.floor(place) in (at, at - len(items))]
            elif Jsonata.boolize(kept):
                found.append(item)
        return found
