"""Event definitions as the `event` of a node."""

from collections.abc import Callable

from workers.flow.bpmn.cron import read_cron
from workers.flow.bpmn.expressions import condition, template
from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.roots import error_code, escalation_code
from workers.flow.bpmn.source import Json, Reading, named, titled
from workers.flow.bpmn.vocabulary import CATCHING, EVENT_DEFINITIONS, MODEL
from workers.flow.bpmn.walk import walk
from workers.flow.bpmn.xml import Element
from workers.flow.problem import Place, quoted
from workers.flow.values.duration import is_duration

_TIMERS = {"timeDuration": "duration", "timeDate": "date", "timeCycle": "cycle"}
_CAUGHT = {
    "errorCodeVariable": "error.code",
    "errorMessageVariable": "error.message",
    "escalationCodeVariable": "escalation.code",
}
"""How Camunda 7 names the variable for what was caught, and where that is here."""


def event_definition(reading: Reading, node: Element) -> Element | None:
    """The one event definition of a node, that stands in it or that it refers to; two are a problem."""
    found = [child for child in node.children(MODEL) if child.local in EVENT_DEFINITIONS]
    for reference in node.children(MODEL, "eventDefinitionRef"):
        target = reading.source.target(reference, reference.text)
        if target is not None and target.local in EVENT_DEFINITIONS:
            found.append(target)
        else:
            message = f"{quoted(reference.text.strip())} is no event definition of this file."
            reading.at(node).error("UNKNOWN_REFERENCE", message)
    if len(found) > 1:
        message = f"The {titled(node)} has {len(found)} event definitions, and one is supported."
        reading.at(node).error("MULTIPLE_EVENTS", message)
    return found[0] if found else None


def read_event(reading: Reading, node: Element, definition: Element) -> tuple[Json, Json]:
    """The `event` that a definition means for a node, as good as it can be had, and the node's `output`."""
    extensions = Extensions(reading, definition)
    extensions.place = place = reading.within(definition, node)
    if definition.parent is not node:
        walk(reading, definition, owner=node)
    kind = EVENT_DEFINITIONS[definition.local]
    event: Json = {"type": kind} | _Reader(reading, place, node, definition, extensions).read(kind)
    output: Json = {}
    for name, value in _CAUGHT.items() if node.local in CATCHING else ():
        variable = extensions.attribute(name) if name.startswith(kind) else None
        if variable:
            output[variable] = f"{{{value}}}"
    extensions.report_rest()
    return extensions.own | event, output


def message_of(reading: Reading, place: Place, node: Element, holder: Element) -> Json:
    """The `messageRef` that an event definition or a task names, or that a message flow gives it."""
    reference = holder.get("messageRef")
    if reference is None or not reference.strip():
        made = reading.messages.get(node.get("id") or "")
        if made is None:
            place.error("MISSING_REFERENCE", f"The {titled(node)} names no message (`messageRef`).")
            return {}
        return {"messageRef": made}
    return {"messageRef": _known(reading, place, holder, "message", reference)}


def _known(reading: Reading, place: Place, holder: Element, local: str, reference: str) -> str:
    target = reading.source.target(holder, reference)
    if target is None or target.local != local:
        message = f"{quoted(reference)} is no {local} of this file."
        place.error("UNKNOWN_REFERENCE", message)
    return reading.source.refer(holder, reference)


class _Reader:
    def __init__(
        self, reading: Reading, place: Place, node: Element, definition: Element, extensions: Extensions
    ) -> None:
        self.reading = reading
        self.place = place
        self.node = node
        self.definition = definition
        self.extensions = extensions
        self.catching = node.local in CATCHING

    def read(self, kind: str) -> Json:
        match kind:
            case "message":
                return message_of(self.reading, self.place, self.node, self.definition)
            case "timer":
                return self._timer()
            case "signal":
                return self._signal()
            case "error":
                return self._coded("error", error_code)
            case "escalation":
                return self._coded("escalation", escalation_code)
            case "compensation":
                return self._compensation()
            case "conditional":
                return self._conditional()
            case "link":
                return self._link()
        return {}

    def _timer(self) -> Json:
        given = [child for child in self.definition.children(MODEL) if child.local in _TIMERS]
        if len(given) != 1:
            message = (
                f"The timer of the {titled(self.node)} needs one of timeDuration, timeDate and timeCycle."
            )
            self.place.error("INVALID_TIMER", message)
        found = {_TIMERS[each.local]: template(self.reading, self.place, each) for each in given[:1]}
        source = self.reading.source
        if source.is_camunda and not source.is_zeebe and is_duration(found.get("date") or ""):
            found["duration"] = found.pop("date")  # which Camunda 7 takes there too
        if found.get("cycle"):
            found["cycle"] = self._cycle(found["cycle"] or "")
        return {name: value for name, value in found.items() if value is not None}

    def _cycle(self, text: str) -> str:
        source = self.reading.source
        if not source.is_zeebe and not source.is_camunda:
            return text
        cron = read_cron(text, quartz=not source.is_zeebe)
        if cron is None:
            return text
        message = (
            f"{quoted(text)} is read as {quoted(cron)}, in the time zone of the organization: UTC, unless it"
            " was set."
        )
        self.place.warn("CRON_TIME_ZONE", message)
        return cron

    def _signal(self) -> Json:
        reference = self.definition.get("signalRef")
        if reference is None or not reference.strip():
            self.place.error("MISSING_REFERENCE", f"The {titled(self.node)} names no signal (`signalRef`).")
            return {}
        return {"signalRef": _known(self.reading, self.place, self.definition, "signal", reference)}

    def _coded(self, kind: str, code: Callable[[Reading, Element], str | None]) -> Json:
        """An error or an escalation: one that is caught without a code is caught whatever its code is."""
        name = f"{kind}Ref"
        reference = self.definition.get(name)
        if reference is None or not reference.strip():
            if not self.catching:
                message = f"The {titled(self.node)} throws no {kind}: it needs `{name}`."
                self.place.error("MISSING_REFERENCE", message)
            return {}
        target = self.reading.source.target(self.definition, reference)
        if target is not None and target.local == kind and code(self.reading, target) is None:
            if not self.catching:
                message = f"The {kind} {quoted(reference)} has no code, so nothing could tell it from others."
                self.place.error("MISSING_PROPERTY", message)
            return {}
        return {name: _known(self.reading, self.place, self.definition, kind, reference)}

    def _compensation(self) -> Json:
        reference = self.definition.get("activityRef")
        if reference is None or not reference.strip() or self.catching:
            return {}
        return {"activityRef": self.reading.source.refer(self.definition, reference)}

    def _conditional(self) -> Json:
        conditions = list(self.definition.children(MODEL, "condition"))
        if not conditions:
            self.place.error("MISSING_EXPRESSION", f"The {titled(self.node)} has no `condition`.")
            return {}
        found = condition(self.reading, self.place, conditions[0])
        return {} if found is None else {"condition": found}

    def _link(self) -> Json:
        name = named(self.definition)
        if not name:
            self.place.error("MISSING_PROPERTY", f"The link of the {titled(self.node)} has no name.")
            return {}
        return {"name": name}
