"""Paths, predicates, grouping and sorting: the library's walk, metered and without changing what it reads."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from workers.flow.jsonata.bounds import Failure, Meter
from workers.flow.jsonata.library import JList, Jsonata, Utils
from workers.flow.jsonata.values import appended, is_number, kind, sequence, truth

_Groups = dict[str, tuple[Any, list[Any]]]
_FRAME = 280
_TUPLE = 250


class Frame:
    """The variables of a block or call."""

    __slots__ = ("bindings", "parent")

    def __init__(self, parent: "Frame | None") -> None:
        self.bindings: dict[str, Any] = {}
        self.parent = parent

    def bind(self, name: str, value: Any) -> None:
        self.bindings[name] = value

    def lookup(self, name: str) -> Any:
        frame: Frame | None = self
        while frame is not None:
            if name in frame.bindings:
                return frame.bindings[name]
            frame = frame.parent
        return None


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


def merge_sort(items: Sequence[Any], after: Callable[[Any, Any], bool]) -> list[Any]:
    """A stable sort; `after(a, b)` is whether `a` belongs behind `b`."""
    # `sorted` would call back through C, whose stack is not ours to fill.
    runs = [[item] for item in items]
    while len(runs) > 1:
        merged = [_merge(runs[at], runs[at + 1], after) for at in range(0, len(runs) - 1, 2)]
        runs = merged + runs[len(merged) * 2 :]
    return runs[0] if runs else []


def _merge(left: list[Any], right: list[Any], after: Callable[[Any, Any], bool]) -> list[Any]:
    result: list[Any] = []
    at = 0
    for item in left:
        while at < len(right) and after(item, right[at]):
            result.append(right[at])
            at += 1
        result.append(item)
    return result + right[at:]


class Paths(Jsonata):  # type: ignore[misc]
    """The part of the evaluator that moves through data. `meter` is set by the evaluator."""

    meter: Meter

    def create_frame(self, enclosing_environment: Any = None) -> Frame:
        self.meter.spend(_FRAME)
        return Frame(enclosing_environment)

    def evaluate_path(self, expr: Any, data: Any, environment: Any) -> Any:
        result = super().evaluate_path(expr, data, environment)
        if expr.keep_singleton_array:  # it was copied to carry that flag
            self.meter.array(len(result))
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

    def evaluate_sort_expression(self, expr: Any, data: Any, environment: Any) -> Any:
        tuples = isinstance(data, JList) and data.tuple_stream
        compare = Jsonata.ComparatorWrapper(self, expr, environment, tuples).compare
        self.meter.items(len(data))
        self.meter.spend(100 * len(data))
        result = sequence(merge_sort(data, lambda left, right: compare(left, right) > 0))
        result.tuple_stream = tuples
        return result

    def evaluate_group_expression(self, expr: Any, data: Any, environment: Any) -> Any:
        tuples = isinstance(data, JList) and data.tuple_stream
        items = data if isinstance(data, list) else [data]
        result = {}
        if not items and not tuples:
            items = [None]  # a literal object is made of nothing, too
        for key, (pair, members) in self._groups(expr, items, tuples, environment).items():
            env = environment
            if tuples:
                joined = self._joined(members)
                context = joined.pop("@", None)
                env = self.create_frame_from_tuple(environment, joined)
            else:
                context = appended(members, self.meter) if len(members) > 1 else members[0]
            value = self.eval(pair[1], context, env)
            if value is not None:
                self.meter.entries(1)
                result[key] = value
        return result

    def _groups(self, expr: Any, items: Any, tuples: bool, environment: Any) -> _Groups:
        groups: _Groups = {}
        for item in items:
            context = item["@"] if tuples else item
            env = self.create_frame_from_tuple(environment, item) if tuples else environment
            for pair in expr.lhs_object:
                key = self.eval(pair[0], context, env)
                if key is None:
                    continue
                if not isinstance(key, str):
                    raise Failure("T1003", f"a key of an object must be a string, not {kind(key)}")
                if key not in groups:
                    self.meter.entries(2)
                    groups[key] = (pair, [])
                if groups[key][0] is not pair:
                    raise Failure("D1009", f"two keys of an object are both {key[:100]!r}")
                groups[key][1].append(item)
        return groups

    def _joined(self, members: list[Any]) -> dict[str, Any]:
        values: dict[str, list[Any]] = {}
        for member in members:
            self.meter.work(len(member))
            for name, value in member.items():
                values.setdefault(name, []).append(value)
        return {name: appended(found, self.meter) for name, found in values.items()}


def _items(data: Any) -> Any:
    """What a step goes through; after an array constructor with a predicate it may be a lone value."""
    return data if isinstance(data, list) else [data]


def _index(value: float, count: int) -> int:
    at = math.floor(value)
    return at + count if at < 0 else at
