"""Export of a definition as BPMN 2.0 XML, without a drawing.

Every property has one place: the standard's, if it has one that holds the value exactly, or else the JSON of
`<procession:properties>`. So importing what was exported gives the definition again.
"""

from collections import defaultdict

from workers.flow.bpmn.build import attach, formal, make, plain, plain_name
from workers.flow.bpmn.references import References
from workers.flow.bpmn.source import Json
from workers.flow.bpmn.vocabulary import MODEL, OURS, XSI
from workers.flow.bpmn.write import write_xml
from workers.flow.bpmn.xml import BpmnError, Document, Element
from workers.flow.document.definition import Level
from workers.flow.interchange.tags import BY_TYPE, TYPE_BY_TAG
from workers.flow.interchange.write_node import write_node

Ends = defaultdict[tuple[str, str], list[str]]
"""The ids of the sequence flows at a node, by `incoming` or `outgoing` and the node's id."""

_NAMESPACE = "https://procession.dev/bpmn"
_ROOTS = {
    "messages": ("message", "name"),
    "errors": ("error", "errorCode"),
    "signals": ("signal", "name"),
    "escalations": ("escalation", "escalationCode"),
}


def export_bpmn(definition: Json, *, process_id: str, name: str) -> bytes:
    """A file with one executable process; `name` is the name of the file's definitions.

    `definition` is one that `compile_flow` takes. A node of a type that BPMN does not have is a `BpmnError`.
    """
    references = References(definition, process_id)
    root = Element("bpmn:definitions")
    root.attributes = {
        "xmlns:bpmn": MODEL,
        "xmlns:xsi": XSI,
        "xmlns:procession": OURS,
        "id": references.spare("definitions"),
        "targetNamespace": _NAMESPACE,
        "exporter": "Procession",
    }
    if plain_name(name):
        root.attributes["name"] = name
    rest = {key: value for key, value in definition.items() if key != "schemaVersion"}
    for key, (tag, attribute) in _ROOTS.items():
        root.content += [_root(references, key, tag, attribute, entry) for entry in _entries(rest, key)]
    root.content.append(_process(references, rest, process_id))
    _indent(root, "\n")
    return write_xml(Document(root))


def _root(references: References, key: str, tag: str, attribute: str, entry: Json) -> Element:
    rest = dict(entry)
    element = make(tag, id=references.own(key, rest))
    if plain_name(rest.get(attribute)):
        element.attributes[attribute] = rest.pop(attribute)
    attach(element, rest)
    return element


def _process(references: References, rest: Json, process_id: str) -> Element:
    xml_id = references.process
    process = make("process", id=xml_id)
    if plain_name(rest.get("name")):
        process.attributes["name"] = rest.pop("name")
    process.attributes["isExecutable"] = "true"
    content = _scope(references, rest)
    if xml_id != process_id:
        rest["id"] = process_id
    attach(process, rest)
    process.content += content
    return process


def _scope(references: References, rest: Json, parent: Json | None = None) -> list[Element]:
    """Take the nodes, flows and associations of a scope, as elements in the order that the standard wants."""
    flows, nodes = _entries(rest, "sequenceFlows"), _entries(rest, "nodes")
    ends: Ends = defaultdict(list)
    for flow in flows:
        for tag, name in (("incoming", "targetRef"), ("outgoing", "sourceRef")):
            if isinstance(flow.get(name), str) and isinstance(flow.get("id"), str):
                ends[tag, flow[name]].append(flow["id"])
    found = [_node(references, node, ends, parent or {}) for node in nodes]
    found += [_flow(references, flow) for flow in flows]
    for association in _entries(rest, "associations"):
        left = dict(association)
        element = make("association", id=references.own("associations", left), associationDirection="One")
        for name in ("sourceRef", "targetRef"):
            references.put(element, left, name, "nodes")
        attach(element, left)
        found.append(element)
    return found


def _entries(rest: Json, key: str) -> list[Json]:
    """Take a list of objects; one that is empty stays, as it has no place in BPMN."""
    value = rest.get(key) or []
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise BpmnError(f"`{key}` must be a list of objects.")
    return rest.pop(key) if value else []


def _node(references: References, node: Json, ends: Ends, parent: Json) -> Element:
    kind = node.get("type")
    if not isinstance(kind, str) or kind not in BY_TYPE:
        raise BpmnError(f"A node of type {kind!r} cannot be written.")
    rest = {key: value for key, value in node.items() if key != "type"}
    tag = BY_TYPE[kind].bpmn.tag
    element = make(tag, id=references.own("nodes", rest))
    parts = write_node(references, element, node, rest, parent)
    inner = _scope(references, rest, node) if issubclass(BY_TYPE[kind].model, Level) else []
    attach(element, rest if TYPE_BY_TAG[tag].type == kind else {"type": kind} | rest)
    for tag in ("incoming", "outgoing"):
        for flow_id in ends[tag, str(node.get("id"))]:
            element.content.append(make(tag, references.of("sequenceFlows", flow_id)))
    element.content += [*parts, *inner]
    return element


def _flow(references: References, flow: Json) -> Element:
    rest = dict(flow)
    element = make("sequenceFlow", id=references.own("sequenceFlows", rest))
    if plain_name(rest.get("name")):
        element.attributes["name"] = rest.pop("name")
    for name in ("sourceRef", "targetRef"):
        references.put(element, rest, name, "nodes")
    condition = rest.get("conditionExpression")
    expression = formal("conditionExpression", condition) if plain(condition) else None
    if expression is not None:
        del rest["conditionExpression"]
    attach(element, rest)
    if expression is not None:
        element.content.append(expression)
    return element


def _indent(element: Element, line: str) -> None:
    """Put each element on a line of its own; what holds text is left alone."""
    children = list(element.children())
    if not children or any(isinstance(part, str) for part in element.content):
        return
    inner = line + "  "
    element.content = []
    for child in children:
        _indent(child, inner)
        element.content += [inner, child]
    element.content.append(line)
