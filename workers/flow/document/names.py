"""Names of variables: those that a schema describes, and those that only one node sees."""

from workers.flow.document.activity import Activity, MappedActivity, MultiInstance
from workers.flow.document.element import NodeElement
from workers.flow.document.event import Event
from workers.flow.json_value import JsonValue

Names = frozenset[str] | None
"""Names of variables; None where they cannot be known."""

_OPEN = {"$dynamicRef", "$ref", "allOf", "anyOf", "dependentSchemas", "if", "oneOf", "patternProperties"}


def local_names(node: NodeElement) -> frozenset[str]:
    """The variables that only the node, and what stands in it, can see."""
    made = node.input if isinstance(node, MappedActivity | Event) else None
    return frozenset(made or ()) | loop_names(node)


def loop_names(node: NodeElement) -> frozenset[str]:
    """The variables that each run of a repeated activity has."""
    loop = node.loop if isinstance(node, Activity) else None
    if loop is None:
        return frozenset()
    element = loop.element_variable if isinstance(loop, MultiInstance) else None
    return frozenset({"loopCounter", element} if element else {"loopCounter"})


def property_names(document: JsonValue) -> Names:
    """The properties that a JSON Schema describes; None if it allows others."""
    if not isinstance(document, dict) or not document.keys() & {"properties", "required"}:
        return None
    if document.get("additionalProperties", False) is not False or document.keys() & _OPEN:
        return None
    properties, required = document.get("properties", {}), document.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        return None
    return frozenset(properties) | {name for name in required if isinstance(name, str)}
