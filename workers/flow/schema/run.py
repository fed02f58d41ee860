"""What one validation carries along: its budget, and equality and patterns that no data can slow down."""

import json
from collections.abc import Mapping
from typing import Any


class TooMuchWork(Exception):
    """The schema asks more of this value than one validation may cost."""


class Run:
    """What one validation carries along: its budget, and what was compiled with the schema.

    `patterns` maps each pattern to its RE2, `choices` the id() of each `enum` list (or `const` value's
    schema) to the canonical texts of its values.
    """

    __slots__ = ("budget", "choices", "patterns")

    def __init__(
        self, budget: int, patterns: Mapping[str, Any], choices: Mapping[int, frozenset[str]]
    ) -> None:
        self.budget = budget
        self.patterns = patterns
        self.choices = choices

    def spend(self, steps: int) -> None:
        self.budget -= steps
        if self.budget < 0:
            raise TooMuchWork

    def matches(self, pattern: str, text: str) -> bool:
        self.spend(1 + len(text) // 256)
        return self.patterns[pattern].search(text.encode("utf-8", "surrogatepass")) is not None

    def canonical(self, value: Any) -> str:
        text = canonical(value)
        self.spend(len(text) // 64)
        return text


def canonical(value: Any) -> str:
    """The same text for two values exactly if JSON Schema calls them equal: 1 is 1.0 but not true."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{canonical(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return format(value, "x")  # in linear time, whatever its size
    return json.dumps(value)
