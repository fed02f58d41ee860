"""One look at everything that runs: what BPMN does not know there, and what it knows and is not run.

Each attribute and child is looked up in `standard.py`. What is shown only is not looked into.
"""

from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.foreigners import Foreigners
from workers.flow.bpmn.source import LONGEST_ID, Reading, step_of, titled
from workers.flow.bpmn.verdict import Verdict, contents_of, is_a
from workers.flow.bpmn.vocabulary import EVENT_DEFINITIONS, LOOPS, MODEL
from workers.flow.bpmn.xml import Element
from workers.flow.problem import Place, nearest, quoted

_PARTS = LOOPS | EVENT_DEFINITIONS.keys() | {"script"}
"""What is a part of a node, so that its problems are the node's whatever its own id is."""


def walk(reading: Reading, top: Element, owner: Element | None = None) -> None:
    """Tell what in an element, and in what runs in it, is unknown or not run; `owner` has its problems."""
    foreigners = Foreigners(reading)
    left = [(top, owner if owner is not None else top)]
    while left:
        element, owner = left.pop()
        look = _Look(reading, element, owner)
        look.at_attributes()
        if is_a(element.local, "formalExpression"):  # no reader asks it for extensions
            extensions = Extensions(reading, element)
            extensions.place = look.place()
            extensions.report_rest()
        if element.parent is not None:
            foreigners.look(element, look.place)
        running = look.at_children()
        left.extend((child, _owner(reading, child, owner)) for child in reversed(running))
    foreigners.report()


def _owner(reading: Reading, child: Element, owner: Element) -> Element:
    part = child.local in _PARTS or is_a(child.local, "formalExpression")
    return owner if part or reading.source.id_of(child) is None else child


class _Look:
    def __init__(self, reading: Reading, element: Element, owner: Element) -> None:
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
                self._tell(self.place(), f"`{name}` {quoted(value)} on the {titled(self.element)}", verdict)

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
                self._tell(self._at(child), shown, verdict)
            elif verdict.word == "runs" and not verdict.by_reader and child.local != "extensionElements":
                running.append(child)
        return running

    def _tell(self, place: Place, shown: str, verdict: Verdict) -> None:
        if verdict.word == "warned":
            place.warn("NOT_USED", f"{shown} is not used: {verdict.why}.")
        else:
            place.error("NOT_SUPPORTED", f"{shown} is not supported: {verdict.why}.")

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
