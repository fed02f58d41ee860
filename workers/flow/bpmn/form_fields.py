"""The form fields of Camunda 7 and of Activiti and Flowable, as a JSON Schema of the answer."""

import re
from collections.abc import Iterator

from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.source import Json
from workers.flow.bpmn.vocabulary import CAMUNDA
from workers.flow.bpmn.xml import Element
from workers.flow.json_value import JsonValue
from workers.flow.problem import Place, quoted

_TYPES: dict[str, Json] = {
    "string": {"type": "string"},
    "long": {"type": "integer"},
    "integer": {"type": "integer"},
    "double": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "enum": {},
}
_BOUNDS = {"min": "minimum", "max": "maximum", "minlength": "minLength", "maxlength": "maxLength"}
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")


def read_form(extensions: Extensions) -> Json | None:
    """The schema of the fields of a user task; None without any. What has no twin in a schema is told."""
    fields = [
        field
        for data in extensions.camunda_all("formData")
        for field in data.children()
        if field.namespace in CAMUNDA and field.local == "formField"
    ]
    fields += extensions.camunda_all("formProperty")
    properties: Json = {}
    required: list[str] = []
    for field in fields:
        name = field.get("variable") or field.get("id")
        if not name:
            extensions.place.error("MISSING_ID", "A field of the form has no id.")
        elif field.get("readable") != "false":
            properties[name] = _Field(extensions.place, field, name).schema()
            if _is_required(field):
                required.append(name)
    if not properties:
        return None
    form: Json = {"type": "object", "properties": properties}
    return form | {"required": required} if required else form


class _Field:
    def __init__(self, place: Place, element: Element, name: str) -> None:
        self.place = place
        self.element = element
        self.name = name
        self.type = element.get("type") or "string"

    def schema(self) -> Json:
        if self.type not in _TYPES:
            self._tell(f"its type {quoted(self.type)} is not checked")
        title = self.element.get("label") or self.element.get("name")
        found: Json = dict(_TYPES.get(self.type, {})) | ({"title": title} if title else {})
        values = [each for each in self.element.children() if each.local == "value" and each.get("id")]
        if self.type == "enum" and values:
            names = {each.get("id"): each.get("name") or each.get("id") for each in values}
            found["oneOf"] = [{"const": id_, "title": name} for id_, name in names.items()]
        pattern = self.element.get("datePattern")
        if pattern and pattern != "yyyy-MM-dd":
            self._tell(f"dates are written as 2026-03-31, and not as {quoted(pattern)}")
        if self.element.get("writable") == "false":
            found["readOnly"] = True
        self._default(found)
        if self.element.get("expression"):
            self._tell("its `expression` is not used")
        for constraint in _constraints(self.element):
            self._constrain(found, constraint.get("name") or "", (constraint.get("config") or "").strip())
        return found

    def _default(self, found: Json) -> None:
        text = self.element.get("defaultValue") or self.element.get("default")
        if not text:
            return
        value: JsonValue = None
        if self.type in {"string", "date", "enum"} and not re.search(r"[$#]\{", text):
            value = text
        elif self.type in {"long", "integer"} and _WHOLE.fullmatch(text):
            value = int(text)
        elif self.type == "double" and _NUMBER.fullmatch(text):
            value = float(text)
        elif self.type == "boolean" and text.lower() in {"true", "false"}:
            value = text.lower() == "true"
        if value is not None:
            found["default"] = value
        self._tell(f"its default {quoted(text)} is {'not used' if value is None else 'only shown'}")

    def _constrain(self, found: Json, name: str, config: str) -> None:
        if name == "readonly":
            found["readOnly"] = True
        elif name in _BOUNDS and _NUMBER.fullmatch(config):
            found[_BOUNDS[name]] = int(config) if _WHOLE.fullmatch(config) else float(config)
        elif name != "required":
            self._tell(f"its constraint {quoted(name)} is not checked")

    def _tell(self, what: str) -> None:
        self.place.warn("FORM_FIELD", f"Of the form's field {quoted(self.name)}, {what}.")


def _constraints(field: Element) -> Iterator[Element]:
    for validation in field.children():
        if validation.local == "validation":
            yield from (each for each in validation.children() if each.local == "constraint")


def _is_required(field: Element) -> bool:
    named = [each for each in _constraints(field) if each.get("name") == "required"]
    return field.get("required") == "true" or any(each.get("config") != "false" for each in named)
