"""What files of others have that hinders nothing is taken: no ids, line breaks, empty and default values."""

from typing import Any

import pytest

from tests.unit.bpmn import ZEEBE, errors, file, imported, node, only
from tests.unit.simulation import Simulation
from workers.flow.bpmn.xml import BpmnError
from workers.flow.compiler.compile import compile_flow
from workers.flow.interchange.read import import_bpmn

FLOWABLE = ' xmlns:flowable="http://flowable.org/bpmn"'
OPERATON = ' xmlns:operaton="http://operaton.org/schema/1.0/bpmn"'
_SCRIPT = "<script>= 1</script></scriptTask>"
_VALUE = "<extensionElements><flowable:value>1</flowable:value></extensionElements>"
_WAYS = (
    '<sequenceFlow id="f1" sourceRef="s" targetRef="x"/><sequenceFlow id="f2" sourceRef="x" targetRef="e"/>'
)


def _refusals(inner: str, namespaces: str = "", roots: str = "") -> list[tuple[str | None, str, str]]:
    """The errors of an import and of what comes out of it, as a publish tells them."""
    process = imported(inner, namespaces=namespaces, roots=roots)
    told = {id_ for id_, _ in errors(process) if id_}
    _, problems = compile_flow(process.definition, told=told)
    found = [*process.problems, *problems]
    return [(each.node_id, each.code, each.message) for each in found if each.severity == "error"]


def test_a_process_without_ids_of_flows_and_nodes_runs() -> None:
    process = imported(
        '<startEvent id="s"/><sequenceFlow sourceRef="s" targetRef="a"/><task id="a"/>'
        '<sequenceFlow sourceRef="a" targetRef="e"/><endEvent id="e"/>'
        '<subProcess triggeredByEvent="true"><startEvent><signalEventDefinition signalRef="s"/></startEvent>'
        "</subProcess>",
        roots='<signal id="s" name="stop"/>',
    )
    assert process.problems == []
    assert [flow["id"] for flow in process.definition["sequenceFlows"]] == ["s-a", "a-e"]
    assert process.definition["nodes"][-1]["id"] == "subProcess"
    assert Simulation(process.definition).run().status == "COMPLETED"


def test_a_made_id_differs_from_every_other_and_does_not_depend_on_what_stands_elsewhere() -> None:
    flows = '<sequenceFlow sourceRef="a" targetRef="b"/>'
    nodes = '<task id="a"/><task id="b"/><task id="a-b-2"/>'

    def ids(inner: str) -> list[str]:
        return [flow["id"] for flow in imported(inner).definition["sequenceFlows"]]

    assert ids(nodes + flows * 3) == ["a-b", "a-b-3", "a-b-4"]
    assert ids(f"<task/>{nodes}<task/>{flows}") == ["a-b"]
    long = "x" * 250
    assert ids(f'<task id="{long}"/><sequenceFlow sourceRef="{long}" targetRef="{long}"/>') == [
        "sequenceFlow"
    ]


@pytest.mark.parametrize(
    ("roots", "what", "at"),
    [
        ('<message id="m" name="{}"/>', "messages", "name"),
        ('<signal id="s" name="{}"/>', "signals", "name"),
        ('<error id="e" errorCode="{}"/>', "errors", "errorCode"),
        ('<escalation id="x" escalationCode="{}"/>', "escalations", "escalationCode"),
    ],
)
def test_a_line_break_in_a_name_or_a_code_is_a_space(roots: str, what: str, at: str) -> None:
    process = imported('<task id="t"/>', roots=roots.format(" Order &#13;&#10;\treceived&#10;"))
    (entry,) = process.definition[what]
    assert entry[at] == "Order received"
    assert compile_flow(process.definition)[0] is not None


def test_a_line_break_in_the_name_of_a_node_a_flow_and_a_link_is_a_space() -> None:
    process = imported(
        '<task id="t" name="Check&#10;order"/><intermediateCatchEvent id="c">'
        '<linkEventDefinition name="a&#10;b"/></intermediateCatchEvent>'
        '<sequenceFlow id="f" name="&#10;" sourceRef="t" targetRef="t"/>'
    )
    task, link = process.definition["nodes"]
    assert (task["name"], link["event"]["name"]) == ("Check order", "a b")
    assert "name" not in process.definition["sequenceFlows"][0]


