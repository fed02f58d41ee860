"""Checks that messages, errors, signals and escalations to which nodes refer exist."""

from collections.abc import Collection, Iterator
from typing import Any

from workers.flow.compiler.structure import Structure
from workers.flow.document.element import NodeElement
from workers.flow.document.parts import Part, Parts, Reading
from workers.flow.problem import Place, Problems, quoted, suggestion


def check_references(
    part: Part[NodeElement], structure: Structure, reading: Reading, problems: Problems
) -> None:
    """Report the references of a node that name nothing, unless that part could not be read."""
    known: dict[str, tuple[str, Parts[Any], Collection[str]]] = {
        "messageRef": ("message", reading.messages, structure.roots.messages),
        "errorRef": ("error", reading.errors, structure.roots.errors),
        "signalRef": ("signal", reading.signals, structure.roots.signals),
        "escalationRef": ("escalation", reading.escalations, structure.roots.escalations),
    }
    for place, name, id_ in _references(part):
        kind, parts, ids = known[name]
        if id_ in ids or id_ in parts.unread or not parts.complete or problems.full:
            continue
        hint = suggestion(id_, ids)
        place.error("UNKNOWN_REFERENCE", f"{quoted(id_)} names no {kind} of this flow; {hint}")


def _references(part: Part[NodeElement]) -> Iterator[tuple[Place, str, str]]:
    node = part.value
    owners: list[tuple[Place, Any]] = [
        (part.place, node),
        (part.place.at("event"), getattr(node, "event", None)),
    ]
    owners += [(part.place.at("throws", at), throw) for at, throw in enumerate(getattr(node, "throws", ()))]
    for place, owner in owners:
        for attribute, name in _NAMES.items():
            id_ = getattr(owner, attribute, None)
            if id_ is not None:
                yield place.at(name), name, id_


_NAMES = {
    "message_ref": "messageRef",
    "error_ref": "errorRef",
    "signal_ref": "signalRef",
    "escalation_ref": "escalationRef",
}
