"""The table of BPMN says of each attribute and element what becomes of it, and the import does that."""

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tests.unit.bpmn import file
from workers.flow.bpmn.standard import STANDARD
from workers.flow.bpmn.verdict import KINDS, Verdict, contents_of, each_name, is_a
from workers.flow.bpmn.vocabulary import EVENT_DEFINITIONS, MODEL
from workers.flow.bpmn.xml import BpmnError, Document, Element, read_xml
from workers.flow.interchange.read import import_document
from workers.flow.problem import Problem

#: An event definition of each kind, with what it needs.
_DEFINED = {
    "messageEventDefinition": 'messageRef="m"/>',
    "timerEventDefinition": "><timeDuration>PT1S</timeDuration></timerEventDefinition>",
    "signalEventDefinition": 'signalRef="s"/>',
    "errorEventDefinition": 'errorRef="e"/>',
    "escalationEventDefinition": 'escalationRef="x"/>',
    "compensateEventDefinition": 'activityRef="t"/>',
    "cancelEventDefinition": "/>",
    "terminateEventDefinition": "/>",
    "conditionalEventDefinition": "><condition>a</condition></conditionalEventDefinition>",
    "linkEventDefinition": 'name="l"/>',
}
assert _DEFINED.keys() == EVENT_DEFINITIONS


def _events() -> Iterator[str]:
    for tag, rest in _DEFINED.items():
        yield f'<startEvent id="start-{tag}"><{tag} {rest}</startEvent>'
        yield f'<endEvent id="end-{tag}"><{tag} {rest}</endEvent>'
        yield f'<intermediateCatchEvent id="by-{tag}"><eventDefinitionRef>shared-{tag}</eventDefinitionRef>'
        yield "</intermediateCatchEvent>"
    yield '<endEvent id="end"><eventDefinitionRef>shared-terminateEventDefinition</eventDefinitionRef>'
    yield "</endEvent>"


def _data(way: str, source: str, target: str) -> str:
    ends = f"<sourceRef>{source}</sourceRef><targetRef>{target}</targetRef>"
    return f'<data{way}Association id="{source}-{target}">{ends}</data{way}Association>'


_OURS = "<extensionElements><procession:properties>{}</procession:properties></extensionElements>"
_EXTERNAL = _OURS.format('{"implementation": "external", "topic": "t"}')
_LOOP = '<multiInstanceLoopCharacteristics isSequential="true"><loopCardinality>2</loopCardinality>'
#: A file in which everything that runs does so, without a word.
WHOLE = file(
    '<message id="m" name="order"/><signal id="s" name="stop"/><error id="e" errorCode="E"/>'
    '<escalation id="x" escalationCode="X"/><extension definition="tns:x"/>'
    + "".join(f'<{tag} id="shared-{tag}" {rest}' for tag, rest in _DEFINED.items())
    + '<collaboration id="k"><messageFlow id="mf" sourceRef="sends" targetRef="waits" messageRef="m"/>'
    "</collaboration>"
    f'<process id="P" isExecutable="true">{"".join(_events())}<task id="t" default="f1"/>'
    '<manualTask id="manual"/>'
    '<property id="variable" name="approver"/><dataObject id="object"/>'
    '<dataObjectReference id="reference" dataObjectRef="object"/><userTask id="user"><ioSpecification>'
    '<dataInput id="in" name="item"/><dataOutput id="out" name="who"/></ioSpecification>'
    f"{_data('Input', 'reference', 'in')}{_data('Output', 'out', 'variable')}</userTask>"
    '<intermediateCatchEvent id="taken"><dataOutput id="got" name="got"/>'
    f'{_data("Output", "got", "variable")}<messageEventDefinition messageRef="m"/></intermediateCatchEvent>'
    '<intermediateThrowEvent id="given"><dataInput id="sent" name="sent"/>'
    f'{_data("Input", "variable", "sent")}<messageEventDefinition messageRef="m"/></intermediateThrowEvent>'
    '<callActivity id="call" calledElement="tns:P"/>'
    f'<serviceTask id="service">{_EXTERNAL}</serviceTask>'
    f'<businessRuleTask id="rule">{_EXTERNAL}</businessRuleTask>'
    '<scriptTask id="script" scriptFormat="feel"><script>if a then 1 else 2</script></scriptTask>'
    '<sendTask id="send" messageRef="tns:m"/><receiveTask id="receive" messageRef="m"/>'
    '<receiveTask id="waits"/>'
    '<task id="undo" isForCompensation="true"/>'
    '<boundaryEvent id="undone" attachedToRef="t"><compensateEventDefinition/></boundaryEvent>'
    '<association id="as" sourceRef="undone" targetRef="undo"/>'
    '<boundaryEvent id="late" attachedToRef="t" cancelActivity="false"><timerEventDefinition>'
    "<timeDate>2030-01-01T00:00:00Z</timeDate></timerEventDefinition></boundaryEvent>"
    '<boundaryEvent id="often" attachedToRef="t"><timerEventDefinition><timeCycle>R/PT1H</timeCycle>'
    "</timerEventDefinition></boundaryEvent>"
    '<exclusiveGateway id="xor" default="f1"/><inclusiveGateway id="or" default="f1"/>'
    '<parallelGateway id="and"/><eventBasedGateway id="any"/><intermediateThrowEvent id="throw"/>'
    '<subProcess id="sub" triggeredByEvent="true"><startEvent id="inner" isInterrupting="false">'
    '<signalEventDefinition signalRef="s"/></startEvent></subProcess><transaction id="tx"/>'
    '<task id="again"><standardLoopCharacteristics testBefore="true" loopMaximum="3">'
    "<loopCondition>a</loopCondition></standardLoopCharacteristics></task>"
    f'<task id="each">{_LOOP}<completionCondition>a</completionCondition>'
    "</multiInstanceLoopCharacteristics></task>"
    '<task id="over"><multiInstanceLoopCharacteristics><loopDataInputRef>items</loopDataInputRef>'
    '<loopDataOutputRef>all</loopDataOutputRef><inputDataItem name="one"/><outputDataItem name="made"/>'
    "</multiInstanceLoopCharacteristics></task>"
    '<sequenceFlow id="f1" sourceRef="t" targetRef="xor"/>'
    '<sequenceFlow id="f2" sourceRef="xor" targetRef="t"><conditionExpression language="feel">'
    "if a then b else c</conditionExpression></sequenceFlow></process>"
    '<process id="Q" isExecutable="true"><intermediateThrowEvent id="sends"><messageEventDefinition/>'
    "</intermediateThrowEvent></process>",
    ' expressionLanguage="https://docs.jsonata.org"',
)

