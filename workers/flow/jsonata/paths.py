"""Paths and predicates: the library's walk, metered and without changing what it reads."""

import math
from typing import Any

from workers.flow.jsonata.bounds import Meter
from workers.flow.jsonata.grouping import Grouping
from workers.flow.jsonata.library import JList, Utils
from workers.flow.jsonata.values import is_number, sequence, truth

_TUPLE = 250


def find(data: Any, name: str, meter: Meter) -> Any:
    """The value of a key in an object, or in each object of an array; undefined where it is not."""
    if isinstance(data, dict):
        return data.get(name)
    if not isinstance(data, list):
        return None
    result = sequence()
    for item in data:
        meter.work()
        value = find(item, name, meter)
        if isinstance(value, list):
            meter.array(len(value))
            result.extend(value)
        elif value is not None:
            meter.spend(8)
            result.append(value)
    return result


def follow(data: Any, names: tuple[str, ...]) -> Any:
    """The value behind keys of objects, the way most paths go; an array where one is met."""
    for name in names:
        if isinstance(data, list):
            return data
        if not isinstance(data, dict):
            return None
        data = data.get(name)
    return data


class Paths(Grouping):
    """The part of the evaluator that moves through data."""

    def evaluate_path(self, expr: Any, data: Any, environment: Any) -> Any:
        if expr.plain is not None and isinstance(data, dict):
            value = follow(data, expr.plain)
            if not isinstance(value, list):
                return value
        rooted = isinstance(data, list) and expr.steps[0].type != "variable"
        result, bindings = self._walk(expr.steps, data if rooted else sequence([data]), environment)
        if bindings is not None:
            carried = expr.tuple is not None  # a path around this one needs the bindings themselves
            result = bindings if carried else sequence(binding["@"] for binding in bindings)
        if expr.keep_singleton_array:
            result = self._kept_array(result)
        if expr.group is None:
            return result
        return self.evaluate_group_expression(
            expr.group, result if bindings is None else bindings, environment
        )

    def _walk(self, steps: Any, data: Any, environment: Any) -> tuple[Any, Any]:
        """What the last step gave, and the variables bound to it if any step binds some."""
        result = bindings = None
        streams = False
        for at, step in enumerate(steps):
            streams = streams or step.tuple is not None
            if at == 0 and step.consarray:
                result = self.eval(step, data, environment)
            elif streams:
                bindings = self.evaluate_tuple_step(step, data, bindings, environment)
            else:
                result = self.evaluate_step(step, data, environment, at == len(steps) - 1)
            if not streams and (result is None or (isinstance(result, list) and not result)):
                break
            if step.focus is None:
                data = result
        return result, bindings

    def _kept_array(self, result: Any) -> Any:
        if not isinstance(result, JList):
            items = [] if result is None else _items(result)
            self.meter.array(len(items))
            result = JList(items)
        elif result.cons and not result.sequence:
            result = sequence([result])
        result.keep_singleton = True
        return result

    def evaluate_name(self, expr: Any, data: Any, _environment: Any) -> Any:
        return find(data, str(expr.value), self.meter)

    def evaluate_step(self, expr: Any, data: Any, environment: Any, last_step: bool) -> Any:
        data = _items(data)
        if expr.type == "sort":
            result = self.evaluate_sort_expression(expr, data, environment)
            return self.evaluate_stages(expr.stages or (), result, environment)
        found = []
        for item in data:
            value = self.eval(expr, item, environment)
            for stage in expr.stages or ():
                value = self.evaluate_filter(stage.expr, value, environment)
            if value is not None:
                found.append(value)
        self.meter.array(len(found))
        if last_step and len(found) == 1 and isinstance(found[0], list) and not Utils.is_sequence(found[0]):
            return found[0]
        return self._flat(found)

    def _flat(self, found: list[Any]) -> Any:
        result = sequence()
        for value in found:
            if not isinstance(value, list) or (isinstance(value, JList) and value.cons):
                result.append(value)
            else:
                self.meter.array(len(value))
                result.extend(value)
        return result

    def evaluate_tuple_step(self, expr: Any, data: Any, tuple_bindings: Any, environment: Any) -> Any:
        data = _items(data)
        if expr.type == "sort":
            if tuple_bindings is not None:
                result = self.evaluate_sort_expression(expr, tuple_bindings, environment)
            else:
                ordered = self.evaluate_sort_expression(expr, data, environment)
                self.meter.spend(_TUPLE * len(ordered))
                result = sequence({"@": item, expr.index: at} for at, item in enumerate(ordered))
                result.tuple_stream = True
        else:
            if tuple_bindings is None:
                self.meter.spend(_TUPLE * len(data))
                tuple_bindings = [{"@": item} for item in data]
            result = sequence()
            result.tuple_stream = True
            for binding in tuple_bindings:
                self._extend_tuples(result, expr, binding, environment)
        return self.evaluate_stages(expr.stages or (), result, environment)

    def _extend_tuples(self, result: Any, expr: Any, binding: Any, environment: Any) -> None:
        value = self.eval(expr, binding["@"], self.create_frame_from_tuple(environment, binding))
        if value is None:
            return
        items = value if isinstance(value, list) else [value]
        streams = isinstance(value, JList) and value.tuple_stream
        for at, item in enumerate(items):
            self.meter.entries(len(binding) + 2)
            joined = dict(binding)
            if streams:
                joined.update(item)
            else:
                joined[expr.focus if expr.focus is not None else "@"] = item
                if expr.index is not None:
                    joined[expr.index] = at
                if expr.ancestor is not None:
                    joined[expr.ancestor.label] = binding["@"]
            result.append(joined)

    def evaluate_filter(self, predicate: Any, data: Any, environment: Any) -> Any:
        if data is None:
            return sequence()
        items = data if isinstance(data, list) else [data]
        results = sequence()
        if isinstance(data, JList) and data.tuple_stream:
            results.tuple_stream = True
        if predicate.type == "number":
            at = _index(predicate.value, len(items))
            if not 0 <= at < len(items):
                return results
            if isinstance(items[at], list):
                return items[at]
            results.append(items[at])
            return results
        for at, item in enumerate(items):
            context, env = item, environment
            if results.tuple_stream:
                context, env = item["@"], self.create_frame_from_tuple(environment, item)
            for _ in range(self._picks(self.eval(predicate, context, env), at, len(items))):
                self.meter.spend(8)
                results.append(item)
        return results

    def _picks(self, picked: Any, at: int, count: int) -> int:
        """How often a predicate's value picks the item at this place: numbers are places, else its truth."""
        if is_number(picked):
            picked = [picked]
        if isinstance(picked, list) and picked and is_number(picked[0]):
            self.meter.work(len(picked))
            places = [_index(value, count) for value in picked if is_number(value)]
            if len(places) == len(picked):
                return places.count(at)
        return int(truth(picked, self.meter))

    def evaluate_wildcard(self, _expr: Any, data: Any) -> Any:
        items = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
        results = sequence()
        for item in items:
            self._flatten(item, results)
        return results

    def _flatten(self, item: Any, results: Any) -> None:
        self.meter.work()
        if isinstance(item, list):
            for inner in item:
                self._flatten(inner, results)
        else:
            self.meter.spend(8)
            results.append(item)

    def evaluate_descendants(self, _expr: Any, data: Any) -> Any:
        results = sequence()
        if data is not None:
            self.recurse_descendants(data, results)
        return results[0] if len(results) == 1 else results

    def recurse_descendants(self, data: Any, results: Any) -> None:
        self.meter.work()
        if not isinstance(data, list):
            self.meter.spend(8)
            results.append(data)
        inner = data if isinstance(data, list) else data.values() if isinstance(data, dict) else ()
        for item in inner:
            self.recurse_descendants(item, results)


def _items(data: Any) -> Any:
    """What a step goes through; after an array constructor with a predicate it may be a lone value."""
    return data if isinstance(data, list) else [data]


def _index(value: float, count: int) -> int:
    at = math.floor(value)
    return at + count if at < 0 else at
