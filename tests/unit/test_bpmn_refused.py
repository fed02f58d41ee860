"""What would not run as it is drawn is refused, with the element's id and name."""

import pytest

from tests.unit.bpmn import ROOTS, errors, imported, only

# What would not run as it is drawn: the element, its id and the code.
REFUSED: dict[str, tuple[str, str, str]] = {
    "complex gateway": ('<complexGateway id="x"/>', "x", "NOT_SUPPORTED"),
    "ad-hoc sub-process": ('<adHocSubProcess id="x"><task id="y"/></adHocSubProcess>', "x", "NOT_SUPPORTED"),
    "business rule": ('<businessRuleTask id="x"/>', "x", "MISSING_IMPLEMENTATION"),
    "service task that does nothing": ('<serviceTask id="x"/>', "x", "MISSING_IMPLEMENTATION"),
    "choreography task": ('<choreographyTask id="x"/>', "x", "NOT_SUPPORTED"),
    "unknown element": ('<quantumTask id="x"/>', "x", "UNKNOWN_ELEMENT"),
    "several events": (
        (
            '<startEvent id="x"><signalEventDefinition signalRef="s"/>'
            '<messageEventDefinition messageRef="m"/></startEvent>'
        ),
        "x",
        "MULTIPLE_EVENTS",
    ),
    "parallel events": (
        (
            '<startEvent id="x" parallelMultiple="true"><signalEventDefinition signalRef="s"/>'
            '<messageEventDefinition messageRef="m"/></startEvent>'
        ),
        "x",
        "MULTIPLE_EVENTS",
    ),
    "instantiating gateway": ('<eventBasedGateway id="x" instantiate="true"/>', "x", "NOT_SUPPORTED"),
    "parallel event gateway": (
        '<eventBasedGateway id="x" eventGatewayType="Parallel"/>',
        "x",
        "NOT_SUPPORTED",
    ),
    "instantiating task": ('<receiveTask id="x" instantiate="true" messageRef="m"/>', "x", "NOT_SUPPORTED"),
    "message without definition": ('<receiveTask id="x"/>', "x", "MISSING_REFERENCE"),
    "unknown message": ('<receiveTask id="x" messageRef="zzz"/>', "x", "UNKNOWN_REFERENCE"),
    "a reference to something else": ('<receiveTask id="x" messageRef="s"/>', "x", "UNKNOWN_REFERENCE"),
    "signal without definition": (
        '<endEvent id="x"><signalEventDefinition/></endEvent>',
        "x",
        "MISSING_REFERENCE",
    ),
    "error thrown without a code": (
        '<endEvent id="x"><errorEventDefinition errorRef="e0"/></endEvent>',
        "x",
        "MISSING_PROPERTY",
    ),
    "error thrown without an error": (
        '<endEvent id="x"><errorEventDefinition/></endEvent>',
        "x",
        "MISSING_REFERENCE",
    ),
    "boundary event attached to nothing": (
        '<boundaryEvent id="x"><signalEventDefinition signalRef="s"/></boundaryEvent>',
        "x",
        "MISSING_REFERENCE",
    ),
    "boundary event without event": ('<boundaryEvent id="x" attachedToRef="t"/>', "x", "MISSING_EVENT"),
    "timer without time": (
        '<intermediateCatchEvent id="x"><timerEventDefinition/></intermediateCatchEvent>',
        "x",
        "INVALID_TIMER",
    ),
    "link without name": (
        '<intermediateThrowEvent id="x"><linkEventDefinition/></intermediateThrowEvent>',
        "x",
        "MISSING_PROPERTY",
    ),
    "throw that goes on before compensation ends": (
        '<endEvent id="x"><compensateEventDefinition waitForCompletion="false"/></endEvent>',
        "x",
        "NOT_SUPPORTED",
    ),
    "quantities": ('<task id="x" startQuantity="2"/>', "x", "NOT_SUPPORTED"),
    "transaction method": (
        '<transaction id="x" method="##Store"><task id="y"/></transaction>',
        "x",
        "NOT_SUPPORTED",
    ),
    "call of nothing": ('<callActivity id="x"/>', "x", "MISSING_REFERENCE"),
    "call of a global task": ('<callActivity id="x" calledElement="gt"/>', "x", "NOT_SUPPORTED"),
    "misspelt attribute": ('<subProcess id="x" triggerdByEvent="true"/>', "x", "UNKNOWN_ATTRIBUTE"),
    "boolean that is none": ('<task id="x" isForCompensation="yes"/>', "x", "INVALID_VALUE"),
    "script in another language": (
        '<scriptTask id="x" scriptFormat="groovy"><script>1</script></scriptTask>',
        "x",
        "NOT_SUPPORTED",
    ),
    "script task without script": ('<scriptTask id="x"/>', "x", "MISSING_PROPERTY"),
    "multi-instance over nothing": (
        '<task id="x"><multiInstanceLoopCharacteristics/></task>',
        "x",
        "MISSING_PROPERTY",
    ),
    "multi-instance over computed data": (
        (
            '<task id="x"><ioSpecification><dataInput id="d"/><inputSet/><outputSet/></ioSpecification>'
            "<dataInputAssociation><sourceRef>p</sourceRef><targetRef>d</targetRef>"
            "<transformation>p</transformation></dataInputAssociation><multiInstanceLoopCharacteristics>"
            "<loopDataInputRef>d</loopDataInputRef></multiInstanceLoopCharacteristics></task>"
        ),
        "x",
        "NOT_SUPPORTED",
    ),
    "loop more often than it can": (
        '<task id="x"><standardLoopCharacteristics loopMaximum="5000"/></task>',
        "x",
        "INVALID_VALUE",
    ),
    "loop that nothing ends": (
        '<task id="x"><standardLoopCharacteristics loopMaximum="0"/></task>',
        "x",
        "INVALID_VALUE",
    ),
    "multi-instance that throws": (
        (
            '<task id="x"><multiInstanceLoopCharacteristics behavior="One">'
            "<loopCardinality>1</loopCardinality></multiInstanceLoopCharacteristics></task>"
        ),
        "x",
        "NOT_SUPPORTED",
    ),
    "element in no namespace": ('<task xmlns="" id="x"/>', "x", "UNKNOWN_ELEMENT"),
    "extension in the wrong place": ('<procession:properties id="x"/>', "x", "UNKNOWN_ELEMENT"),
    "correlation subscription": ('<correlationSubscription id="x"/>', "x", "NOT_SUPPORTED"),
    "flow to nowhere": ('<sequenceFlow id="x" sourceRef="t" targetRef="gone"/>', "x", "UNKNOWN_REFERENCE"),
    "flow without end": ('<sequenceFlow id="x" sourceRef="t"/>', "x", "MISSING_REFERENCE"),
    "condition in XPath": (
        (
            '<sequenceFlow id="x" sourceRef="t" targetRef="t"><conditionExpression'
            ' language="http://www.w3.org/1999/XPath">a = 1</conditionExpression></sequenceFlow>'
        ),
        "x",
        "NOT_SUPPORTED",
    ),
    "condition in no language": (
        (
            '<sequenceFlow id="x" sourceRef="t" targetRef="t">'
            "<conditionExpression>a = 1</conditionExpression></sequenceFlow>"
        ),
        "x",
        "UNKNOWN_LANGUAGE",
    ),
    "empty condition of an event": (
        (
            '<intermediateCatchEvent id="x"><conditionalEventDefinition><condition/>'
            "</conditionalEventDefinition></intermediateCatchEvent>"
        ),
        "x",
        "MISSING_EXPRESSION",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_not_run_as_drawn_is_refused_by_id_and_name(name: str) -> None:
    xml, id_, code = REFUSED[name]
    process = imported('<task id="t"/>' + xml, roots=ROOTS + '<globalTask id="gt"/>')
    assert errors(process) == [(id_, code)]
    assert only(process).path.startswith("process[P]")
    assert only(process).message.endswith((".", "?"))


def test_an_unknown_root_element_and_an_extension_that_must_be_understood_are_refused() -> None:
    process = imported(
        '<task id="t"/>', roots='<wormhole id="w"/><extension definition="tns:x" mustUnderstand="true"/>'
    )
    assert errors(process) == [("w", "UNKNOWN_ELEMENT"), (None, "NOT_SUPPORTED")]
