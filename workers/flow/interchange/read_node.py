"""Flow nodes: from an element to a node of the document."""

import re

from workers.flow.bpmn.data import read_data
from workers.flow.bpmn.delegated import read_delegated, read_event_delegated, read_expression, throws_nothing
from workers.flow.bpmn.events import EventElement, event_definition
from workers.flow.bpmn.expressions import label
from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.jobs import read_event_job, read_job
from workers.flow.bpmn.loops import read_loop
from workers.flow.bpmn.mappings import read_mappings
from workers.flow.bpmn.source import Json, Reading, documentation_of, titled
from workers.flow.bpmn.vocabulary import ACTIVITIES, CATCHING, EVENTS, REFUSED, THROWING
from workers.flow.bpmn.walk import walk
from workers.flow.bpmn.xml import Element
from workers.flow.interchange.tags import BY_TYPE, EVENT_BY_TAG, TYPE_BY_TAG
from workers.flow.problem import quoted

#: A variable, or a path from it, as `translate_feel` writes them.
_PATH = re.compile(r'= (?:\(\$entry := .*; (?:\$entry\()+)?([A-Za-z_]\w*)(?:(?:, "[^"]*"\))+\))?')

_CAUGHT = {
    "errorCodeVariable": "error.code",
    "errorMessageVariable": "error.message",
    "escalationCodeVariable": "escalation.code",
}
"""How Camunda 7 names the variable for what was caught, and where that is here."""

_BY_WORKERS = frozenset({"serviceTask", "sendTask", "businessRuleTask", "scriptTask"})


def read_node(reading: Reading, element: Element) -> Json:
    """The node that an element means, without what lies in a sub-process."""
    id_ = reading.source.id_of(element) or ""
    if element.local in REFUSED:
        return {"id": id_, "type": element.local}
    return _Reader(reading, element).read(id_)


