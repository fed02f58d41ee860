"""Input and output mappings of the vendors as `input` and `output`."""

import re

from workers.flow.bpmn.expressions import (
    Dialect,
    foreign_names,
    foreign_template,
    is_translatable,
    variable_template,
)
from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.source import Json
from workers.flow.bpmn.templated import literal
from workers.flow.bpmn.vocabulary import CAMUNDA, ZEEBE
from workers.flow.bpmn.xml import Element
from workers.flow.problem import Place, quoted


def read_mappings(extensions: Extensions, *, by_worker: bool = False) -> Json:
    """`input` and `output`, where `zeebe:ioMapping` or `camunda:inputOutput` give them.

    `by_worker` says that the scripts among them are left to the worker who does the task.
    """
    given: dict[str, Json] = {"input": {}, "output": {}}
    zeebe = extensions.zeebe("ioMapping")
    if zeebe is not None:
        for part in zeebe.children(ZEEBE):
            if part.local in given:
                _map_zeebe(extensions.place, part, given[part.local])
            else:
                extensions.place.error("NOT_SUPPORTED", f"{quoted(part.tag)} is not supported.")
    # What Camunda 7 maps at a call activity are variables beside those that go over: nobody takes it.
    camunda = None if extensions.element.local == "callActivity" else extensions.camunda("inputOutput")
    if camunda is not None:
        _map_all(extensions.place, camunda, given, by_worker=by_worker)
    return {name: values for name, values in given.items() if values}


def read_connector(place: Place, connector: Element, *, by_worker: bool) -> Json:
    """What a connector of Camunda 7 is called with, and what it gives."""
    given: dict[str, Json] = {"input": {}, "output": {}}
    for mapping in connector.children():
        if mapping.local == "inputOutput":
            _map_all(place, mapping, given, by_worker=by_worker, of_connector=True)
    return {name: values for name, values in given.items() if values}


def _map_all(
    place: Place, mapping: Element, given: dict[str, Json], *, by_worker: bool, of_connector: bool = False
) -> None:
    for part in mapping.children():
        which = {"inputParameter": "input", "outputParameter": "output"}.get(part.local)
        code = _code_of(part, of_connector=of_connector) if by_worker else None
        if which and code and part.get("name"):
            _leave_to_worker(place, part.get("name") or "", code, given, which)
        elif which:
            _map_camunda(place, part, given[which])
        else:
            place.error("NOT_SUPPORTED", f"{quoted(part.tag)} is not supported.")


def _code_of(part: Element, *, of_connector: bool) -> str | None:
    """The code that works a parameter out: a script or, beside a connector, an expression without a twin.

    Such an expression calls what only the connector's engine has, as `S(response)`.
    """
    if any(child.namespace in CAMUNDA and child.local == "script" for child in part.children()):
        return "a script"
    untold = (each.text.strip() for each in part.walk() if not is_translatable(each.text.strip(), "juel"))
    expression = next(untold, None) if of_connector else None
    return None if expression is None else quoted(expression)


def _leave_to_worker(place: Place, name: str, code: str, given: dict[str, Json], which: str) -> None:
    if which == "output":
        given[which][name] = f"{{{name}}}"
        message = f"The worker has to give {quoted(name)}, which {code} gave."
    else:
        message = f"The worker is not told {quoted(name)}, which {code} gave."
    place.warn("SCRIPT_LEFT_TO_WORKER", message)


def read_call_mappings(extensions: Extensions) -> Json:
    """What `camunda:in` passes to the called flow, and `camunda:out` takes back.

    In Camunda 7 and its kin nothing goes over that is not named, here all of it where nothing is.
    """
    source = extensions.reading.source
    given: dict[str, Json] = {}
    if source.is_camunda and not source.is_zeebe:
        given = {name: {} for name in ("input", "output") if name not in extensions.own}
    whole = {"input"} if extensions.attribute("inheritVariables", "true") else set()
    extensions.attribute("inheritVariables", "false")
    for local, name in (("in", "input"), ("out", "output")):
        parts = extensions.camunda_all(local)
        if any(part.attributes == {"variables": "all"} for part in parts):
            whole.add(name)
        for part in parts:
            if part.attributes != {"variables": "all"} and not _is_own_key(part):
                _map_variable(extensions.place, part, given.setdefault(name, {}))
        if name in whole and given.pop(name, {}):
            message = f"`{local}` passes all variables and some by name: pass all, or each by name."
            extensions.place.error("NOT_SUPPORTED", message)
    return given


def _is_own_key(part: Element) -> bool:
    """Whether the called instance gets its caller's key, as it always does here."""
    key = part.get("businessKey") or ""
    return len(part.attributes) == 1 and bool(re.fullmatch(r"[$#]\{execution\.processBusinessKey\}", key))


def _map_variable(place: Place, part: Element, into: Json) -> None:
    extra = part.attributes.keys() - {"source", "sourceExpression", "target", "xmlns"}
    source, target = part.get("source"), part.get("target")
    computed = part.get("sourceExpression")
    if extra or not target or (source is None) == (computed is None):
        shown = " ".join(f'{key}="{value}"' for key, value in part.attributes.items())
        shown = quoted(f"<{part.tag} {shown}>")
        message = f"{shown} is not supported: pass each variable with a `source` and a `target`."
        place.error("NOT_SUPPORTED", message)
        return
    value = foreign_template(place, computed, "juel") if computed else variable_template(place, str(source))
    if value is not None:
        into[target] = value


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
        text = part.text.strip()
        if not text:
            return True, None
        value = foreign_template(place, text, "juel")
        _check_order(place, text, into)
        return value is not None, value
    held = {"list": "value", "map": "entry"}.get(inner.local)
    strange = [each for each in inner.children() if each.local != held] if held else [inner]
    for each in strange:
        place.error("NOT_SUPPORTED", f"`<{each.tag}>` is not supported: give it as a value or an expression.")
    if strange:
        return False, None
    keys = [each.get("key") or "" if held == "entry" else str(at) for at, each in enumerate(inner.children())]
    parts = {key: _camunda_value(place, each, into) for key, each in zip(keys, inner.children(), strict=True)}
    values = {key: value for key, (_, value) in parts.items()}
    return all(found for found, _ in parts.values()), list(values.values()) if held == "value" else values


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
    if dialect == "feel" and value.strip().startswith("="):
        return foreign_template(place, value.strip(), dialect)
    if dialect == "juel" and re.search(r"[$#]\{", value):
        return foreign_names(place, value)
    return [literal(each.strip()) for each in value.split(",") if each.strip()]
