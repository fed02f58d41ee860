"""Whether two XML documents say the same, and where they differ."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest

from workers.flow.bpmn.xml import Document, Element, Name
from workers.flow.problem import quoted

MOST = 200
"""Differences that are named."""

_QNAME = re.compile(r"\s*([^\W\d][\w.-]*):([^\W\d][\w.-]*)\s*")


@dataclass(frozen=True, slots=True)
class Structure:
    """What an element says, however it is written: prefixes, quotes, CDATA and comments do not count.

    `attributes` are sorted by name. A value or a text that is a qualified name is `{namespace}local`.
    White space between elements is left out of `content`, any other text is there as it is.
    """

    name: Name
    attributes: tuple[tuple[Name, str], ...]
    content: "tuple[Structure | str, ...]"


def structure_of(element: Element) -> Structure:
    """What an element and all in it says."""
    attributes = sorted(
        ((name, _resolved(element, value)) for name, value in element.named_attributes()),
        key=lambda each: (each[0][0] or "", each[0][1]),
    )
    return Structure(element.name, tuple(attributes), tuple(_content(element)))


def differences(a: Document, b: Document) -> list[str]:
    """Where two documents differ, with the path: nothing if they say the same in the same order."""
    found = _compare(structure_of(a.root), structure_of(b.root), "")
    return list(islice(found, MOST))


def _content(element: Element) -> Iterator[Structure | str]:
    """The elements and the runs of text between them; comments and instructions do not divide one."""
    mixed = any(True for _ in element.children())
    run = ""
    for part in (*element.content, None):
        if isinstance(part, str):
            run += part
        elif part is None or isinstance(part, Element):
            if run and (run.strip() or not mixed):
                yield _resolved(element, run)
            run = ""
            if part is not None:
                yield structure_of(part)


def _resolved(element: Element, value: str) -> str:
    match = _QNAME.fullmatch(value)
    uri = element.uri(match[1]) if match else None
    return f"{{{uri}}}{match[2]}" if match and uri is not None else value


def _compare(a: Structure, b: Structure, path: str) -> Iterator[str]:
    here = f"{path}/{_shown(a)}"
    if a.name != b.name:
        yield f"{here}: became {_shown(b)}"
        return
    ours, theirs = dict(a.attributes), dict(b.attributes)
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        was, now = ours.get(name), theirs.get(name)
        if was != now:
            yield f"{here}@{name[1]}: {_shown(was)} became {_shown(now)}"
    for left, right in zip_longest(a.content, b.content):
        if isinstance(left, Structure) and isinstance(right, Structure):
            yield from _compare(left, right, here)
        elif left != right:
            yield f"{here}: {_shown(left)} became {_shown(right)}"


def _shown(part: Structure | str | None) -> str:
    if not isinstance(part, Structure):
        return "nothing" if part is None else quoted(part)
    ids = [value for name, value in part.attributes if name == (None, "id")]
    return f"{part.name[1]}[{ids[0]}]" if ids else part.name[1]
