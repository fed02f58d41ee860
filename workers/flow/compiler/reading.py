"""From JSON to the models of the document, part by part: what is wrong in one hides nothing elsewhere."""

from collections.abc import Collection, Iterator
from copy import deepcopy
from typing import Any, TypeVar

from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails

from workers.flow.catalogue import TYPES
from workers.flow.catalogue.http_task import HttpRequest
from workers.flow.catalogue.models import EVENTS, IMPLEMENTATIONS, NODES
from workers.flow.catalogue.service_task import Retry, Throw
from workers.flow.document.activity import LOOPS, MultiInstance, StandardLoop
from workers.flow.document.definition import (
    Association,
    Error,
    Escalation,
    FlowDocument,
    Level,
    Message,
    SequenceFlow,
    Signal,
)
from workers.flow.document.element import Element, NodeElement, constant, models_in
from workers.flow.document.event import EventDefinition
from workers.flow.document.parts import LevelParts, Part, Parts, Reading
from workers.flow.problem import Place, Problems, a, choice, nearest, quoted, suggestion

MAX_NODES = 5_000
MAX_FLOWS = 20_000
MAX_DEPTH = 20

T = TypeVar("T", bound=Element)
Steps = list[str | int]

_LIMITS = {"nodes": MAX_NODES, "sequenceFlows": MAX_FLOWS, "associations": MAX_FLOWS}
_LISTS: dict[str, list[JsonValue]] = {name: [] for name in _LIMITS}
_ROOTS: dict[str, list[JsonValue]] = {name: [] for name in ("messages", "errors", "signals", "escalations")}


def read_document(document: dict[str, JsonValue], problems: Problems) -> Reading | None:
    """Read all of a document; None if it is so large that it is not looked at."""
    root = Place(problems)
    for name, count in _sizes(document).items():
        if count > _LIMITS[name]:
            message = f"A flow has at most {_LIMITS[name]:,} {name}, and this one {count:,}."
            root.at(name).error("TOO_LARGE", message)
            return None
    return Reading(
        _validated(FlowDocument, {**document, **_LISTS, **_ROOTS}, root),
        list(_read_levels(document, root)),
        _read_list(Message, document.get("messages", []), root.at("messages")),
        _read_list(Error, document.get("errors", []), root.at("errors")),
        _read_list(Signal, document.get("signals", []), root.at("signals")),
        _read_list(Escalation, document.get("escalations", []), root.at("escalations")),
    )


def _sizes(document: dict[str, JsonValue]) -> dict[str, int]:
    """How many entries the lists of all levels have, as deep as they are read."""
    sizes = dict.fromkeys(_LIMITS, 0)
    left: list[tuple[dict[str, JsonValue], int]] = [(document, 0)]
    while left:
        level, depth = left.pop()
        for name in sizes:
            entries = level.get(name)
            sizes[name] += len(entries) if isinstance(entries, list) else 0
        if depth < MAX_DEPTH:
            left += [(raw, depth + 1) for _, raw in _sub_processes(level)]
    return sizes


def _sub_processes(level: dict[str, JsonValue]) -> Iterator[tuple[int, dict[str, JsonValue]]]:
    nodes = level.get("nodes")
    for index, raw in enumerate(nodes if isinstance(nodes, list) else ()):
        if isinstance(raw, dict) and isinstance(type_ := raw.get("type"), str) and type_ in _WITH_NODES:
            yield index, raw


def _read_levels(
    raw: dict[str, JsonValue], place: Place, owner: str | None = None, depth: int = 0
) -> Iterator[LevelParts]:
    """The level of a process or a sub-process, then those below it."""
    yield LevelParts(
        place.at("nodes"),
        owner,
        _read_nodes(raw, place.at("nodes")),
        _read_list(SequenceFlow, raw.get("sequenceFlows", []), place.at("sequenceFlows")),
        _read_list(Association, raw.get("associations", []), place.at("associations")),
    )
    for index, each in _sub_processes(raw):
        id_ = _id_of(each)
        here = place.at("nodes", index).of(id_)
        if depth == MAX_DEPTH:
            here.error("TOO_DEEP", f"Sub-processes can be nested {MAX_DEPTH} deep at most.")
            continue
        levels = list(_read_levels(each, here, id_, depth + 1))
        if id_ is not None:  # else nothing can refer to it, and what is wrong in it has been said
            yield from levels


