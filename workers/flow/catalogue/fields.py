"""The properties of a model as the fields of a form, from the public JSON Schema."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from workers.flow.catalogue.models import public_schema
from workers.flow.document.element import Element
from workers.flow.json_value import JsonValue

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One property. The name of one that is part of another leads there: `input.url`, `throws[].when`."""

    name: str
    kind: str
    """What it may be: `string`, `integer, 1 to 100`, `array of strings`, `any JSON`, …"""
    help: str
    required: bool
    default: JsonValue

    @property
    def label(self) -> str:
        """The last part of its name as words."""
        words = re.sub(r"([A-Z])", r" \1", self.name.rpartition(".")[2]).lower()
        return words[:1].upper() + words[1:]


def fields_of(model: type[Element]) -> list[Field]:
    """The properties of a model and, behind each, those of the object or of the objects in it."""
    return list(_fields(_models()[model.__name__], ""))


@cache
def _models() -> Json:
    models: Json = public_schema()["$defs"]
    return models


def _fields(schema: Json, path: str) -> Iterator[Field]:
    required = schema.get("required", ())
    for name, part in schema["properties"].items():
        kind, inner, suffix = _kind(part)
        yield Field(path + name, kind, part["description"], name in required, part.get("default"))
        if inner is not None:
            yield from _fields(inner, f"{path}{name}{suffix}.")


def _kind(part: Json) -> tuple[str, Json | None, str]:
    """The words for a type, the model of what it holds, if it has one, and how a path leads there."""
    choices = [each for each in part.get("anyOf", ()) if each.get("type") != "null"]
    if choices:
        return _kind(choices[0])
    reference = part.get("$ref", "").rpartition("/")[2]
    if reference == "JsonValue":
        return "any JSON", None, ""
    if reference:
        return "object", _models()[reference], ""
    if "oneOf" in part:
        return ("one of the events" if "discriminator" in part else "a loop"), None, ""
    if part["type"] == "array":
        kind, inner, _ = _kind(part["items"])
        if "discriminator" in part["items"]:
            return "array of nodes", None, ""
        return f"array of {kind}s", None if "id" in (inner or {}).get("properties", {}) else inner, "[]"
    if isinstance(part["type"], list):
        return " or ".join(part["type"]), None, ""
    return part["type"] + _bounds(part), None, ""


def _bounds(part: Json) -> str:
    least, most = part.get("minimum"), part.get("maximum")
    return f", {least} to {most}" if part["type"] == "integer" and most and most < 2**31 - 1 else ""
