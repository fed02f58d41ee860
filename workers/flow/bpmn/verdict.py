"""What becomes of each attribute and child of an element of BPMN, as `standard.py` says."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

from workers.flow.bpmn.standard import STANDARD, Kind

Word = Literal["runs", "shown", "warned", "refused"]

_VERDICT = re.compile(
    r"(runs|shown|warned|refused)( by its reader)?(?: unless ([^:]+))?(?:: (.+))?", re.DOTALL
)

KINDS: dict[str, Kind] = {local: kind for kinds in STANDARD.values() for local, kind in kinds.items()}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of an attribute or a child."""

    word: Word
    by_reader: bool = False
    """Whether the reader of the element tells it, and looks into the child."""
    unless: tuple[str, ...] = ()
    """Values of an attribute with which it is as if it were not there."""
    why: str = ""

    def holds(self, value: str) -> bool:
        """Whether an attribute with this value is to be told of."""
        told = self.word in {"warned", "refused"} and not self.by_reader
        return told and value.strip() not in self.unless


@dataclass(frozen=True, slots=True)
class Contents:
    """What may stand in an element, by local name, with what it has from its bases."""

    attributes: Mapping[str, Verdict]
    children: Mapping[str, Verdict]


def read_verdict(text: str) -> Verdict:
    """A verdict as the data write it; see `standard.py`."""
    match = _VERDICT.fullmatch(text)
    if match is None:
        raise ValueError(f"no verdict: {text}")
    unless = tuple(match[3].split(" or ")) if match[3] else ()
    return Verdict(cast(Word, match[1]), bool(match[2]), unless, match[4] or "")


def each_name(verdicts: Mapping[str, str]) -> Iterator[tuple[str, Verdict]]:
    """The names of a mapping of the data, one by one."""
    for names, text in verdicts.items():
        verdict = read_verdict(text)
        for name in names.split():
            yield name, verdict


@cache
def contents_of(local: str) -> Contents:
    """What may stand in an element; nothing, if the standard does not know it."""
    kind = KINDS.get(local, Kind(""))
    attributes: dict[str, Verdict] = {}
    children: dict[str, Verdict] = {}
    for base in kind.bases.split():
        above = contents_of(base)
        attributes |= above.attributes
        children |= above.children
    return Contents(attributes | dict(each_name(kind.attributes)), children | dict(each_name(kind.children)))


@cache
def is_a(local: str, base: str) -> bool:
    """Whether an element is of a kind, itself or by what it is based on."""
    return local == base or any(is_a(above, base) for above in KINDS.get(local, Kind("")).bases.split())
