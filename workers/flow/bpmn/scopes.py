"""Processes and sub-processes: their nodes, sequence flows and associations."""

from workers.flow.bpmn.expressions import condition
from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.nodes import read_node
from workers.flow.bpmn.source import Json, Reading
from workers.flow.bpmn.vocabulary import FLOW_NODES, MODEL
from workers.flow.bpmn.xml import Element
from workers.flow.problem import quoted

_INNER = frozenset({"subProcess", "transaction"})


def read_scope(reading: Reading, scope: Element) -> Json:
    """`nodes`, `sequenceFlows` and `associations` in the order of the file; an empty list is left out."""
    nodes: list[Json] = []
    flows: list[Json] = []
    for child in scope.children(MODEL):
        if child.local in FLOW_NODES:
            node = read_node(reading, child)
            if node is not None:
                inner = {"nodes": [], **read_scope(reading, child)} if child.local in _INNER else {}
                nodes.append(node | inner)
        elif child.local == "sequenceFlow":
            flow = _read_flow(reading, child)
            if flow is not None:
                flows.append(flow)
    written = reading.source.associations.get(scope, [])
    associations = [entry for each in written for entry in _read_association(reading, each)]
    found = {"nodes": nodes, "sequenceFlows": flows, "associations": associations}
    return {name: entries for name, entries in found.items() if entries}


def _read_flow(reading: Reading, element: Element) -> Json | None:
    extensions = Extensions(reading, element)
    place = extensions.place
    id_ = reading.source.id_of(element)
    ends = {name: element.get(name) for name in ("sourceRef", "targetRef")}
    for name, value in ends.items():
        if not value:
            place.error("MISSING_REFERENCE", f"A sequence flow has no `{name}`.")
        elif reading.source.target(element, value) is None:
            place.error("UNKNOWN_REFERENCE", f"{quoted(value)} (`{name}`) is no node of this file.")
    if not id_:
        place.error("MISSING_ID", "A sequence flow has no id.")
        return None
    flow: Json = {"id": id_}
    flow |= {name: reading.source.refer(element, value) for name, value in ends.items() if value}
    if element.get("name"):
        flow["name"] = element.get("name")
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
    if not id_:
        reading.at(element).error("MISSING_ID", "The association of a compensation has no id.")
        return []
    extensions = Extensions(reading, element)
    ends = {name: reading.source.refer(element, value) for name, value in refs.items()}
    extensions.report_rest()
    return [extensions.own | {"id": id_} | ends]