def test_an_empty_condition_is_none() -> None:
    empty = "<conditionExpression> </conditionExpression>"
    flow = f'<sequenceFlow id="f" sourceRef="s" targetRef="e">{empty}</sequenceFlow>'
    assert _refusals(f'<startEvent id="s"/>{flow}<endEvent id="e"/>') == []
    loop = "<loopCardinality>2</loopCardinality><completionCondition/>"
    many = f"<multiInstanceLoopCharacteristics>{loop}</multiInstanceLoopCharacteristics>"
    found = node(f'<task id="t">{many}</task>')
    assert found["loop"] == {"cardinality": 2}


def test_a_way_of_a_gateway_with_an_empty_condition_is_one_without() -> None:
    flows = "".join(
        f'<sequenceFlow id="f{at}" sourceRef="g" targetRef="e"><conditionExpression/></sequenceFlow>'
        for at in range(2)
    )
    xml = '<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="g"/><exclusiveGateway id="g"/>'
    codes = [code for _, code, _ in _refusals(f'{xml}{flows}<endEvent id="e"/>')]
    assert codes == ["CONDITION_MISSING", "CONDITION_MISSING"]


@pytest.mark.parametrize(
    ("namespaces", "xml"),
    [
        (
            FLOWABLE,
            (
                '<userTask id="t" flowable:category="hr" flowable:formFieldValidation="true">'
                "<extensionElements><flowable:work-form-field-validation>false</flowable:work-form-field-validation>"
                "<flowable:task-candidates-type>all</flowable:task-candidates-type>"
                "</extensionElements></userTask>"
            ),
        ),
        (FLOWABLE, '<userTask id="t" flowable:skipExpression="" flowable:extensionId=" "/>'),
        (
            FLOWABLE,
            (
                '<callActivity id="t" calledElement="P" flowable:calledElementType="key"'
                ' flowable:completeAsync="true" flowable:inheritBusinessKey="false"'
                ' flowable:useLocalScopeForOutParameters="false" flowable:fallbackToDefaultTenant="false"/>'
            ),
        ),
        (OPERATON, '<userTask id="t" operaton:asyncBefore="true" operaton:assignee="ann"/>'),
        (
            FLOWABLE,
            (
                '<endEvent id="t"><terminateEventDefinition flowable:terminateAll="false"'
                ' flowable:terminateMultiInstance="false"/></endEvent>'
            ),
        ),
        (
            FLOWABLE,
            f'<scriptTask id="t" flowable:autoStoreVariables="false">{_SCRIPT}',
        ),
    ],
)
def test_what_a_vendor_writes_without_an_effect_is_no_problem(namespaces: str, xml: str) -> None:
    problems = imported(xml, namespaces=namespaces).problems
    assert [each for each in problems if each.code != "VERSION_PINNED"] == []


@pytest.mark.parametrize(
    "xml",
    [
        '<callActivity id="t" calledElement="P" flowable:calledElementType="id"/>',
        '<endEvent id="t"><terminateEventDefinition flowable:terminateAll="true"/></endEvent>',
        f'<scriptTask id="t" flowable:autoStoreVariables="true">{_SCRIPT}',
        '<task id="t" flowable:skipExpression="${a}"/>',
        f'<dataObject id="t">{_VALUE}</dataObject>',
        (
            '<intermediateCatchEvent id="t"><timerEventDefinition flowable:businessCalendarName="c">'
            "<timeDuration>PT1S</timeDuration></timerEventDefinition></intermediateCatchEvent>"
        ),
    ],
)
def test_the_same_name_with_another_value_is_refused(xml: str) -> None:
    assert errors(imported(xml, namespaces=FLOWABLE)) == [("t", "NOT_SUPPORTED")]


def test_an_attribute_that_bpmn_does_not_have_is_a_warning_at_the_root_and_refused_at_a_process() -> None:
    told = only(imported('<task id="t"/>', namespaces=' strange="1"'))
    assert (told.code, told.severity) == ("UNKNOWN_ATTRIBUTE", "warning")
    data = file('<process id="P" isExecutable="true" strange="1"><task id="t"/></process>')
    told = only(import_bpmn(data).processes[0])
    assert (told.code, told.severity) == ("UNKNOWN_ATTRIBUTE", "error")


def test_headers_of_a_task_that_no_worker_does_are_a_warning() -> None:
    headers = '<zeebe:taskHeaders><zeebe:header key="team" value="blue"/></zeebe:taskHeaders>'
    process = imported(
        f'<userTask id="t"><extensionElements>{headers}</extensionElements></userTask>', namespaces=ZEEBE
    )
    assert [(each.code, each.severity) for each in process.problems] == [("EXTENSION_IGNORED", "warning")]


