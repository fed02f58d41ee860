"""The models of the document, complete with those of every type of node."""

from functools import reduce
from operator import or_
from typing import Annotated, Any

from pydantic import Field

from workers.flow.catalogue import TYPES
from workers.flow.document.definition import FlowDocument, Level
from workers.flow.document.element import Element, NodeElement, constant, models_in
from workers.flow.document.event import EventDefinition

NODES: dict[str, type[NodeElement]] = {each.type: each.model for each in TYPES}
"""By `type`; of a serviceTask one of its implementations."""

IMPLEMENTATIONS: dict[str, type[NodeElement]] = {
    each.implementation: each.model for each in TYPES if each.implementation
}
"""Of a serviceTask."""

EVENTS: dict[type[Element], dict[str, type[EventDefinition]]] = {
    each.model: {
        constant(model, "type"): model
        for model in models_in(each.model.model_fields["event"].annotation)
        if issubclass(model, EventDefinition)
    }
    for each in TYPES
    if "event" in each.model.model_fields
}
"""What the `event` of a node may be, by its `type`."""

SCHEMA_ID = "urn:procession:schema:flow:1"


def public_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a definition, for editors and for the API's description."""
    schema = FlowDocument.model_json_schema()
    schema["$defs"]["JsonValue"] = {"description": "Any JSON value."}
    for model in (schema, *schema["$defs"].values()):
        model["description"] = " ".join(model["description"].split())
        for name, part in model.get("properties", {}).items():
            part["title"] = name
            # What an object is, each model says of itself.
            always = f"Always `{part['const']}`." if "const" in part else part["description"]
            part["description"] = " ".join(always.split())
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID}
    return {**head, **schema, "title": "Flow"}


def _node() -> Any:
    """What a node may be: told apart by its `type`, and that of a serviceTask by its `implementation`."""
    models: dict[str, list[type[NodeElement]]] = {}
    for each in TYPES:
        models.setdefault(each.type, []).append(each.model)
    return _one_of("type", [_one_of("implementation", same) for same in models.values()])


def _one_of(tag: str, choices: list[Any]) -> Any:
    return Annotated[reduce(or_, choices), Field(discriminator=tag)] if len(choices) > 1 else choices[0]


_levels: list[type[Level]] = [Level, FlowDocument]
_levels += [each.model for each in TYPES if issubclass(each.model, Level)]
for _level in _levels:
    _level.model_rebuild(_types_namespace={"Node": _node()})
