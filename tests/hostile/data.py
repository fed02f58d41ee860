"""What the hostile expressions run on: variables as a start's body of a megabyte or less can bring."""

from itertools import count
from typing import Any

_MASK = 2**64 - 1
_P1, _P2, _P5 = 11400714785074694791, 14029467366897019727, 2870177450012600261  # of xxHash
_INVERSE1, _INVERSE2 = pow(_P1, -1, 2**64), pow(_P2, -1, 2**64)
_PAIR = 2 ^ _P5 ^ 3527539  # what ends the hash of a pair


def _nested(levels: int, item: Any) -> Any:
    for _ in range(levels):
        item = {"a": [item]}
    return item


def _tree(levels: int, width: int) -> Any:
    return {f"k{at}": _tree(levels - 1, width) for at in range(width)} if levels else 1


def _lane(accumulator: int, before: int) -> int:
    """What has to be added for a tuple's hash to come to an accumulator."""
    rotated = accumulator * _INVERSE1 & _MASK
    summed = (rotated >> 31 | rotated << 33) & _MASK
    return (summed - before) * _INVERSE2 & _MASK


def _stepped(accumulator: int, lane: int) -> int:
    summed = (accumulator + lane * _P2) & _MASK
    return ((summed << 31 | summed >> 33) & _MASK) * _P1 & _MASK


def _colliding(most: int) -> list[list[int]]:
    """Pairs of integers `[a, b]` for which `hash(((False, a), (False, b)))` is always 7."""
    end = (7 - _PAIR) & _MASK
    pairs = []
    for one in count():
        first = hash((False, one)) & _MASK
        inner = _lane(end, _stepped(_P5, first))
        two = _lane((inner - _PAIR) & _MASK, _stepped(_P5, 0))
        signed = two - 2**64 if two >= 2**63 else two
        if abs(signed) < 2**61 - 1 and signed != -1:
            pairs.append([one, signed])
            if len(pairs) == most:
                return pairs
    raise AssertionError


DATA: dict[str, Any] = {
    "big": "x" * 1_000_000,
    "words": "wörd " * 100_000,
    "bits": "01" * 50_000,
    "halves": "x" * 90_000 + "," + "y" * 90_000,
    "lines": ("x" * 400 + ",") * 2_500,
    "control": "\x01" * 900_000 + "\N{PILE OF POO}",
    "list": list(range(100_000)),
    "numbers": list(range(20_000)),
    "objects": [{"a": at, "b": str(at)} for at in range(20_000)],
    "map": {str(at): at for at in range(20_000)},
    "nested": [list(range(30_000)), list(range(30_000))],
    "deep": [_nested(29, list(range(50_000)))],
    "tree": _tree(7, 4),
    "names": {str(at): at for at in range(30_000)},
    "breaks": ["\n"] * 40_000,
    "collisions": _colliding(8_000),
}
