"""One evaluation of one expression."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from workers.flow.jsonata import (  # noqa: F401 - each declares its functions
    array_functions,
    date_functions,
    number_functions,
    object_functions,
    text_functions,
)
from workers.flow.jsonata.bounds import Failure, Meter
from workers.flow.jsonata.grouping import Frame
from workers.flow.jsonata.library import NULL, JList
from workers.flow.jsonata.natives import NATIVES, Bound, Native
from workers.flow.jsonata.operators import arithmetic, compare, concatenate, includes, negative, span
from workers.flow.jsonata.paths import Paths
from workers.flow.jsonata.pattern_functions import first_match
from workers.flow.jsonata.regex import Regex
from workers.flow.jsonata.syntax import Node
from workers.flow.jsonata.values import Copy, clone, equal, is_closure, is_function, kind, truth

# Python frames that one level takes, for the bound on depth.
_EVAL = 2
_CALL = 4
_CLOSURE = 300

_BUILT_IN = Frame(None)
_BUILT_IN.bindings.update(NATIVES)


class Closure(Node):
    """A function that the expression defines, with the variables it sees."""

    _jsonata_lambda = True


class Evaluator(Paths):
    """Walks a tree over an input with the library's semantics, within a meter. Good for one evaluation."""

    def __init__(self, meter: Meter, now: datetime) -> None:
        # The library's own constructor parses; a tree comes parsed here.
        self.meter = meter
        self.now = now
        self._captured: list[Frame] = []

    def run(self, tree: Node, data: Any) -> Any:
        """The value of the tree over data; None is undefined, `NULL` is null."""
        self._root = Frame(_BUILT_IN)
        self._root.bind("$", data)
        try:
            return self.eval(tree, data, self._root)
        finally:
            # Closures and their frames hold each other; nobody should have to wait for the collector.
            for frame in self._captured:
                frame.bindings.clear()

    def eval(self, expr: Any, data: Any, environment: Any) -> Any:
        """The value of one node. The library's own keeps state by thread, and a variable can disarm it."""
        meter = self.meter
        meter.enter(_EVAL)
        try:
            visit = _VISITS.get(expr.type)
            result = visit(self, expr, data, environment) if visit is not None else None
            if expr.predicate is not None:
                for stage in expr.predicate:
                    result = self.evaluate_filter(stage.expr, result, environment)
            if expr.group is not None and expr.type != "path":
                result = self.evaluate_group_expression(expr.group, result, environment)
        finally:
            meter.leave(_EVAL)
        if isinstance(result, JList) and result.sequence and not result.tuple_stream:
            return _unwrapped(result, expr.keep_array)
        return result

    def evaluate_binary(self, expr: Any, data: Any, environment: Any) -> Any:
        operator = str(expr.value)
        left = self.eval(expr.lhs, data, environment)
        if operator in ("and", "or"):
            if truth(left, self.meter) == (operator == "or"):
                return operator == "or"
            return truth(self.eval(expr.rhs, data, environment), self.meter)
        right = self.eval(expr.rhs, data, environment)
        try:
            return self._operate(operator, left, right)
        except Failure as failure:
            failure.location = expr.position
            raise

    def _operate(self, operator: str, left: Any, right: Any) -> Any:
        if operator in ("=", "!="):
            if left is None or right is None:
                return False
            return equal(left, right, self.meter) == (operator == "=")
        if operator == "&":
            return concatenate(left, right, self.meter)
        if operator == "..":
            return span(left, right, self.meter)
        if operator == "in":
            return includes(left, right, self.meter)
        if operator in ("<", "<=", ">", ">="):
            return compare(operator, left, right)
        return arithmetic(operator, left, right)

    def evaluate_unary(self, expr: Any, data: Any, environment: Any) -> Any:
        if expr.value == "-":
            return negative(self.eval(expr.expression, data, environment))
        if expr.value == "{":
            return self.evaluate_group_expression(expr, data, environment)
        result = JList()
        for item in expr.expressions:
            value = self.eval(item, data, environment)
            if isinstance(value, list) and item.value != "[":
                self.meter.array(len(value))
                result.extend(value)
            elif value is not None:
                result.append(value)
        self.meter.array(len(result))
        result.cons = expr.consarray
        return result

    def evaluate_literal(self, expr: Any, _data: Any = None, _environment: Any = None) -> Any:
        return NULL if expr.value is None else expr.value

    def evaluate_variable(self, expr: Any, data: Any, environment: Any) -> Any:
        return data if expr.value == "" else environment.lookup(str(expr.value))

    def evaluate_parent(self, expr: Any, _data: Any, environment: Any) -> Any:
        return environment.lookup(expr.slot.label)

    def evaluate_condition(self, expr: Any, data: Any, environment: Any) -> Any:
        if truth(self.eval(expr.condition, data, environment), self.meter):
            return self.eval(expr.then, data, environment)
        otherwise = expr._else  # noqa: SLF001 - the library's public field
        return None if otherwise is None else self.eval(otherwise, data, environment)

    def evaluate_default(self, expr: Any, data: Any, environment: Any) -> Any:
        left = self.eval(expr.lhs, data, environment)
        if truth(left, self.meter) if expr.type == "elvis" else left is not None:
            return left
        return self.eval(expr.rhs, data, environment)

    def evaluate_lambda(self, expr: Any, data: Any, environment: Any) -> Closure:
        self.meter.spend(_CLOSURE)
        closure = Closure(input=data, environment=environment, arguments=expr.arguments, body=expr.body)
        if expr.signature is not None:
            closure.signature = expr.signature
        if expr.thunk:
            closure.thunk = True
        else:
            self._captured.append(environment)
        return closure

    def is_function_like(self, value: Any) -> bool:
        return is_function(value)

    def evaluate_partial_application(self, expr: Any, data: Any, environment: Any) -> Bound:
        function = self.eval(expr.procedure, data, environment)
        if not is_function(function):
            raise self._not_a_function("T1008", expr, environment)
        open_places: list[int] = []
        given: list[Any] = []
        for at, argument in enumerate(expr.arguments):
            if argument.type == "operator" and argument.value == "?":
                open_places.append(at)
                given.append(None)
            else:
                given.append(self.eval(argument, data, environment))
        self.meter.array(len(given))
        self.meter.spend(_CLOSURE)

        def run(*arguments: Any) -> Any:
            filled = list(given)
            for at, argument in zip(open_places, arguments, strict=False):
                filled[at] = argument
            return self.call(function, filled)

        return Bound(len(open_places), run)

    def evaluate_function(self, expr: Any, data: Any, environment: Any, applyto_context: Any = ...) -> Any:
        function = self.eval(expr.procedure, data, environment)
        if function is None:
            raise self._not_a_function("T1006", expr, environment)
        arguments = [] if applyto_context is ... else [applyto_context]
        arguments += [self.eval(argument, data, environment) for argument in expr.arguments]
        try:
            return self.apply(function, arguments, data, environment)
        except Failure as failure:
            if failure.location < 0:
                failure.location = expr.position
            raise

    def _not_a_function(self, error: str, expr: Any, environment: Any) -> Failure:
        procedure = expr.procedure
        name = procedure.steps[0].value if procedure.type == "path" else procedure.value
        message = f"{name if isinstance(name, str) else 'what is called'} is not a function"
        if procedure.type == "path" and isinstance(name, str) and environment.lookup(name) is not None:
            message = f"{name} is not a function; ${name} is"
        failure = Failure(error, message)
        failure.location = expr.position
        return failure

    def call(self, function: Any, arguments: list[Any]) -> Any:
        """Calls any kind of function, without a context."""
        return self.apply(function, arguments, None, self._root)

    def apply_inner(self, proc: Any, args: Any, data: Any, environment: Any) -> Any:
        self.meter.enter(_CALL)
        try:
            if is_closure(proc):
                if proc.signature is not None:
                    args = proc.signature.arguments(args, data, self.meter)
                return self.apply_procedure(proc, args)
            if isinstance(proc, Native):
                return proc.invoke(self, args, data)
            if isinstance(proc, Bound):
                return proc.run(*args[: proc.arity])
            if isinstance(proc, Regex):
                return first_match(self, proc, args)
            raise Failure("T1006", f"{kind(proc)} is not a function")
        finally:
            self.meter.leave(_CALL)

    def evaluate_transform_expression(self, expr: Any, _data: Any, environment: Any) -> Bound:
        def run(value: Any = None) -> Any:
            if value is None:
                return None
            if not isinstance(value, dict | list):
                raise Failure("T0410", f"a transformation takes an object or array, not {kind(value)}")
            result = clone(value, self.meter)
            found = self.eval(expr.pattern, result, environment)
            for target in found if isinstance(found, list) else [found]:
                if isinstance(target, Copy):  # not what a pattern found elsewhere
                    self._transform(expr, target, environment)
            return result

        return Bound(1, run)

    def _transform(self, expr: Any, target: dict[str, Any], environment: Any) -> None:
        update = self.eval(expr.update, target, environment)
        if update is not None:
            if not isinstance(update, dict):
                raise Failure("T2011", f"a transformation puts an object, not {kind(update)}")
            # A copy: an update that mentions its target must not put it inside itself.
            target.update(clone(update, self.meter))
        if expr.delete is None:
            return
        names = self.eval(expr.delete, target, environment)
        for name in names if isinstance(names, list) else [names]:
            if isinstance(name, str):
                target.pop(name, None)
            elif name is not None:
                raise Failure("T2012", f"a transformation deletes by string, not by {kind(name)}")


