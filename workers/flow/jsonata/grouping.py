"""Sorting and grouping: the library's, metered and in Python all the way."""

from collections.abc import Callable, Sequence
from typing import Any

from workers.flow.jsonata.bounds import Failure, Meter
from workers.flow.jsonata.library import JList, Jsonata
from workers.flow.jsonata.values import appended, kind, sequence

_Groups = dict[str, tuple[Any, list[Any]]]
_FRAME = 280


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


class Grouping(Jsonata):  # type: ignore[misc]
    """The part of the evaluator that orders and groups. `meter` is set by the evaluator."""

    meter: Meter

    def create_frame(self, enclosing_environment: Any = None) -> Frame:
        self.meter.spend(_FRAME)
        return Frame(enclosing_environment)

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
