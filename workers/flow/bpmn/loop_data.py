"""BPMN's own words for what a multi-instance runs over and collects: references to data, and data items.

A reference leads to a data input or output of the activity, which an association may fill from a variable of
the process or write to one; to a property or data object, which is a variable itself; or else it names one.
"""

import json
import re
from typing import Final

from workers.flow.bpmn.data import variable_of
from workers.flow.bpmn.expressions import template
from workers.flow.bpmn.source import Json, Reading, titled
from workers.flow.bpmn.vocabulary import MODEL
from workers.flow.bpmn.xml import Element
from workers.flow.problem import Place, quoted

_HOLDERS: Final = frozenset({"dataInput", "dataOutput", "property", "dataObject", "dataObjectReference"})
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)


def read_loop_data(reading: Reading, place: Place, loop: Element, activity: Element) -> Json:
    """`collection`, `elementVariable`, `outputCollection` and `outputElement`, as far as they are given."""
    found: Json = {}
    for reference in loop.children(MODEL, "loopDataInputRef"):
        if reference.text.strip().startswith(("=", "${", "#{")):  # which some vendors take here
            found["collection"] = template(reading, place, reference)
            continue
        name = _variable(reading, place, reference, activity, "dataInputAssociation")
        found["collection"] = _placeholder(name) if name else None
    for reference in loop.children(MODEL, "loopDataOutputRef"):
        found["outputCollection"] = _variable(reading, place, reference, activity, "dataOutputAssociation")
    for item in loop.children(MODEL, "inputDataItem"):
        found["elementVariable"] = item.get("name") or item.get("id")
    for item in loop.children(MODEL, "outputDataItem"):
        name = item.get("name") or item.get("id")
        found["outputElement"] = _placeholder(name) if name else None
    return {name: value for name, value in found.items() if value}


def _placeholder(name: str) -> str:
    """A template that is the variable of this name."""
    return f"{{{name}}}" if _PLAIN.fullmatch(name) else f"{{[{json.dumps(name, ensure_ascii=False)}]}}"


def named(value: object, *, templated: bool) -> str | None:
    """The variable that a value names, or is a template of, where XML can refer to it by that name."""
    if not isinstance(value, str) or (templated and value[:1] + value[-1:] != "{}"):
        return None
    name = value[1:-1] if templated else value
    return name if _PLAIN.fullmatch(name) else None


def _variable(
    reading: Reading, place: Place, reference: Element, activity: Element, association: str
) -> str | None:
    """The variable that a reference to data means."""
    text = reference.text.strip()
    target = reading.source.target(reference, text)
    for_vendor = reading.source.is_zeebe or reading.source.is_camunda  # whose engines look at no data
    if target is None or target.local not in _HOLDERS or for_vendor:
        return text.rpartition(":")[2]
    ends = ("targetRef", "sourceRef") if association == "dataInputAssociation" else ("sourceRef", "targetRef")
    for each in activity.children(MODEL, association):
        own, data = (
            [reading.source.target(end, end.text) for end in each.children(MODEL, name)] for name in ends
        )
        if target not in own:
            continue
        if {child.local for child in each.children(MODEL)} & {"assignment", "transformation"}:
            return None  # which is told of where data is mapped
        if len(data) != 1 or data[0] is None:
            message = (
                f"The {association} of {quoted(target.get('id') or '')} on the {titled(activity)} has not one"
                " source and one target: what the loop runs over or collects is not known."
            )
            place.error("NOT_SUPPORTED", message)
            return None
        return variable_of(reading, data[0])
    return variable_of(reading, target)