Outcome = tuple[list[Any], list[list[Problem]]]
Row = tuple[str, str, str]

ROWS: dict[Row, Verdict] = {
    (local, part, name): verdict
    for kinds in STANDARD.values()
    for local, kind in kinds.items()
    for part, verdicts in (("attribute", kind.attributes), ("child", kind.children))
    for name, verdict in each_name(verdicts)
}
#: It matters by its attribute alone, which has a row of its own.
_BY_WHAT_IT_HAS = {("definitions", "child", "extension")}


def _rows(*words: str) -> list[Any]:
    found = [row for row, each in ROWS.items() if each.word in words and row not in _BY_WHAT_IT_HAS]
    return [pytest.param(*row, id="-".join(row)) for row in found]


@cache
def _whole(*without: str) -> Outcome:
    return outcome(read_xml(WHOLE), *without)


def outcome(document: Document, *without: str) -> Outcome:
    """What an import gives, without some keys of the definitions; nothing if it is no BPMN."""
    try:
        processes = import_document(document).processes
    except BpmnError:
        return [], []
    return [_without(each.definition, without) for each in processes], [each.problems for each in processes]


def _without(value: Any, keys: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return {key: _without(each, keys) for key, each in value.items() if key not in keys}
    return [_without(each, keys) for each in value] if isinstance(value, list) else value


def _make(parent: Element, local: str) -> Element:
    child = Element(local, {}, [], parent=parent, namespace=MODEL)
    if contents_of(local).attributes.keys() & {"id"}:
        child.attributes["id"] = f"{local}-made"
    parent.content.append(child)
    return child


def _place(document: Document, kind: str, *, refused: bool) -> tuple[Element, list[str]]:
    """An element of this kind, and what was made for it where the file has none."""
    for element in document.root.walk():
        if is_a(element.local, kind) and element.namespace == MODEL:
            return element, []
    in_file = {each for element in document.root.walk() for each in KINDS if is_a(element.local, each)}
    _, _, above, local = min(
        ((verdict.word == "refused") != refused, above not in in_file, above, local)
        for above in KINDS
        for local, verdict in contents_of(above).children.items()
        if is_a(local, kind) and not is_a(above, kind)
    )
    parent, made = _place(document, above, refused=refused)
    return _make(parent, local), [*made, local]


def _added(local: str, part: str, name: str, value: str, *without: str) -> tuple[Outcome, list[str]]:
    """What comes out with an attribute or a child more, and the names that a problem of it may have."""
    document = read_xml(WHOLE)
    element, made = _place(document, local, refused=ROWS[local, part, name].word == "refused")
    if part == "attribute":
        element.attributes[name] = value
    else:
        _make(element, name).content.append(value)
    return outcome(document, *without), [name, *made]


def test_everything_that_runs_is_imported_without_a_word() -> None:
    _, problems = _whole()
    assert problems == [[], []]


@pytest.mark.parametrize(("local", "part", "name"), _rows("shown"))
def test_what_is_shown_changes_nothing_and_is_no_problem(local: str, part: str, name: str) -> None:
    names = [name] if name in {"name", "documentation"} else []
    after, _ = _added(local, part, name, "tns:v", *names)
    assert after == _whole(*names)


@pytest.mark.parametrize(("local", "part", "name"), _rows("warned", "refused"))
def test_what_is_not_run_is_told_by_its_name(local: str, part: str, name: str) -> None:
    verdict = ROWS[local, part, name]
    (_, problems), names = _added(local, part, name, "true" if verdict.by_reader else "other")
    told = [each for found in problems for each in found]
    assert {each.severity for each in told} == {"error" if verdict.word == "refused" else "warning"}
    assert any(word in each.message for word in names for each in told)


@pytest.mark.parametrize(("local", "part", "name"), _rows("warned", "refused"))
def test_a_value_that_says_what_holds_anyway_is_no_problem(local: str, part: str, name: str) -> None:
    for value in ROWS[local, part, name].unless:
        after, _ = _added(local, part, name, value)
        assert after == _whole()


@pytest.mark.parametrize(("local", "part", "name"), _rows("runs"))
def test_what_runs_is_missed_where_it_is_taken_away(local: str, part: str, name: str) -> None:
    assert any(outcome(each) != _whole() for each in _taken_away(local, part, name))


def _taken_away(local: str, part: str, name: str) -> Iterator[Document]:
    whole = read_xml(WHOLE)
    for at, element in enumerate(whole.root.walk()):
        if not is_a(element.local, local) or element.namespace != MODEL:
            continue
        if part == "attribute" and name not in element.attributes:
            continue
        document = copy.deepcopy(whole)
        here = list(document.root.walk())[at]
        if part == "attribute":
            del here.attributes[name]
            yield document
        else:
            kept = [each for each in here.content if not isinstance(each, Element) or each.local != name]
            if len(kept) < len(here.content):
                here.content = kept
                yield document