@pytest.mark.parametrize("target", ["headers", "headers.accept"])
def test_headers_of_a_worker_stand_beside_an_input_of_that_name(target: str) -> None:
    found: dict[str, Any] = node(
        '<serviceTask id="t"><extensionElements><zeebe:taskDefinition type="w"/><zeebe:ioMapping>'
        f'<zeebe:input source="=a" target="{target}"/></zeebe:ioMapping><zeebe:taskHeaders>'
        '<zeebe:header key="resultVariable" value="r"/></zeebe:taskHeaders></extensionElements>'
        "</serviceTask>",
        namespaces=ZEEBE,
    )
    assert found["input"]["taskHeaders"] == {"resultVariable": "r"}
    assert found["input"]["headers"] == ("= a" if target == "headers" else {"accept": "= a"})


@pytest.mark.parametrize(
    ("namespace", "told"),
    [
        ("http://www.omg.org/spec/BPMN/20100501/MODEL", "`http://www.omg.org/spec/BPMN/20100501/MODEL`"),
        ("http://schema.omg.org/spec/BPMN/2.0", "`http://schema.omg.org/spec/BPMN/2.0`"),
        ("", "no namespace"),
    ],
)
def test_definitions_of_another_namespace_are_told_which_it_is(namespace: str, told: str) -> None:
    data = file('<process id="P"/>').replace(
        b"http://www.omg.org/spec/BPMN/20100524/MODEL", namespace.encode()
    )
    with pytest.raises(BpmnError, match="20100524/MODEL") as caught:
        import_bpmn(data)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "xml",
    [
        (
            '<exclusiveGateway id="g" default="f3"/><sequenceFlow id="x" sourceRef="g" targetRef="e">'
            '<conditionExpression>${kind.equals("a")}</conditionExpression></sequenceFlow>'
            '<sequenceFlow id="f3" sourceRef="g" targetRef="e"/>'
            '<sequenceFlow id="f2" sourceRef="s" targetRef="g"/>'
        ),
        (
            '<intermediateCatchEvent id="x"><timerEventDefinition id="d">'
            "<timeDuration>${a.b()}</timeDuration></timerEventDefinition></intermediateCatchEvent>" + _WAYS
        ),
        '<adHocSubProcess id="x"/>' + _WAYS,
        '<sendTask id="x" flowable:class="org.example.Sent"/>' + _WAYS,
        '<businessRuleTask id="x" flowable:decisionRef="d" flowable:mapDecisionResult="m"/>' + _WAYS,
        '<scriptTask id="x" flowable:resource="a.groovy"/>' + _WAYS,
        (
            '<task id="x"><multiInstanceLoopCharacteristics id="l" flowable:collection="${a.b()}"/></task>'
            + _WAYS
        ),
        (
            '<task id="x"><standardLoopCharacteristics id="l"><loopCondition>${a.b()}</loopCondition>'
            "</standardLoopCharacteristics></task>" + _WAYS
        ),
        (
            '<task id="a"/><sequenceFlow id="x" sourceRef="a"/>'
            '<sequenceFlow id="f1" sourceRef="s" targetRef="a"/>'
        ),
        (
            '<task id="a"/><sequenceFlow id="x" sourceRef="s" targetRef="gone"/>'
            '<sequenceFlow id="f1" sourceRef="a" targetRef="e"/>'
        ),
    ],
)
def test_one_fault_is_one_problem(xml: str) -> None:
    found = _refusals(f'<startEvent id="s"/>{xml}<endEvent id="e"/>', namespaces=FLOWABLE)
    assert [id_ for id_, _, _ in found] == ["x"]


@pytest.mark.parametrize(
    "xml", ['<error id="e" errorCode="= code"/>', '<escalation id="e" escalationCode="=code"/>']
)
def test_a_computed_code_is_refused(xml: str) -> None:
    assert errors(imported('<task id="t"/>', roots=xml, namespaces=ZEEBE)) == [("e", "NOT_SUPPORTED")]
    assert errors(imported('<task id="t"/>', roots=xml)) == []


def test_a_code_that_is_refused_is_not_held_to_be_thrown_by_nobody() -> None:
    process = imported(
        '<startEvent id="s"/><sequenceFlow sourceRef="s" targetRef="e"/>'
        '<endEvent id="e"><errorEventDefinition errorRef="thrown"/></endEvent>',
        roots='<error id="thrown" errorCode="=code"/>',
        namespaces=ZEEBE,
    )
    assert errors(process) == [("thrown", "NOT_SUPPORTED")]
    assert compile_flow(process.definition, told={"thrown"})[1] == []
