"""Flow nodes: from an element to a node of the document."""

import re

from workers.flow.bpmn.calls import read_call
from workers.flow.bpmn.data import read_data
from workers.flow.bpmn.delegated import read_delegated, read_event_delegated, read_expression, throws_nothing
from workers.flow.bpmn.events import event_definition, message_of, read_event
from workers.flow.bpmn.expressions import label
from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.humans import read_human
from workers.flow.bpmn.jobs import read_event_job, read_job
from workers.flow.bpmn.loops import read_loop
from workers.flow.bpmn.mappings import read_call_mappings, read_mappings
from workers.flow.bpmn.scripts import read_script
from workers.flow.bpmn.source import Json, Reading, documentation_of, titled
from workers.flow.bpmn.vocabulary import ACTIVITIES, EVENTS, REFUSED, THROWING
from workers.flow.bpmn.xml import Element
from workers.flow.problem import quoted

#: A variable, or a path from it, as `translate_feel` writes them.
_PATH = re.compile(r'= (?:\(\$entry := .*; (?:\$entry\()+)?([A-Za-z_]\w*)(?:(?:, "[^"]*"\))+\))?')

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
        node: Json = {"id": id_, "type": "task" if self.kind == "manualTask" else self.kind}
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
            node |= self._gateway()
        self._map(node)
        if self.reading.source.is_zeebe:
            self._keep_output_local(node)
        self.extensions.report_rest()
        return self._with_own(node)

    def _with_own(self, node: Json) -> Json:
        """The node with what our extension adds; what the drawing says counts more."""
        own = dict(self.extensions.own)
        type_ = own.pop("type", node["type"])
        if type_ == "inputTask" and node["type"] == "userTask":
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

    def _refuse(self, name: str, why: str) -> None:
        self.place.error("NOT_SUPPORTED", f"`{name}` on the {titled(self.element)} is not supported: {why}.")

    def _reference(self, name: str) -> Json:
        value = self.element.get(name)
        return {name: self.reading.source.refer(self.element, value)} if value and value.strip() else {}

    def _event(self) -> Json:
        found: Json = {}
        if self.kind == "boundaryEvent":
            found |= self._reference("attachedToRef")
            if "attachedToRef" not in found:
                message = f"The {titled(self.element)} is attached to nothing (`attachedToRef`)."
                self.place.error("MISSING_REFERENCE", message)
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
            found["event"], caught = read_event(self.reading, self.element, definition)
            output = self.extensions.own.get("output", {})
            if caught and isinstance(output, dict):
                found["output"] = output | caught
        elif self.kind in {"boundaryEvent", "intermediateCatchEvent"}:
            self.place.error("MISSING_EVENT", f"The {titled(self.element)} has no event definition.")
        if self.kind == "boundaryEvent" and kind != "compensateEventDefinition":
            self._flag(found, "cancelActivity")
        parent = self.element.parent
        if self.kind == "startEvent" and parent is not None and parent.get("triggeredByEvent"):
            self._flag(found, "isInterrupting")
        return found

    def _flag(self, found: Json, name: str) -> None:
        """Put an attribute that is true by default where it says something else."""
        if not self.reading.flag(self.element, name, default=True):
            found[name] = False

    def _gateway(self) -> Json:
        return self._reference("default")

    def _activity(self) -> Json:
        found = self._reference("default")
        if self.reading.flag(self.element, "isForCompensation", default=False):
            found["isForCompensation"] = True
        loop = read_loop(self.reading, self.element)
        if loop is not None:
            found["loop"] = loop
        job = self._job() if self.kind in _BY_WORKERS else None
        if job is not None:
            return found | {"type": "serviceTask"} | job
        return found | self._work()

    def _job(self) -> Json | None:
        job = read_job(self.extensions)
        if job is None and self.kind != "scriptTask":
            job = read_expression(self.extensions) or read_delegated(self.extensions)
        return job

    def _work(self) -> Json:
        match self.kind:
            case "userTask":
                return read_human(self.extensions)
            case "scriptTask":
                return read_script(self.extensions)
            case "sendTask" | "receiveTask":
                return message_of(self.reading, self.place, self.element, self.element)
            case "callActivity":
                return read_call(self.reading, self.extensions) | read_call_mappings(self.extensions)
            case "subProcess":
                event = self.reading.flag(self.element, "triggeredByEvent", default=False)
                return {"triggeredByEvent": True} if event else {}
            case "businessRuleTask":
                return {"type": "serviceTask"}
        return {}
