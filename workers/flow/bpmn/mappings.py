"""Input and output mappings of the vendors as `input` and `output`."""

import re

from workers.flow.bpmn.expressions import Dialect, foreign_template
from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.source import Json
from workers.flow.bpmn.templated import literal
from workers.flow.bpmn.vocabulary import CAMUNDA, ZEEBE
from workers.flow.bpmn.xml import Element
from workers.flow.problem import Place, quoted


def read_mappings(extensions: Extensions) -> Json:
    """`input` and `output`, where `zeebe:ioMapping` or `camunda:inputOutput` give them."""
    given: dict[str, Json] = {"input": {}, "output": {}}
    zeebe = extensions.zeebe("ioMapping")
    if zeebe is not None:
        for part in zeebe.children(ZEEBE):
            if part.local in given:
                _map_zeebe(extensions.place, part, given[part.local])
            else:
                extensions.place.error("NOT_SUPPORTED", f"{quoted(part.tag)} is not supported.")
    camunda = extensions.camunda("inputOutput")
    if camunda is not None:
        for part in camunda.children():
            which = {"inputParameter": "input", "outputParameter": "output"}.get(part.local)
            if which:
                _map_camunda(extensions.place, part, given[which])
            else:
                extensions.place.error("NOT_SUPPORTED", f"{quoted(part.tag)} is not supported.")
    return {name: values for name, values in given.items() if values}


def read_call_mappings(extensions: Extensions) -> Json:
    """`input` and `output` of a call activity from `camunda:in` and `camunda:out`."""
    given: dict[str, Json] = {}
    for local, name in (("in", "input"), ("out", "output")):
        for part in extensions.camunda_all(local):
            extra = part.attributes.keys() - {"source", "sourceExpression", "target", "xmlns"}
            source, target = part.get("source"), part.get("target")
            computed = part.get("sourceExpression")
            if extra or target is None or (source is None) == (computed is None):
                shown = " ".join(f'{key}="{value}"' for key, value in part.attributes.items())
                message = f"{quoted(f'<{part.tag} {shown}>')} is not supported: map each variable by itself."
                extensions.place.error("NOT_SUPPORTED", message)
                continue
            text = computed if computed is not None else "${" + str(source) + "}"
            value = foreign_template(extensions.place, text, "juel")
            if value is not None:
                given.setdefault(name, {})[target] = value
    return given


def _map_zeebe(place: Place, part: Element, into: Json) -> None:
    source, target = part.get("source"), part.get("target")
    if source is None or not target:
        place.error("MISSING_PROPERTY", f"`<{part.tag}>` needs a `source` and a `target`.")
        return
    value = foreign_template(place, source, "feel")
    if value is None:
        return
    _check_order(place, source, into)
    *outer, last = target.split(".")
    if outer and part.local == "output":
        message = f"The target {quoted(target)} would change one property of a variable; set all of it."
        place.error("NOT_SUPPORTED", message)
        return
    for step in outer:
        inner = into.setdefault(step, {})
        if not isinstance(inner, dict):
            place.error("NOT_SUPPORTED", f"The target {quoted(target)} lies within another input.")
            return
        into = inner
    into[last] = value


def _map_camunda(place: Place, part: Element, into: Json) -> None:
    name = part.get("name")
    if not name:
        place.error("MISSING_PROPERTY", f"`<{part.tag}>` needs a `name`.")
        return
    found, value = _camunda_value(place, part, into)
    if found:
        into[name] = value


def _camunda_value(place: Place, part: Element, into: Json) -> tuple[bool, object]:
    """The template of a parameter, an entry or a value: a text, a list or a map; False if there is none."""
    inner = next((child for child in part.children() if child.namespace in CAMUNDA), None)
    if inner is None:
        value = foreign_template(place, part.text.strip(), "juel")
        _check_order(place, part.text, into)
        return value is not None, value
    if inner.local == "list":
        items = [_camunda_value(place, each, into) for each in inner.children()]
        return all(found for found, _ in items), [value for _, value in items]
    if inner.local == "map":
        entries = {each.get("key") or "": _camunda_value(place, each, into) for each in inner.children()}
        values = {key: value for key, (_, value) in entries.items()}
        return all(found for found, _ in entries.values()), values
    place.error("NOT_SUPPORTED", f"`<{inner.tag}>` is not supported.")
    return False, None


def _check_order(place: Place, source: str, earlier: Json) -> None:
    """Refuse a mapping that uses another one's result: here each of them sees what was before all of them."""
    if not source.startswith("=") and "{" not in source:
        return
    names = earlier.keys() & set(re.findall(r"(?<![\w.\"'])[^\W\d]\w*", source))
    if names:
        message = (
            f"{quoted(source)} may use {quoted(min(names))}, which another mapping sets: map them apart."
        )
        place.error("NOT_SUPPORTED", message)


def texts(place: Place, value: str | None, dialect: Dialect) -> str | list[str] | None:
    """A list that is one expression, or names with commas between them."""
    if value is None or not value.strip():
        return None
    mark = value.strip().startswith("=") if dialect == "feel" else "{" in value
    if mark:
        if dialect == "juel" and "," in value:
            place.error("NOT_SUPPORTED", f"{quoted(value)} must be one expression, or names without any.")
            return None
        return foreign_template(place, value.strip(), dialect)
    return [literal(each.strip()) for each in value.split(",") if each.strip()]
