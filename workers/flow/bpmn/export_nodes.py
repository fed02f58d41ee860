"""Nodes of a definition as elements: their attributes, event definitions and loops."""

from workers.flow.bpmn.build import attach, formal, make, plain, plain_name, templated
from workers.flow.bpmn.loop_data import named
from workers.flow.bpmn.references import References
from workers.flow.bpmn.source import Json
from workers.flow.bpmn.vocabulary import EVENT_DEFINITIONS
from workers.flow.bpmn.xml import Element

_DEFINITIONS = {kind: tag for tag, kind in EVENT_DEFINITIONS.items()}
_REFERENCES = {
    "messageRef": "messages",
    "signalRef": "signals",
    "errorRef": "errors",
    "escalationRef": "escalations",
    "activityRef": "nodes",
}
_TIMERS = {"date": "timeDate", "duration": "timeDuration", "cycle": "timeCycle"}


def write_node(
    references: References, element: Element, node: Json, rest: Json, parent: Json
) -> list[Element]:
    """Move what has a standard place out of `rest`, to attributes or to the elements that are returned."""
    kind, event = node["type"], node.get("event")
    if plain_name(rest.get("name")):
        element.attributes["name"] = rest.pop("name")
    references.put(element, rest, "default", "sequenceFlows")
    references.put(element, rest, "attachedToRef", "nodes")
    if kind in {"sendTask", "receiveTask"}:
        references.put(element, rest, "messageRef", "messages")
    compensation = isinstance(event, dict) and event.get("type") == "compensation"
    if kind == "boundaryEvent" and not compensation:
        _flag(element, rest, "cancelActivity", value=False)
    if kind == "startEvent" and parent.get("triggeredByEvent") is True:
        _flag(element, rest, "isInterrupting", value=False)
    if kind == "subProcess":
        _flag(element, rest, "triggeredByEvent", value=True)
    _flag(element, rest, "isForCompensation", value=True)
    called = rest.get("processId")
    if kind == "callActivity" and isinstance(called, str) and references.is_free(called):
        element.attributes["calledElement"] = rest.pop("processId")
    parts = []
    if isinstance(rest.get("loop"), dict):
        parts.append(_loop(dict(rest.pop("loop"))))
    if isinstance(event, dict) and str(event.get("type")) in _DEFINITIONS:
        parts.append(_event(references, dict(rest.pop("event"))))
    script = rest.get("script")
    if kind == "scriptTask" and plain(script) and script.startswith("="):
        element.attributes["scriptFormat"] = "jsonata"
        parts.append(make("script", script))
        del rest["script"]
    return parts


def _flag(element: Element, rest: Json, name: str, *, value: bool) -> None:
    """Write a boolean that is not the default; one that is stays among our properties."""
    if rest.get(name) is value:
        element.attributes[name] = "true" if value else "false"
        del rest[name]


def _event(references: References, rest: Json) -> Element:
    kind = rest.pop("type")
    element = make(_DEFINITIONS[kind])
    for name, where in _REFERENCES.items():
        references.put(element, rest, name, where)
    if kind == "link" and plain_name(rest.get("name")):
        element.attributes["name"] = rest.pop("name")
    parts = []
    if kind == "timer":
        given = [name for name in _TIMERS if plain(rest.get(name))][:1]
        parts += [templated(_TIMERS[name], rest.pop(name)) for name in given]
    if kind == "conditional" and plain(rest.get("condition")):
        parts.append(formal("condition", rest.pop("condition")))
    attach(element, rest)
    element.content += parts
    return element


def _loop(rest: Json) -> Element:
    standard = not rest.keys().isdisjoint({"while", "maxIterations", "testBefore"})
    return _standard(rest) if standard else _multi(rest)


def _standard(rest: Json) -> Element:
    element = make("standardLoopCharacteristics")
    element.attributes["testBefore"] = "false" if rest.get("testBefore") is False else "true"
    if rest.get("testBefore") is False:
        del rest["testBefore"]
    most = rest.get("maxIterations")
    if type(most) is int and 0 <= most < 10**9:
        element.attributes["loopMaximum"] = str(rest.pop("maxIterations"))
    parts = [formal("loopCondition", rest.pop("while"))] if plain(rest.get("while")) else []
    attach(element, rest)
    element.content += parts
    return element


def _multi(rest: Json) -> Element:
    element = make("multiInstanceLoopCharacteristics")
    if rest.get("sequential") is True:
        element.attributes["isSequential"] = "true"
        del rest["sequential"]
    parts = []
    cardinality = rest.get("cardinality")
    if type(cardinality) is int and 0 <= cardinality < 10**9:
        parts.append(make("loopCardinality", str(rest.pop("cardinality"))))
    elif plain(cardinality) and not str(cardinality).isdecimal():
        parts.append(templated("loopCardinality", rest.pop("cardinality")))
    parts += _loop_data(rest)
    if plain(rest.get("completionCondition")):
        parts.append(formal("completionCondition", rest.pop("completionCondition")))
    attach(element, rest)
    element.content += parts
    return element


def _loop_data(rest: Json) -> list[Element]:
    """What names variables, in BPMN's own words and order; what is computed stays among our properties."""
    parts = []
    for name, tag in (("collection", "loopDataInputRef"), ("outputCollection", "loopDataOutputRef")):
        variable = named(rest.get(name), templated=name == "collection")
        if variable is not None:
            parts.append(make(tag, variable))
            del rest[name]
    for name, tag in (("elementVariable", "inputDataItem"), ("outputElement", "outputDataItem")):
        variable = named(rest.get(name), templated=name == "outputElement")
        if variable is not None:
            parts.append(make(tag, name=variable))
            del rest[name]
    return parts
