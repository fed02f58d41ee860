"""Data associations of the standard: an arrow from data to a node, or from a node to data, as a mapping.

One says what runs where its end at the node is data with a name: a data input or output of the node, or a
property. One that only shows that a node has to do with some data stays a drawing: most tools draw it so,
with an end that is missing, nameless, a placeholder, or the node itself. So do those of files for engines
that do not look at them, and those with data stores, which lie outside. Where every one in a direction keeps
the name, nothing is mapped: a variable has the same name for all anyway.
"""

import re

from workers.flow.bpmn import foreign
from workers.flow.bpmn.foreign import Untranslatable
from workers.flow.bpmn.source import Json, Reading, titled
from workers.flow.bpmn.vocabulary import LOOPS, MODEL
from workers.flow.bpmn.xml import Element

_DIRECTIONS = {
    "dataInputAssociation": ("input", "targetRef", "sourceRef"),
    "dataOutputAssociation": ("output", "sourceRef", "targetRef"),
}
"""What an association becomes, its end at the node, and its end at the data of the process."""

_AT_NODES = frozenset({"dataInput", "dataOutput", "property"})
_AT_PROCESSES = _AT_NODES | {"dataObject", "dataObjectReference", "inputDataItem", "outputDataItem"}
_LISTS = frozenset({"loopDataInputRef", "loopDataOutputRef"})
_STORES = frozenset({"dataStore", "dataStoreReference"})

_PLACEHOLDER = "__targetRef_placeholder"
"""The property that bpmn.io writes because the schema of BPMN wants a target."""


def read_data(reading: Reading, node: Element) -> Json:
    """`input` and `output`, where the data associations of a node mean some; what is wrong is reported."""
    if reading.source.is_zeebe or reading.source.is_camunda:
        return {}
    found: dict[str, dict[str, str]] = {"input": {}, "output": {}}
    for element in node.children(MODEL):
        if element.local in _DIRECTIONS:
            direction, at_node, at_process = _DIRECTIONS[element.local]
            names = _names(reading, node, element, at_node, at_process)
            if names is not None and direction == "input":
                found[direction][names[0]] = names[1]
            elif names is not None:
                found[direction][names[1]] = names[0]
    return {
        direction: {name: f"= {foreign.variable(value)}" for name, value in pairs.items()}
        for direction, pairs in found.items()
        if any(name != value for name, value in pairs.items())
    }


def _names(
    reading: Reading, node: Element, element: Element, at_node: str, at_process: str
) -> tuple[str, str] | None:
    """The names of the two ends of an association, if it says what runs."""
    place, shown = reading.at(element), f"The {titled(element)} of the {titled(node)}"
    for part in ("assignment", "transformation"):
        if next(element.children(MODEL, part), None) is not None:
            message = f"{shown} has a {part}, which is not supported: map by `input` and `output`."
            place.error("NOT_SUPPORTED", message)
            return None
    own, data = _ends(reading, element, at_node), _ends(reading, element, at_process)
    name = _name_at(reading, node, own[0]) if own else ""
    if not name or not data:
        return None
    if len(data) > 1:
        place.error("NOT_SUPPORTED", f"{shown} has several sources, and nothing says what they become.")
        return None
    (of_process,) = data
    if of_process is None or of_process.local not in _AT_PROCESSES:
        if of_process is None or of_process.local not in _STORES:
            place.warn("DATA_ASSOCIATION_IGNORED", f"{shown} is not used: its `{at_process}` is no data.")
        return None
    variable = variable_of(reading, of_process)
    try:
        foreign.variable(name)
        foreign.variable(variable)
    except Untranslatable as error:
        place.error("UNTRANSLATABLE", f"{shown} cannot be mapped: {error}.")
        return None
    return name, variable


def _ends(reading: Reading, element: Element, name: str) -> list[Element | None]:
    texts = [child.text.strip() for child in element.children(MODEL, name)]
    return [reading.source.target(element, text) for text in texts if text]


def _name_at(reading: Reading, node: Element, own: Element | None) -> str:
    """The name of data of the node itself; "" for what has none, and for the list that its loop runs over."""
    if own is None or own.local not in _AT_NODES or own.parent is None:
        return ""
    if own.parent is not node and (own.parent.local != "ioSpecification" or own.parent.parent is not node):
        return ""
    for loop in (child for child in node.children(MODEL) if child.local in LOOPS):
        for part in loop.children(MODEL):
            if part.local in _LISTS and reading.source.target(part, part.text) is own:
                return ""
    name = _name(own)
    return "" if name == _PLACEHOLDER else name


def variable_of(reading: Reading, data: Element) -> str:
    """The variable that holds data of the process; a reference may say its state behind the name."""
    if data.local != "dataObjectReference":
        return _name(data) or data.get("id") or ""
    held = reading.source.target(data, data.get("dataObjectRef"))
    named = (held is not None and _name(held)) or re.sub(r"\s*\[[^\]]*\]$", "", _name(data))
    return named or (held.get("id") if held is not None else None) or data.get("id") or ""


def _name(element: Element) -> str:
    return " ".join((element.get("name") or "").split())
