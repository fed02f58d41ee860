"""Nodes of a definition as elements: their attributes, event definitions and loops."""

from workers.flow.bpmn.build import attach, formal, make, plain, plain_name, templated
from workers.flow.bpmn.loop_data import named
from workers.flow.bpmn.references import References
from workers.flow.bpmn.source import Json
from workers.flow.bpmn.writing import Writing
from workers.flow.bpmn.xml import Element
from workers.flow.catalogue.events import EVENT_TYPES
from workers.flow.interchange.tags import BY_TYPE

_EVENTS = {each.type: each.bpmn for each in EVENT_TYPES}


def write_node(
    references: References, element: Element, node: Json, rest: Json, parent: Json
) -> list[Element]:
    """Move what has a standard place out of `rest`, to attributes or to the elements that are returned."""
    writing = Writing(references, element, rest, parent)
    if plain_name(rest.get("name")):
        element.attributes["name"] = rest.pop("name")
    writing.reference("default", "sequenceFlows")
    parts = BY_TYPE[node["type"]].bpmn.write(writing)
    writing.flag("isForCompensation", value=True)
    event = rest.get("event")
    if isinstance(event, dict) and str(event.get("type")) in _EVENTS:
        parts.insert(0, _event(references, dict(rest.pop("event")), node))
    if isinstance(rest.get("loop"), dict):
        parts.insert(0, _loop(dict(rest.pop("loop"))))
    return parts


def _event(references: References, rest: Json, node: Json) -> Element:
    bpmn = _EVENTS[rest.pop("type")]
    element = make(bpmn.tag)
    parts = bpmn.write(Writing(references, element, rest, node))
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
