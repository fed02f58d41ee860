"""Processes and sub-processes: their nodes, sequence flows and associations."""

from workers.flow.bpmn.expressions import condition
from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.source import Json, Reading, named
from workers.flow.bpmn.vocabulary import FLOW_NODES, MODEL
from workers.flow.bpmn.xml import Element
from workers.flow.interchange.read_node import read_node
from workers.flow.problem import quoted

_INNER = frozenset({"subProcess", "transaction"})


def read_scope(reading: Reading, scope: Element) -> Json:
    """`nodes`, `sequenceFlows` and `associations` in the order of the file; an empty list is left out."""
    nodes: list[Json] = []
    flows: list[Json] = []
    for child in scope.children(MODEL):
        if child.local in FLOW_NODES:
            inner = {"nodes": [], **read_scope(reading, child)} if child.local in _INNER else {}
            nodes.append(read_node(reading, child) | inner)
        elif child.local == "sequenceFlow":
            flows.append(_read_flow(reading, child))
    written = reading.source.associations.get(scope, [])
    associations = [entry for each in written for entry in _read_association(reading, each)]
    found = {"nodes": nodes, "sequenceFlows": flows, "associations": associations}
    return {name: entries for name, entries in found.items() if entries}


def _read_flow(reading: Reading, element: Element) -> Json:
    extensions = Extensions(reading, element)
    place = extensions.place
    ends = {name: element.get(name) for name in ("sourceRef", "targetRef")}
    for end, value in ends.items():
        if not value:
            place.error("MISSING_REFERENCE", f"A sequence flow has no `{end}`.")
        elif reading.source.target(element, value) is None:
            place.error("UNKNOWN_REFERENCE", f"{quoted(value)} (`{end}`) is no node of this file.")
    flow: Json = {"id": reading.source.id_of(element)}
    flow |= {end: reading.source.refer(element, value) for end, value in ends.items() if value}
    if name := named(element):
        flow["name"] = name
    for child in element.children(MODEL, "conditionExpression"):
        found = condition(reading, place, child)
        if found is not None:
            flow["conditionExpression"] = found
    extensions.report_rest()
    return extensions.own | flow


def _read_association(reading: Reading, element: Element) -> list[Json]:
    """The association of a compensation; every other one only ties a note to what it is about."""
    refs = {name: element.get(name) or "" for name in ("sourceRef", "targetRef")}
    source = reading.source.target(element, refs["sourceRef"])
    if source is None or source.local != "boundaryEvent":
        return []
    if not any(child.local == "compensateEventDefinition" for child in source.children(MODEL)):
        return []
    target = reading.source.target(element, refs["targetRef"])
    if target is None or target.local not in FLOW_NODES:
        return []
    id_ = reading.source.id_of(element)
    extensions = Extensions(reading, element)
    ends = {name: reading.source.refer(element, value) for name, value in refs.items()}
    extensions.report_rest()
    return [extensions.own | {"id": id_} | ends]
