"""A BPMN file as the readers see it: its elements by id, its references, and where a problem is."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from workers.flow.bpmn.options import options_of
from workers.flow.bpmn.vocabulary import CAMUNDA, FLOW_NODES, MODEL, MODELER, OURS, ZEEBE
from workers.flow.bpmn.xml import Document, Element
from workers.flow.json_value import MalformedJson, UnkeepableJson, loads_strict
from workers.flow.problem import Place, Problems, quoted

Json = dict[str, Any]

LONGEST_ID = 255
"""Characters of an id that a problem shows."""

_NEED_IDS = FLOW_NODES | {"sequenceFlow", "association"}
_PLATFORM = (MODELER, "executionPlatform")


@dataclass(frozen=True, slots=True)
class Own:
    """What our extension says of an element; `error` says why that could not be read."""

    properties: Json = field(default_factory=dict)
    error: str | None = None


_NOTHING = Own()


class Source:
    """One file. Ids are those of the document that comes out of it, which a `properties` may rename."""

    def __init__(self, document: Document) -> None:
        self.root = document.root
        self.options = options_of(document.root)
        self.elements: dict[str, Element] = {}
        self._extended: set[Element] = set()
        self._own: dict[Element, Own] = {}
        self._paths: dict[Element, str] = {}
        for element in self.root.walk():
            id_ = element.get("id")
            if element.namespace == MODEL and id_ is not None:
                self.elements.setdefault(id_, element)
            if element.name == (MODEL, "extensionElements") and element.parent is not None:
                self._extended.add(element.parent)

    @cached_property
    def is_zeebe(self) -> bool:
        """Whether the file is made for Zeebe, so that an unmarked `= …` is FEEL."""
        platforms = [value for name, value in self.root.named_attributes() if name == _PLATFORM]
        return ZEEBE in self.root.attributes.values() or "Camunda Cloud" in platforms

    @cached_property
    def is_ours(self) -> bool:
        """Whether the file is written for us, so that its labels are templates."""
        return any(OURS in element.attributes.values() for element in self.root.walk())

    @cached_property
    def is_camunda(self) -> bool:
        """Whether the file is made for Camunda 7 or one of its kin."""
        return not CAMUNDA.isdisjoint(self.root.attributes.values())

    @cached_property
    def associations(self) -> dict[Element, list[Element]]:
        """The associations by what their sources stand in: some are written a level or more around that."""
        found: dict[Element, list[Element]] = {}
        for element in self.root.walk():
            if element.name == (MODEL, "association"):
                source = self.target(element, element.get("sourceRef"))
                if source is not None and source.parent is not None:
                    found.setdefault(source.parent, []).append(element)
        return found

    def own(self, element: Element) -> Own:
        """The JSON of `<procession:properties>` in the element's extensions."""
        if element not in self._extended:
            return _NOTHING
        if element not in self._own:
            self._own[element] = _read_own(element)
        return self._own[element]

    def path_of(self, element: Element) -> str:
        """Where an element stands: `process[P]/subProcess[s]/task[t]`, with ids as they are in the file."""
        above = element.parent
        if above is None:  # the root is always `definitions`
            return ""
        if above not in self._paths:
            self._paths[above] = self.path_of(above)
        return f"{self._paths[above]}/{step_of(element)}".removeprefix("/")

    def id_of(self, element: Element) -> str | None:
        renamed = self.own(element).properties.get("id")
        return renamed if isinstance(renamed, str) else element.get("id") or self._made.get(element)

    @cached_property
    def _made(self) -> dict[Element, str]:
        """Ids of nodes, flows and associations that the file, as it may, gives none: the same each time."""
        taken = set(self.elements)
        last: dict[str, int] = {}
        made: dict[Element, str] = {}
        for element in self.root.walk():
            if element.namespace == MODEL and element.local in _NEED_IDS and not element.get("id"):
                ends = [self.refer(element, element.get(name) or "") for name in ("sourceRef", "targetRef")]
                short = all(ends) and len("".join(ends)) < LONGEST_ID - 10
                base = id_ = "-".join(ends) if short else element.local
                while id_ in taken:
                    last[base] = last.get(base, 1) + 1
                    id_ = f"{base}-{last[base]}"
                made[element] = id_
                taken.add(id_)
        return made

    def target(self, element: Element, reference: str | None) -> Element | None:
        """What a reference that stands in `element` leads to in this file."""
        if reference is None:
            return None
        found = self.elements.get(reference.strip())
        match = re.fullmatch(r"\s*([^:\s]+):(\S+)\s*", reference)
        if found is None and match and element.uri(match[1]) == self.root.get("targetNamespace"):
            found = self.elements.get(match[2])
        return found

    def refer(self, element: Element, reference: str) -> str:
        """A reference as the document has it: the id of what it leads to, or else what it says."""
        found = self.target(element, reference)
        return (self.id_of(found) if found else None) or reference.strip().rpartition(":")[2]


@dataclass(slots=True)
class Reading:
    """The reading of one process of a file."""

    source: Source
    problems: Problems
    messages: dict[str, str] = field(default_factory=dict)
    """What message flows give to nodes without a message of their own: message id by the node's id."""

    def at(self, element: Element) -> Place:
        """Where a problem of an element is: its own id, or that of what it stands in."""
        here: Element | None = element
        while here is not None and self.source.id_of(here) is None:
            here = here.parent
        return self.within(element, here)

    def within(self, element: Element, owner: Element | None) -> Place:
        """Where a problem of a part of `owner` is."""
        id_ = self.source.id_of(owner) if owner is not None else None
        return Place(self.problems, self.source.path_of(element), id_ and id_[:LONGEST_ID])

    def flag(self, element: Element, name: str, *, default: bool) -> bool:
        """The value of a boolean attribute."""
        value = element.get(name)
        if value is None or value.strip() in {"true", "1", "false", "0"}:
            return default if value is None else value.strip() in {"true", "1"}
        self.at(element).error("INVALID_VALUE", f"`{name}` must be true or false, not {quoted(value)}.")
        return default


def step_of(element: Element) -> str:
    """An element as a step of a path: `task[t]`."""
    id_ = (element.get("id") or "")[:LONGEST_ID]
    return f"{element.local[:LONGEST_ID]}[{id_}]" if id_ else element.local[:LONGEST_ID]


def documentation_of(element: Element) -> str | None:
    texts = [each.text for each in element.children(MODEL, "documentation") if each.text.strip()]
    return "\n\n".join(texts) if texts else None


def named(element: Element, attribute: str = "name") -> str | None:
    """A name or a code; None if there is none, or nothing but white space."""
    return one_line(element.get(attribute) or "") or None


def one_line(text: str) -> str:
    """A text of one line: a break, which drawings have for the eye, is a space."""
    return re.sub(r"\s*[\t\n\r\x85\u2028\u2029]\s*", " ", text.strip())


def titled(element: Element) -> str:
    """An element as messages name it: ``userTask `approve` ``."""
    id_ = element.get("id")
    return f"{element.local} {quoted(id_)}" if id_ else element.local


def _read_own(element: Element) -> Own:
    texts = [
        part.text
        for extensions in element.children(MODEL, "extensionElements")
        for part in extensions.children(OURS)
        if part.local == "properties"
    ]
    if not texts:
        return Own()
    if len(texts) > 1:
        return Own(error="there is more than one of it")
    try:
        value = loads_strict(texts[0].encode())
    except (MalformedJson, UnkeepableJson) as error:
        return Own(error=str(error))
    return Own(value) if isinstance(value, dict) else Own(error="it must be a JSON object")