def _read_nodes(raw: dict[str, JsonValue], place: Place) -> Parts[NodeElement]:
    if "nodes" not in raw:
        place.error("MISSING_PROPERTY", "`nodes` is missing: what stands in a process is a list of nodes.")
        return Parts(complete=False)
    parts: Parts[NodeElement] = Parts()
    for index, each in enumerate(_entries(raw["nodes"], place, parts)):
        here = place.at(index).of(_id_of(each))
        model, shell = _node_model(each, here), each
        if model and isinstance(each, dict) and issubclass(model, Level):
            shell = {**each, **_LISTS}  # which are read for themselves
        _keep(parts, _validated(model, shell, here) if model else None, here.node_id)
    return parts


def _read_list(model: type[T], value: JsonValue, place: Place) -> Parts[T]:
    parts: Parts[T] = Parts()
    for index, raw in enumerate(_entries(value, place, parts)):
        here = place.at(index).of(_id_of(raw))
        _keep(parts, _validated(model, raw, here), here.node_id)
    return parts


def _entries(value: JsonValue, place: Place, parts: Parts[Any]) -> list[JsonValue]:
    if isinstance(value, list):
        return value
    place.error("INVALID_VALUE", f"{quoted(place.path)} must be an array.")
    parts.complete = False
    return []


def _keep(parts: Parts[T], part: Part[T] | None, id_: str | None) -> None:
    if part:
        parts.read.append(part)
    elif id_ is None:
        parts.complete = False
    else:
        parts.unread.add(id_)


def _id_of(raw: JsonValue) -> str | None:
    value = raw.get("id") if isinstance(raw, dict) else None
    return value if isinstance(value, str) and 0 < len(value) <= 255 else None


def _node_model(raw: JsonValue, place: Place) -> type[NodeElement] | None:
    """The model for a node's `type`, `implementation` and type of event; None if that is wrong."""
    if not isinstance(raw, dict):
        place.error("INVALID_VALUE", "A node must be an object.")
        return None
    type_ = _chosen(raw, "type", NODES, _OTHER_NODES, place)
    if type_ is None:
        return None
    if type_ == "serviceTask":
        implementation = _chosen(raw, "implementation", IMPLEMENTATIONS, (), place)
        return IMPLEMENTATIONS[implementation] if implementation else None
    model, event = NODES[type_], raw.get("event")
    if model in EVENTS and isinstance(event, dict):
        where = f" for the event of {a(type_)}"
        if not _chosen(event, "type", EVENTS[model], _ALL_EVENTS, place.at("event"), where=where):
            return None
    return model


def _chosen(
    raw: dict[str, JsonValue],
    key: str,
    names: Collection[str],
    elsewhere: Collection[str],
    place: Place,
    *,
    where: str = "",
) -> str | None:
    """The value of a property that decides what an object is, if it is one of `names`.

    `elsewhere` are other names that mean something in BPMN.
    """
    value = raw.get(key)
    here = place.at(key)
    if key not in raw:
        here.error("MISSING_PROPERTY", f"`{key}` is missing{where}: it is {choice(names)}.")
    elif not isinstance(value, str):
        here.error("INVALID_VALUE", f"`{key}` must be a string: {choice(names)}.")
    elif value in names:
        return value
    elif value in elsewhere:
        message = f"The {key} {quoted(value)} is not supported{where}; supported is {choice(names)}."
        here.error("NOT_SUPPORTED", message)
    else:
        hint = suggestion(value, [*names, *sorted(elsewhere)] if nearest(value, names) is None else names)
        here.error("UNKNOWN_TYPE", f"The {key} {quoted(value)} is unknown{where}; {hint}")
    return None