def _unwrapped(result: Any, keep_array: bool) -> Any:
    if keep_array:
        result.keep_singleton = True
    if not result:
        return None
    return result if len(result) > 1 or result.keep_singleton else result[0]


_Visit = Callable[[Any, Any, Any, Any], Any]
_VISITS: dict[str, _Visit] = {
    "path": Evaluator.evaluate_path,
    "binary": Evaluator.evaluate_binary,
    "unary": Evaluator.evaluate_unary,
    "name": Evaluator.evaluate_name,
    "string": Evaluator.evaluate_literal,
    "number": Evaluator.evaluate_literal,
    "value": Evaluator.evaluate_literal,
    "regex": Evaluator.evaluate_literal,
    "wildcard": lambda self, expr, data, _environment: self.evaluate_wildcard(expr, data),
    "descendant": lambda self, expr, data, _environment: self.evaluate_descendants(expr, data),
    "parent": Evaluator.evaluate_parent,
    "condition": Evaluator.evaluate_condition,
    "coalesce": Evaluator.evaluate_default,
    "elvis": Evaluator.evaluate_default,
    "block": Evaluator.evaluate_block,
    "bind": Evaluator.evaluate_bind_expression,
    "function": Evaluator.evaluate_function,
    "variable": Evaluator.evaluate_variable,
    "lambda": Evaluator.evaluate_lambda,
    "partial": Evaluator.evaluate_partial_application,
    "apply": Evaluator.evaluate_apply_expression,
    "transform": Evaluator.evaluate_transform_expression,
}
