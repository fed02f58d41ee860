"""From JSON to the models of the document, part by part: what is wrong in one hides nothing elsewhere."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails

from workers.flow.document import (
    EVENTS,
    IMPLEMENTATIONS,
    LATER_EVENTS,
    LATER_IMPLEMENTATIONS,
    LATER_NODES,
    NODES,
    TITLES,
    Element,
    Error,
    FlowDocument,
    Header,
    HttpRequest,
    IntermediateCatchEvent,
    Message,
    NodeElement,
    Retry,
    SequenceFlow,
    Throw,
)
from workers.flow.problem import Place, Problems, a, choice, nearest, quoted, suggestion

MAX_NODES = 5_000
MAX_FLOWS = 20_000

T = TypeVar("T", bound=Element)
Steps = list[str | int]


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """One entry of a list of the document. A `damaged` one has lost properties that were wrong."""

    place: Place
    value: T
    damaged: bool


@dataclass(slots=True)
class Parts(Generic[T]):
    """A list of the document: what could be read, and the ids of what could not."""

    read: list[Part[T]] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    complete: bool = True  # whether all that was not read is known by its id


@dataclass(frozen=True, slots=True)
class Reading:
    """A definition as far as it could be read; `header` is None if that could not."""

    header: Part[Header] | None
    nodes: Parts[NodeElement]
    flows: Parts[SequenceFlow]
    messages: Parts[Message]
    errors: Parts[Error]


def read_document(document: dict[str, JsonValue], problems: Problems) -> Reading | None:
    """Read all of a document; None if it is so large that it is not looked at."""
    root = Place(problems)
    for name, limit in (("nodes", MAX_NODES), ("sequenceFlows", MAX_FLOWS)):
        value = document.get(name)
        if isinstance(value, list) and len(value) > limit:
            message = f"A flow has at most {limit:,} {name}, and this one {len(value):,}."
            root.at(name).error("TOO_LARGE", message)
            return None
    lists = {"nodes", "sequenceFlows", "messages", "errors"}
    return Reading(
        _validated(Header, {name: value for name, value in document.items() if name not in lists}, root),
        _read_nodes(document, root.at("nodes")),
        _read_list(SequenceFlow, document.get("sequenceFlows", []), root.at("sequenceFlows")),
        _read_list(Message, document.get("messages", []), root.at("messages")),
        _read_list(Error, document.get("errors", []), root.at("errors")),
    )


def _read_nodes(document: dict[str, JsonValue], place: Place) -> Parts[NodeElement]:
    if "nodes" not in document:
        place.error("MISSING_PROPERTY", "`nodes` is missing: a flow is made of at least one node.")
        return Parts(complete=False)
    parts: Parts[NodeElement] = Parts()
    for index, raw in enumerate(_entries(document["nodes"], place, parts)):
        here = place.at(index).of(_id_of(raw))
        model = _node_model(raw, here)
        _keep(parts, _validated(model, raw, here) if model else None, here.node_id)
    return parts


def _read_list(model: type[T], value: JsonValue, place: Place) -> Parts[T]:
    parts: Parts[T] = Parts()
    for index, raw in enumerate(_entries(value, place, parts)):
        _keep(parts, _validated(model, raw, place.at(index)), _id_of(raw))
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
    type_ = _chosen(raw, "type", [*NODES, "serviceTask"], LATER_NODES, place)
    if type_ is None:
        return None
    if type_ == "serviceTask":
        implementation = _chosen(raw, "implementation", [*IMPLEMENTATIONS], LATER_IMPLEMENTATIONS, place)
        return IMPLEMENTATIONS[implementation] if implementation else None
    model = NODES[type_]
    event = raw.get("event")
    if model in EVENTS and isinstance(event, dict):
        kinds = [*EVENTS[model]]
        if not _chosen(
            event, "type", kinds, LATER_EVENTS, place.at("event"), where=f" for the event of {a(type_)}"
        ):
            return None
    return model


def _chosen(
    raw: dict[str, JsonValue],
    key: str,
    names: list[str],
    later: frozenset[str],
    place: Place,
    *,
    where: str = "",
) -> str | None:
    """The value of a property that decides what an object is, if it is one of `names`."""
    value = raw.get(key)
    here = place.at(key)
    if key not in raw:
        here.error("MISSING_PROPERTY", f"`{key}` is missing{where}: it is {choice(names)}.")
    elif not isinstance(value, str):
        here.error("INVALID_VALUE", f"`{key}` must be a string: {choice(names)}.")
    elif value in names:
        return value
    elif value in later:
        message = f"The {key} {quoted(value)} is not supported{where}; supported is {choice(names)}."
        here.error("NOT_SUPPORTED", message)
    else:
        hint = suggestion(value, [*names, *sorted(later)] if nearest(value, names) is None else names)
        here.error("UNKNOWN_TYPE", f"The {key} {quoted(value)} is unknown{where}; {hint}")
    return None


def _validated(model: type[T], raw: JsonValue, place: Place) -> Part[T] | None:
    """Validate a part; what is wrong in it is reported and left out, or all of it if that does not help."""
    try:
        return Part(place, model.model_validate(raw), damaged=False)
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
    if model is Header:
        return FlowDocument
    if len(steps) > 1 and steps[0] == "event":
        tag = str(steps.pop(1)) if model is IntermediateCatchEvent else next(iter(EVENTS[model]))
        return EVENTS[model][tag]
    if len(steps) > 1:
        return _OWNERS.get(str(steps[0]), model)
    return model


def _remove(value: Any, steps: Steps) -> None:
    """Leave out the property that an error is about."""
    if isinstance(value, dict) and steps:
        if len(steps) > 1 and isinstance(value.get(steps[0]), dict):
            _remove(value[steps[0]], steps[1:])
        else:
            value.pop(steps[0], None)


def _report(owner: type[Element], detail: ErrorDetails, place: Place, name: str) -> None:
    kind = detail["type"]
    title = TITLES.get(owner) or a(owner.__name__[0].lower() + owner.__name__[1:])
    if kind == "missing":
        place.error("MISSING_PROPERTY", f"`{name}` is missing on {title}.")
    elif kind == "extra_forbidden":
        names = [field.alias or key for key, field in owner.model_fields.items()]
        if name in owner.later:
            place.error("NOT_SUPPORTED", f"`{name}` is not supported on {title}.")
        else:
            hint = suggestion(name, names)
            place.error("UNKNOWN_PROPERTY", f"{quoted(name)} is no property of {title}; {hint}")
    elif kind in {"string_pattern_mismatch", "string_too_short", "string_too_long"}:
        message = f"`{name}` must have 1 to 255 characters, none of them a control character."
        place.error("INVALID_ID", message)
    elif name == "schemaVersion":
        place.error("INVALID_VALUE", "`schemaVersion` must be 1, the only version there is.")
    else:
        wanted = _WANTED.get(kind) or detail["msg"].replace("Input should", "must")
        what = quoted(name) if name else title[0].upper() + title[1:]
        place.error("INVALID_VALUE", f"{what} {wanted}.")


_OWNERS: dict[str, type[Element]] = {"retry": Retry, "throws": Throw, "input": HttpRequest}
_WANTED = {
    "bool_type": "must be true or false",
    "dict_type": "must be an object",
    "int_type": "must be a whole number",
    "list_type": "must be an array",
    "model_type": "must be an object",
    "string_type": "must be a string",
}
