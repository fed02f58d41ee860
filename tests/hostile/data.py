"""What the expressions of the corpus run on, and what the lawful ones do, which have the product's bounds."""

from typing import Any


def _nested(levels: int, item: Any) -> Any:
    for _ in range(levels):
        item = {"a": [item]}
    return item


def _tree(levels: int, width: int) -> Any:
    return {f"k{at}": _tree(levels - 1, width) for at in range(width)} if levels else 1


DATA: dict[str, Any] = {
    "big": "x" * 1_000,
    "words": "wörd " * 100,
    "bits": "01" * 50,
    "halves": "x" * 400 + "," + "y" * 400,
    "lines": ("x" * 40 + ",") * 20,
    "control": "\x01" * 90 + "\N{PILE OF POO}",
    "list": list(range(100)),
    "numbers": list(range(20)),
    "objects": [{"a": at, "b": str(at)} for at in range(20)],
    "map": {str(at): at for at in range(20)},
    "nested": [list(range(30)), list(range(30))],
    "deep": [_nested(5, list(range(10)))],
    "tree": _tree(3, 3),
}

LARGE: dict[str, Any] = {
    "big": "x" * 1_000_000,
    "bits": "01" * 50_000,
    "control": "\x01" * 900_000 + "\N{PILE OF POO}",
    "list": list(range(100_000)),
    "numbers": list(range(20_000)),
    "objects": [{"a": at, "b": str(at)} for at in range(2_000)],
    "nested": [list(range(30_000)), list(range(30_000))],
    "names": {str(at): at for at in range(30_000)},
    "breaks": ["\n"] * 40_000,
}
"""As much as a start's body of a megabyte can bring."""
