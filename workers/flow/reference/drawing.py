"""A flow as a Mermaid flowchart: what GitHub and many editors draw from text."""

from collections.abc import Iterator
from typing import Any

from workers.flow.catalogue import TYPES
from workers.flow.catalogue.events import EVENT_TYPES
from workers.flow.reference.example import all_nodes

Json = dict[str, Any]

_MARKS = {each.type: each.mark for each in TYPES}
_EVENT_MARKS = {each.type: each.mark for each in EVENT_TYPES}
#: What opens and closes a shape.
_EVENTS = {"startEvent": ("((", "))"), "endEvent": ("(((", ")))")}
_SCOPES = ("subProcess", "transaction")


def drawing(definition: Json) -> str:
    """The lines of the flowchart, in a fenced block."""
    lines = ["flowchart LR", *_scope(definition, _ids(definition), "  ")]
    return "```mermaid\n" + "\n".join(lines) + "\n```"


def _ids(scope: Json) -> dict[str, str]:
    """Names that Mermaid takes for nodes, which words of its own such as `end` are not."""
    return {node["id"]: f"n{number}" for number, node in enumerate(all_nodes(scope))}


def _scope(scope: Json, ids: dict[str, str], indent: str) -> Iterator[str]:
    for node in scope["nodes"]:
        id_ = ids[node["id"]]
        if node["type"] in _SCOPES:
            yield f'{indent}subgraph {id_}["{_label(node)}"]'
            yield f"{indent}  direction LR"
            yield from _scope(node, ids, indent + "  ")
            yield f"{indent}end"
        else:
            opens, closes = _shape(node["type"])
            yield f'{indent}{id_}{opens}"{_label(node)}"{closes}'
        if node["type"] == "boundaryEvent":
            yield f"{indent}{ids[node['attachedToRef']]} -.- {id_}"
    defaults = {node.get("default") for node in scope["nodes"]}
    for flow in scope["sequenceFlows"]:
        condition = flow.get("conditionExpression", "").removeprefix("=").strip()
        word = condition or ("else" if flow["id"] in defaults else "")
        arrow = f'-- "{_escaped(word)}" -->' if word else "-->"
        yield f"{indent}{ids[flow['sourceRef']]} {arrow} {ids[flow['targetRef']]}"
    for association in scope.get("associations", ()):
        yield f"{indent}{ids[association['sourceRef']]} -. undone by .-> {ids[association['targetRef']]}"
    yield from _links(scope, ids, indent)


def _links(scope: Json, ids: dict[str, str], indent: str) -> Iterator[str]:
    linked = [node for node in scope["nodes"] if node.get("event", {}).get("type") == "link"]
    catching = {node["event"]["name"]: node for node in linked if node["type"] == "intermediateCatchEvent"}
    for node in linked:
        if node["type"] == "intermediateThrowEvent":
            yield f"{indent}{ids[node['id']]} -.-> {ids[catching[node['event']['name']]['id']]}"


def _shape(type_: str) -> tuple[str, str]:
    if type_ in _EVENTS:
        return _EVENTS[type_]
    if type_.endswith("Gateway"):
        return "{", "}"
    return ("([", "])") if type_.endswith("Event") else ("[", "]")


def _label(node: Json) -> str:
    mark = _MARKS[node["type"]] or _EVENT_MARKS.get(node.get("event", {}).get("type"), "")
    parts = [f"{mark} {_escaped(node['id'])}" if mark else _escaped(node["id"])]
    if not node["type"].endswith(("Event", "Gateway")):
        parts.append(f"<i>{_kind(node)}</i>")
    return "<br>".join(parts)


def _kind(node: Json) -> str:
    kind: str = node.get("implementation") or node["type"]
    if node.get("triggeredByEvent"):
        kind = "event sub-process"
    loop = node.get("loop", {})
    if "collection" in loop or "cardinality" in loop:
        kind += " ≡" if loop.get("sequential") else " ⫼"
    elif loop:
        kind += " ↻"
    return f"{kind} ⏪" if node.get("isForCompensation") else kind


def _escaped(text: str) -> str:
    for mark, code in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(mark, code)
    return text
