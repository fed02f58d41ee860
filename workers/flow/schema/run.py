"""What one validation carries along: its budget, and equality and patterns that no data can slow down."""

from collections.abc import Callable, Mapping
from json.encoder import encode_basestring_ascii
from typing import Any

from referencing.jsonschema import DRAFT202012

from workers.flow.schema.bounds import Bounds


class TooMuchWork(Exception):
    """The schema asks more of this value than one validation may cost."""


class TooDeep(Exception):
    """More subschemas wait for each other than may."""


class Run:
    """What one validation carries along: its budget, and what was compiled with the schema.

    `patterns` maps each pattern to its RE2, `choices` the id() of each `enum` list (or `const` value's
    schema) to the canonical texts of its values.
    """

    def __init__(
        self, bounds: Bounds, patterns: Mapping[str, Any], choices: Mapping[int, frozenset[str]]
    ) -> None:
        self.budget = bounds.steps
        self.levels = bounds.depth
        self.patterns = patterns
        self.choices = choices
        self._places: dict[tuple[int, int, bool], tuple[Any, Any]] = {}
        self._found: dict[tuple[int, str], tuple[Any, Any]] = {}

    def spend(self, steps: int) -> None:
        self.budget -= steps
        if self.budget < 0:
            raise TooMuchWork

    def matches(self, pattern: str, text: str) -> bool:
        compiled, data = self.patterns[pattern], text.encode("utf-8", "surrogatepass")
        self.spend(1 + compiled.programsize * len(data) // 100)  # each at worst 20 ns
        return compiled.search(data) is not None

    def canonical(self, value: Any) -> str:
        return canonical(value, self.spend)

    def place(self, validator: Any, schema: Any, resolver: Any) -> Any:
        """The validator of a subschema of `validator`'s, or with a resolver of one that is elsewhere."""
        base = resolver or validator._resolver  # noqa: SLF001 - the library shows it in no other way
        key = id(schema), id(base), resolver is None
        if key not in self._places:
            inner = resolver or base.in_subresource(DRAFT202012.create_resource(schema))
            self._places[key] = validator.evolve(schema=schema, _resolver=inner), base
        return self._places[key][0]

    def lookup(self, validator: Any, reference: str) -> Any:
        """What a reference of `validator`'s schema leads to."""
        resolver = validator._resolver  # noqa: SLF001
        key = id(resolver), reference
        if key not in self._found:
            self._found[key] = resolver.lookup(reference), resolver
        return self._found[key][0]


def canonical(value: Any, spend: Callable[[int], None] = lambda _: None) -> str:
    """The same text for two values exactly if JSON Schema calls them equal: 1 is 1.0 but not true."""
    if isinstance(value, str):
        spend(len(value) // 256)
        return encode_basestring_ascii(value)
    if isinstance(value, dict):
        spend(1 + len(value) // 2)
        items = [f"{encode_basestring_ascii(key)}:{canonical(value[key], spend)}" for key in sorted(value)]
        return "{" + ",".join(items) + "}"
    if isinstance(value, list):
        spend(1 + len(value) // 4)
        return "[" + ",".join([canonical(item, spend) for item in value]) + "]"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return format(value, "x")  # in linear time, whatever its size
    return repr(value)