class _Reader:
    def __init__(self, reading: Reading, element: Element) -> None:
        self.reading = reading
        self.element = element
        self.kind = element.local
        self.extensions = Extensions(reading, element)
        self.place = self.extensions.place

    def read(self, id_: str) -> Json:
        node: Json = {"id": id_, "type": TYPE_BY_TAG[self.kind].type}
        name = label(self.reading, self.place, self.element)
        if name is not None:
            node["name"] = name
        documentation = documentation_of(self.element)
        if documentation is not None:
            node["documentation"] = documentation
        if self.kind in EVENTS:
            node |= self._event()
        elif self.kind in ACTIVITIES:
            node |= self._activity()
        else:
            node |= self.extensions.reference("default")
        self._map(node)
        if self.reading.source.is_zeebe:
            self._keep_output_local(node)
        self.extensions.report_rest()
        return self._with_own(node)

    def _with_own(self, node: Json) -> Json:
        """The node with what our extension adds; what the drawing says counts more."""
        own = dict(self.extensions.own)
        type_ = own.pop("type", node["type"])
        if type_ in BY_TYPE and BY_TYPE[type_].bpmn.tag == BY_TYPE[node["type"]].bpmn.tag:
            node["type"] = type_
        elif type_ != node["type"]:
            message = f"A {self.kind} cannot become {quoted(str(type_))}."
            self.place.error("INVALID_EXTENSION", message)
        whole = own | node
        if whole["type"] == "serviceTask" and "implementation" not in whole:
            hint = (
                "a zeebe:taskDefinition, camunda:type external, or `implementation` in procession:properties"
            )
            message = f"Nothing says what the {titled(self.element)} does: give it {hint}."
            self.place.error("MISSING_IMPLEMENTATION", message)
        return whole

    def _map(self, node: Json) -> None:
        external = node.get("implementation") == "external"
        by_worker = external and self.reading.source.options.external_scripts
        for name, values in read_mappings(self.extensions, by_worker=by_worker).items():
            if name == "input" and "headers" in values and "headers" in node.get(name, {}):
                node[name]["taskHeaders"] = node[name].pop("headers")  # an input of its own has the name
            clash = values.keys() & node.get(name, {}).keys()
            if clash:
                message = f"{quoted(min(clash))} is mapped twice as `{name}`."
                self.place.error("DUPLICATE_MAPPING", message)
            node[name] = node.get(name, {}) | values
        for name, values in read_data(self.reading, self.element).items():
            self._put_data(node, name, values)

    def _put_data(self, node: Json, name: str, values: Json) -> None:
        """Give the node what its data associations map, where our own extension does not say it."""
        into, own, event = node, self.extensions.own, node.get("event", {})
        if name == "input" and self.kind in THROWING and event.get("type") == "message":
            into, own, name = event, event, "data"
        elif name == "input" and node["type"] == "sendTask":
            name = "data"
        if name not in own:
            into[name] = values

    def _keep_output_local(self, node: Json) -> None:
        """In Zeebe the variable that an `outputElement` names is local to each body."""
        loop, output = node.get("loop", {}), node.get("output")
        found = _PATH.fullmatch(str(loop.get("outputElement")))
        if found is None or found[1] in {loop.get("elementVariable"), "loopCounter", *node.get("input", {})}:
            return
        # What these have as `input` is what they pass on, and no variable of theirs.
        passes_all = node["type"] == "callActivity" and "input" not in node
        if node["type"] != "serviceTask" and not passes_all:
            node["input"] = {**node.get("input", {}), found[1]: None}
            return
        sets = ", and sets it there" if output is None or found[1] in output else ""
        message = (
            f"The variable {quoted(found[1])} is local to each body in Zeebe."
            f" Here a body that is not given it takes that of the scope around the loop{sets}."
        )
        self.place.warn("OUTPUT_NOT_LOCAL", message)

    def _event(self) -> Json:
        found: Json = {}
        initiator = self.extensions.attribute("initiator")
        if initiator:
            message = f"Nothing sets {quoted(initiator)} to who starts it: give it with the start data."
            self.place.warn("INITIATOR_NOT_SET", message)
        definition = event_definition(self.reading, self.element)
        kind = definition.local if definition is not None else None
        if self.kind in THROWING and kind == "messageEventDefinition":
            job = read_event_job(self.extensions, definition)
            job = job or read_event_delegated(self.extensions, definition)
            if job is not None:  # the vendors let a worker send it, which makes it a task
                return {"type": "serviceTask", **job}
            if throws_nothing(self.reading, self.element, definition):
                message = (
                    f"The {titled(self.element)} throws nothing, as in Camunda 7: it names no message, and"
                    " nothing that sends one."
                )
                self.place.warn("NOTHING_THROWN", message)
                return found
        if definition is not None:
            found["event"], caught = _read_event(self.reading, self.element, definition)
            output = self.extensions.own.get("output", {})
            if caught and isinstance(output, dict):
                found["output"] = output | caught
        elif self.kind in {"boundaryEvent", "intermediateCatchEvent"}:
            self.place.error("MISSING_EVENT", f"The {titled(self.element)} has no event definition.")
        return found | self._own_reading(found)

    def _own_reading(self, node: Json) -> Json:
        """What only the type of the node says."""
        return TYPE_BY_TAG[self.kind].bpmn.read(self.extensions, node)

    def _activity(self) -> Json:
        found = self.extensions.reference("default")
        found |= self.extensions.flag("isForCompensation", default=False)
        loop = read_loop(self.reading, self.element)
        if loop is not None:
            found["loop"] = loop
        job = self._job() if self.kind in _BY_WORKERS else None
        if job is not None:
            return found | {"type": "serviceTask"} | job
        return found | self._own_reading(found)

    def _job(self) -> Json | None:
        job = read_job(self.extensions)
        if job is None and self.kind != "scriptTask":
            job = read_expression(self.extensions) or read_delegated(self.extensions)
        return job


def _read_event(reading: Reading, node: Element, definition: Element) -> tuple[Json, Json]:
    """The `event` that a definition means for a node, as good as it can be had, and the node's `output`."""
    extensions = Extensions(reading, definition)
    extensions.place = place = reading.within(definition, node)
    if definition.parent is not node:
        walk(reading, definition, owner=node)
    type_ = EVENT_BY_TAG[definition.local]
    event: Json = {"type": type_.type} | type_.bpmn.read(EventElement(reading, place, node, definition))
    output: Json = {}
    for name, value in _CAUGHT.items() if node.local in CATCHING else ():
        variable = extensions.attribute(name) if name.startswith(type_.type) else None
        if variable:
            output[variable] = f"{{{value}}}"
    extensions.report_rest()
    return extensions.own | event, output
