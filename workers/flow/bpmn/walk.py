"""One look at everything that runs: what BPMN does not know there, and what it knows and is not run.

Each attribute and child is looked up in `standard.py`. What is shown only is not looked into.
"""

from dataclasses import dataclass, field

from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.foreigners import Foreigners
from workers.flow.bpmn.source import LONGEST_ID, Reading, step_of, titled
from workers.flow.bpmn.verdict import Verdict, contents_of, is_a
from workers.flow.bpmn.vocabulary import EVENT_DEFINITIONS, LOOPS, MODEL
from workers.flow.bpmn.xml import Element
from workers.flow.problem import Place, listed, nearest, quoted

_PARTS = LOOPS | EVENT_DEFINITIONS | {"script"}
"""What is a part of a node, so that its problems are the node's whatever its own id is."""

_LOOKED_INTO = frozenset({"dataObject"})
"""What is shown only, and yet a vendor may give it something that runs, such as a first value."""


def walk(reading: Reading, top: Element, owner: Element | None = None) -> None:
    """Tell what in an element, and in what runs in it, is unknown or not run; `owner` has its problems."""
    foreigners = Foreigners(reading)
    unused: dict[str, _Unused] = {}
    left = [(top, owner if owner is not None else top)]
    while left:
        element, owner = left.pop()
        look = _Look(reading, element, owner, unused)
        look.at_attributes()
        if is_a(element.local, "formalExpression") or element.local in _LOOKED_INTO:  # no reader asks them
            extensions = Extensions(reading, element)
            extensions.place = look.place()
            extensions.report_rest()
        if element.parent is not None:
            foreigners.look(element, look.place)
        running = look.at_children()
        left.extend((child, _owner(reading, child, owner)) for child in reversed(running))
    foreigners.report()
    for each in unused.values():
        each.place.warn("NOT_USED", f"{each.shown} on {listed(each.nodes)} is not used: {each.why}.")


def _owner(reading: Reading, child: Element, owner: Element) -> Element:
    part = child.local in _PARTS or is_a(child.local, "formalExpression")
    return owner if part or reading.source.id_of(child) is None else child


@dataclass(slots=True)
class _Unused:
    """An attribute, with a value, that many elements may have: one warning tells of all."""

    place: Place
    shown: str
    why: str
    nodes: list[str] = field(default_factory=list)


class _Look:
    def __init__(
        self, reading: Reading, element: Element, owner: Element, unused: dict[str, _Unused]
    ) -> None:
        self.unused = unused
        self.reading = reading
        self.element = element
        self.owner = owner
        self.contents = contents_of(element.local)

    def place(self) -> Place:
        return self.reading.within(self.element, self.owner)

    def at_attributes(self) -> None:
        for (namespace, name), value in self.element.named_attributes():
            if namespace is not None:
                continue
            verdict = self.contents.attributes.get(name)
            if verdict is None:
                self._unknown_attribute(name)
            elif verdict.holds(value):
                self._tell(name, value, verdict)

    def at_children(self) -> list[Element]:
        """The children that run, to be looked at next."""
        running = []
        for child in self.element.children():
            if child.namespace != MODEL and self.element.parent is None:
                continue  # the drawing, and what else stands beside it
            verdict = self.contents.children.get(child.local) if child.namespace == MODEL else None
            if verdict is None:
                self._unknown_child(child)
            elif verdict.holds(""):
                shown = f"The {titled(child)} in {titled(self.element)}"
                self._at(child).error("NOT_SUPPORTED", f"{shown} is not supported: {verdict.why}.")
            elif child.local == "extensionElements":
                continue
            elif (verdict.word == "runs" and not verdict.by_reader) or child.local in _LOOKED_INTO:
                running.append(child)
        return running

    def _tell(self, name: str, value: str, verdict: Verdict) -> None:
        place, shown = self.place(), f"`{name}` {quoted(value)}"
        if verdict.word == "warned":
            told = self.unused.setdefault(shown, _Unused(place, shown, verdict.why))
            told.nodes.append(quoted(place.node_id or self.element.local))
        else:
            where = f"on the {titled(self.element)}"
            place.error("NOT_SUPPORTED", f"{shown} {where} is not supported: {verdict.why}.")

    def _unknown_attribute(self, name: str) -> None:
        place = self.place()
        known = list(self.contents.attributes)
        meant = None if place.problems.full else nearest(name, known)
        hint = f"; did you mean {quoted(meant)}?" if meant else "."
        message = f"{quoted(name)} is no attribute of {self.element.local}{hint}"
        if self.element.parent is None:  # what runs is not in the root itself
            place.warn("UNKNOWN_ATTRIBUTE", message)
        else:
            place.error("UNKNOWN_ATTRIBUTE", message)

    def _unknown_child(self, child: Element) -> None:
        if child.namespace != MODEL:
            message = f"{quoted(child.tag)} is not in BPMN's namespace, and not in extensionElements."
        else:
            message = f"{quoted(child.local)} is nothing that BPMN has in {self.element.local}."
        self._at(child).error("UNKNOWN_ELEMENT", message)

    def _at(self, child: Element) -> Place:
        id_ = (child.get("id") or "")[:LONGEST_ID]
        place = self.place()
        return Place(place.problems, f"{place.path}/{step_of(child)}".removeprefix("/"), id_ or place.node_id)