def _validated(model: type[T], raw: JsonValue, place: Place) -> Part[T] | None:
    """Validate a part; what is wrong in it is reported and left out, or all of it if that does not help."""
    told = place.node_id in place.problems.told  # something of it may have been lost before
    try:
        return Part(place, model.model_validate(raw), damaged=told)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
    rest = deepcopy(raw)
    for detail in found:
        steps = list(detail["loc"])
        owner = _owner(model, steps)
        if not place.problems.full:
            _report(owner, detail, place.at(*steps), str(steps[-1]) if steps else "")
        _remove(rest, steps)
    try:
        return Part(place, model.model_validate(rest), damaged=True)
    except ValidationError:
        return None


def _owner(model: type[Element], steps: Steps) -> type[Element]:
    """The model of the object that an error's property stands in; takes the tag of a union out of `steps`."""
    if len(steps) < 2:
        return model
    if steps[0] == "event":
        return EVENTS[model][str(steps.pop(1))]
    if steps[0] == "loop":
        return LOOPS[str(steps.pop(1))]
    fields = (field for field in model.model_fields.values() if field.alias == steps[0])
    return next((inner for field in fields for inner in models_in(field.annotation)), model)


def _remove(value: Any, steps: Steps) -> None:
    """Leave out the property that an error is about."""
    if isinstance(value, dict) and steps:
        if len(steps) > 1 and isinstance(value.get(steps[0]), dict):
            _remove(value[steps[0]], steps[1:])
        else:
            value.pop(steps[0], None)


def _report(owner: type[Element], detail: ErrorDetails, place: Place, name: str) -> None:
    kind, title = detail["type"], _title(owner)
    if kind == "missing":
        place.error("MISSING_PROPERTY", f"`{name}` is missing on {title}.")
    elif kind == "extra_forbidden":
        names = [field.alias or key for key, field in owner.model_fields.items()]
        if name in owner.refused:
            place.error("NOT_SUPPORTED", f"`{name}` is not supported on {title}{_WHY.get(name, '')}.")
        else:
            hint = suggestion(name, names)
            place.error("UNKNOWN_PROPERTY", f"{quoted(name)} is no property of {title}; {hint}")
    elif name in _RULES:
        place.error("INVALID_VALUE", f"`{name}` must be {_RULES[name]}.")
    elif kind in {"string_pattern_mismatch", "string_too_short", "string_too_long"}:
        message = f"`{name}` must have 1 to 255 characters, none of them a control character."
        place.error("INVALID_ID", message)
    else:
        wanted = _WANTED.get(kind) or detail["msg"].replace("Input should", "must")
        what = quoted(name) if name else title[0].upper() + title[1:]
        place.error("INVALID_VALUE", f"{what} {wanted}.")


def _title(owner: type[Element]) -> str:
    if issubclass(owner, EventDefinition):
        return a(constant(owner, "type")) + " event"
    return _TITLES[owner]


#: What BPMN has and the language has not.
_OTHER_NODES = frozenset({"adHocSubProcess", "businessRuleTask", "complexGateway", "manualTask"})
_WITH_NODES = frozenset(type_ for type_, model in NODES.items() if issubclass(model, Level))
_ALL_EVENTS = sorted({kind for kinds in EVENTS.values() for kind in kinds})
_TITLES: dict[type[Element], str] = {
    **{each.model: each.noun for each in TYPES},
    Association: "an association",
    Error: "an error",
    Escalation: "an escalation",
    FlowDocument: "the flow",
    HttpRequest: "the input of an http serviceTask",
    Message: "a message",
    MultiInstance: "a multi-instance loop",
    Retry: "`retry`",
    SequenceFlow: "a sequence flow",
    Signal: "a signal",
    StandardLoop: "a standard loop",
    Throw: "an entry of `throws`",
}
_WHY = {"cycle": " here: a cycle works at a startEvent, and at an event that does not interrupt"}
_RULES = {
    "processId": "a flow's UUID or the BPMN id of its process, and no template",
    "schemaVersion": "1, the only version there is",
    "versionNumber": 'the number of a version as a string, such as "3"',
}
_WANTED = {
    "bool_type": "must be true or false",
    "dict_type": "must be an object",
    "int_type": "must be a whole number",
    "list_type": "must be an array",
    "model_attributes_type": "must be an object",
    "model_type": "must be an object",
    "string_type": "must be a string",
}
