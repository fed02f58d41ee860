"""What each piece of an evaluation counts for, in steps: about a tenth of a microsecond each.

The counts go by what is looked at, never by how long it took, so that they are the same everywhere.
A function's share is found before it runs, from what it is given; what it makes is counted when the
meter weighs it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NODE, CALL = 40, 60  # a node of the tree, a call of a function of the expression
COMPARED = 10  # two items by what is known of them already
ENTRY = 10  # an item that is put into a group, or a tuple
HANDLE = 5  # an array or object that is weighed, besides its items
COPIED = 16  # items that count for a step where a list is only copied
CHARACTERS = 64  # characters that count for a step where a string is only copied or searched


@dataclass(frozen=True, slots=True)
class Weight:
    """What a call of one function counts: by itself, for each item, and for 64 characters."""

    call: int = 100
    item: float = 1
    text: float = 1
    deep: bool = False  # whether it looks at the items at every level
    sorts: bool = False

    def steps(self, given: list[Any], items: Callable[[Any], int]) -> int:
        """The steps for these arguments; `items` counts those of a value at every level."""
        steps = float(self.call)
        for value in given:
            if isinstance(value, str):
                steps += self.text * len(value) / CHARACTERS
            elif isinstance(value, list | dict):
                count = items(value) if self.deep else len(value)
                steps += self.item * count * (count.bit_length() if self.sorts else 1)
        return int(steps)


PLAIN = Weight()
WEIGHTS = {
    **dict.fromkeys(("sum", "max", "min", "average"), Weight(item=2)),
    **dict.fromkeys(("string", "clone", "spread", "keys", "merge"), Weight(item=4, deep=True)),
    "distinct": Weight(item=10, deep=True),
    "sort": Weight(item=0.2, sorts=True),
    "shuffle": Weight(item=8),
    "join": Weight(item=3),
    **dict.fromkeys(("split", "match", "replace"), Weight(call=200, text=2)),
    **dict.fromkeys(("uppercase", "lowercase", "base64encode", "base64decode"), Weight(text=8)),
    "trim": Weight(text=30),
    **dict.fromkeys(("encodeUrl", "encodeUrlComponent", "decodeUrl", "decodeUrlComponent"), Weight(text=100)),
    **dict.fromkeys(("number", "parseInteger"), Weight(text=300)),
    **dict.fromkeys(("formatNumber", "formatInteger", "now", "fromMillis"), Weight(call=500, text=300)),
    "toMillis": Weight(call=1_500, text=300),
}
"""By the function's name; every other counts as `PLAIN`."""


def of(name: str) -> Weight:
    return WEIGHTS.get(name, PLAIN)


def sorting(count: int) -> int:
    """The comparisons that sorting so many items takes at most."""
    return count * count.bit_length()
