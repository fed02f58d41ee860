"""Makes a diagram publishable, on its XML tree and by mechanical rules: names, conditions and nothing else.

What a diagram lacks comes from the `events` and the `choose` and `wait` steps of its case.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.conformance.case import Case, Happening, go
from workers.flow.bpmn.vocabulary import EVENT_DEFINITIONS, JSONATA, MODEL, OURS, THROWING
from workers.flow.bpmn.write import write_xml
from workers.flow.bpmn.xml import Document, Element, read_xml

#: Kinds whose definitions refer to a root element: the attribute of the reference, and that of its value.
_ROOTS = {
    "message": ("messageRef", "name"),
    "signal": ("signalRef", "name"),
    "error": ("errorRef", "errorCode"),
    "escalation": ("escalationRef", "escalationCode"),
}

#: What a node that becomes another kind of task keeps.
_LASTING = ("id", "name", "default", "isForCompensation")


@dataclass(frozen=True, slots=True)
class Completed:
    """A diagram that can be published.

    `choices` is the start data: each flow that may be chosen, false. `joins` are the parallel and inclusive
    gateways with several incoming flows.
    """

    bpmn: bytes
    choices: dict[str, bool]
    joins: frozenset[str]


def complete(case: Case) -> Completed:
    """The diagram of a case, completed."""
    document = read_xml(case.bpmn)
    completion = _Completion(document, case)
    completion.processes()
    completion.conditions()
    completion.events()
    completion.waits()
    return Completed(write_xml(document), completion.choices, frozenset(_joins(document)))


class _Completion:
    def __init__(self, document: Document, case: Case) -> None:
        self.root = document.root
        self.case = case
        elements = [element for element in self.root.walk() if element.namespace == MODEL]
        self.by_id = {element.get("id"): element for element in elements}
        self.choices: dict[str, bool] = {}
        self._roots: dict[tuple[str, str], str] = {}
        prefix, colon, _ = self.root.tag.rpartition(":")
        self._prefix = prefix + colon

    def make(self, tag: str, *content: Element | str, **attributes: str) -> Element:
        return Element(self._prefix + tag, attributes, list(content))

    def processes(self) -> None:
        for process in self.root.children(MODEL, "process"):
            executable = process.get("id") in self.case.processes
            process.attributes["isExecutable"] = "true" if executable else "false"

    def conditions(self) -> None:
        gateways = {choice["gateway"] for choice in self.case.steps_of("choose")}
        flows = [element for element in self.root.walk() if element.local == "sequenceFlow"]
        for flow in flows:
            gateway, id_ = flow.get("sourceRef"), flow.get("id") or ""
            if gateway in gateways and self.by_id[gateway].get("default") != id_:
                _remove(flow, "conditionExpression")
                variable = go(id_)
                self.choices[variable] = False
                name = variable if re.fullmatch(r"\w+", variable) else f"`{variable}`"
                flow.content.append(self.make("conditionExpression", f"= {name}", language=JSONATA))

    def events(self) -> None:
        for id_, happening in self.case.events.items():
            self._complete(id_, self.by_id[id_], happening)
        for node in list(self._silent()):
            # It throws to a pool without a process: it does nothing.
            _remove(node, "messageEventDefinition", "eventDefinitionRef")
            if node.local == "sendTask":
                self._become(node, "task")

    def waits(self) -> None:
        for id_ in self.case.steps_of("wait"):
            node = self.by_id[id_]
            _remove(node, *EVENT_DEFINITIONS, "eventDefinitionRef")
            self._become(node, "userTask")

    def _complete(self, id_: str, node: Element, happening: Happening) -> None:
        kind = "message" if self.case.comes_from_outside(id_) else happening.kind
        if happening.role in {"receive", "send"}:
            node.tag = f"{self._prefix}{happening.role}Task"
            node.attributes["messageRef"] = self._root("message", happening.name or "")
            if happening.role == "send":
                self._carry_choices(node, "data")
            return
        if kind == "link":
            definition = next(node.children(MODEL, "linkEventDefinition"))
            definition.attributes["name"] = happening.name or ""
        elif kind in _ROOTS:
            code = happening.name
            if code is None and happening.throws:
                code = f"only a catch-all catches what {id_} throws"
            _remove(node, *EVENT_DEFINITIONS, "eventDefinitionRef")
            definition = self.make(f"{kind}EventDefinition")
            if code is not None:
                definition.attributes[_ROOTS[kind][0]] = self._root(kind, code)
            node.content.append(definition)
            if happening.throws and kind == "message":
                self._carry_choices(definition, "data")
            elif happening.throws and kind == "signal":
                self._carry_choices(node, "input")

    def _carry_choices(self, element: Element, name: str) -> None:
        """What throws to a start event hands on the choices, which are start data."""
        if self.choices and any(event.role == "start" for event in self.case.events.values()):
            data = {variable: f"= $.`{variable}`" for variable in self.choices}
            properties = Element(
                "procession:properties", {"xmlns:procession": OURS}, [json.dumps({name: data})]
            )
            element.content.insert(0, self.make("extensionElements", properties))

    def _root(self, kind: str, value: str) -> str:
        """The id of the root element with this name or code."""
        if (kind, value) not in self._roots:
            id_ = f"completed-{kind}-{len(self._roots)}"
            self._roots[kind, value] = id_
            self.root.content.insert(0, self.make(kind, id=id_, **{_ROOTS[kind][1]: value}))
        return self._roots[kind, value]

    def _silent(self) -> Iterator[Element]:
        for element in self.root.walk():
            if element.namespace == MODEL and element.get("id") not in self.case.events:
                sends = any(element.children(MODEL, "messageEventDefinition"))
                if element.local == "sendTask" or (element.local in THROWING and sends):
                    yield element

    def _become(self, node: Element, local: str) -> None:
        """Makes it a task of another kind, without the attributes of the kind that it was."""
        node.attributes = {name: node.attributes[name] for name in _LASTING if name in node.attributes}
        node.tag = self._prefix + local


def _remove(element: Element, *locals_: str) -> None:
    element.content = [
        part for part in element.content if not (isinstance(part, Element) and part.local in locals_)
    ]


def _joins(document: Document) -> Iterator[str]:
    arrivals = [flow.get("targetRef") for flow in document.root.walk() if flow.local == "sequenceFlow"]
    for element in document.root.walk():
        id_ = element.get("id")
        if element.local in {"parallelGateway", "inclusiveGateway"} and id_ and arrivals.count(id_) > 1:
            yield id_
