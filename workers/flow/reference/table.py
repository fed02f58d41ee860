"""The properties of a model as a table, with those of the objects in it."""

from collections.abc import Collection, Iterator
from inspect import get_annotations
from typing import Any

from workers.flow.catalogue.models import public_schema
from workers.flow.document.element import Element

Json = dict[str, Any]

#: Properties that say which model it is, and those that have a place of their own in the reference.
_TOLD_ELSEWHERE = frozenset({"type", "implementation"})
_HEAD = "| property | type | default | meaning |\n|---|---|---|---|"


class Tables:
    """The tables of the models that the public JSON Schema describes."""

    def __init__(self) -> None:
        self._models: Json = public_schema()["$defs"]

    def table(self, model: type[Element], without: Collection[str] = ()) -> str:
        """The rows of a model, without some of its properties; nothing if none is left."""
        rows = list(self._rows(self._models[model.__name__], "", frozenset(without) | _TOLD_ELSEWHERE))
        return "\n".join([_HEAD, *rows]) if rows else ""

    def shared(self, model: type[Element], base: type[Element]) -> set[str]:
        """The properties that a base gives to a model, and that mean the same there."""
        ours = self._models[model.__name__]["properties"]
        given = {
            str(field.alias): " ".join((field.description or "").split())
            for name, field in base.model_fields.items()
            if name in get_annotations(base)
        }
        return {name for name, text in given.items() if name in ours and ours[name]["description"] == text}

    def base_table(self, model: type[Element], base: type[Element]) -> str:
        """The rows of a model that come from a base."""
        return self.table(model, self._models[model.__name__]["properties"].keys() - self.shared(model, base))

    def _rows(self, schema: Json, path: str, without: frozenset[str]) -> Iterator[str]:
        required = schema.get("required", ())
        for name, part in schema["properties"].items():
            if name in without:
                continue
            kind, inner, suffix = self._kind(part)
            default = "**required**" if name in required else _default(part.get("default"))
            yield f"| `{path}{name}` | {kind} | {default} | {_cell(part['description'])} |"
            if inner is not None:
                yield from self._rows(inner, f"{path}{name}{suffix}.", frozenset())

    def _kind(self, part: Json) -> tuple[str, Json | None, str]:
        """The words for a type, the model of what it holds, if it has one, and how a path leads there."""
        choices = [each for each in part.get("anyOf", ()) if each.get("type") != "null"]
        if choices:
            return self._kind(choices[0])
        reference = part.get("$ref", "").rpartition("/")[2]
        if reference == "JsonValue":
            return "any JSON", None, ""
        if reference:
            return "object", self._models[reference], ""
        if "oneOf" in part:
            return ("one of the events" if "discriminator" in part else "[a loop](#loops)"), None, ""
        if part["type"] == "array":
            kind, inner, _ = self._kind(part["items"])
            if "discriminator" in part["items"]:
                return "array of nodes", None, ""
            return f"array of {kind}s", None if "id" in (inner or {}).get("properties", {}) else inner, "[]"
        if isinstance(part["type"], list):
            return " or ".join(part["type"]), None, ""
        return part["type"] + _bounds(part), None, ""


def _bounds(part: Json) -> str:
    least, most = part.get("minimum"), part.get("maximum")
    return f", {least} to {most}" if part["type"] == "integer" and most and most < 2**31 - 1 else ""


def _default(value: object) -> str:
    match value:
        case None | [] | {}:
            return "none"
        case dict():
            return "see below"
        case bool():
            return f"`{str(value).lower()}`"
    return f"`{value}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
