"""What a file defines for all of its processes: messages, errors, signals and escalations."""

import re

from workers.flow.bpmn.expressions import translated
from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.source import Json, Reading, named
from workers.flow.bpmn.vocabulary import MODEL
from workers.flow.bpmn.walk import walk
from workers.flow.bpmn.xml import Element
from workers.flow.problem import Place, a, quoted

_LISTS = {"message": "messages", "error": "errors", "signal": "signals", "escalation": "escalations"}


def read_roots(reading: Reading) -> Json:
    """The lists `messages`, `errors`, `signals` and `escalations`; one that is empty is left out."""
    found: dict[str, list[Json]] = {name: [] for name in _LISTS.values()}
    walk(reading, reading.source.root)
    for element in reading.source.root.children(MODEL):
        if element.local in _LISTS:
            entry = _read_root(reading, element)
            if entry is not None:
                found[_LISTS[element.local]].append(entry)
    return {name: entries for name, entries in found.items() if entries}


def error_code(reading: Reading, element: Element) -> str | None:
    return _code(reading, element, "errorCode")


def escalation_code(reading: Reading, element: Element) -> str | None:
    return _code(reading, element, "escalationCode")


def _code(reading: Reading, element: Element, name: str) -> str | None:
    own = reading.source.own(element).properties.get(name)
    return named(element, name) or (own if isinstance(own, str) else None)


def _read_root(reading: Reading, element: Element) -> Json | None:
    extensions = Extensions(reading, element)
    entry: Json = {}
    id_ = reading.source.id_of(element)
    if id_ is None:
        return None  # nothing can refer to it
    if element.local in {"message", "signal"}:
        name = named(element)
        if name:
            entry["name"] = name
            _check_literal(reading, extensions.place, element, "name", name)
    else:
        key = f"{element.local}Code"
        code = _code(reading, element, key)
        if code is None:
            return None  # what catches it catches everything, what throws it is refused
        _check_literal(reading, extensions.place, element, "code", code)
        entry[key] = code
    subscription = extensions.zeebe("subscription")
    if subscription is not None:
        text = subscription.get("correlationKey") or ""
        correlation = translated(extensions.place, text, "feel")
        if correlation is not None:
            entry["correlationKey"] = correlation
    extensions.report_rest()
    return {"id": id_} | extensions.own | entry


def _check_literal(reading: Reading, place: Place, element: Element, what: str, text: str) -> None:
    source = reading.source
    if (source.is_zeebe and text.startswith("=")) or (source.is_camunda and re.search(r"[$#]\{", text)):
        message = (
            f"The {what} of {a(element.local)} is not computed here: {quoted(text)} cannot be used."
            " Write it out, and draw an event for each that there may be."
        )
        place.error("NOT_SUPPORTED", message)
