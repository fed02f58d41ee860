"""What a file of BPMN 2.0 becomes, and what of it is refused by name."""

from typing import Any

import pytest

from tests.unit.bpmn import ROOTS, errors, file, imported, node, only
from workers.flow.interchange.read import ImportedProcess, import_bpmn


def test_a_process_becomes_a_definition_in_the_order_of_the_file() -> None:
    data = file(
        '<process id="P" name="Order" isExecutable="true"><documentation>What it is.</documentation>'
        '<startEvent id="s"><outgoing>f1</outgoing></startEvent>'
        '<sequenceFlow id="f1" sourceRef="s" targetRef="g"/>'
        '<exclusiveGateway id="g" name="Large?" default="f3" gatewayDirection="Diverging"/>'
        '<sequenceFlow id="f2" name="yes" sourceRef="g" targetRef="e">'
        "<conditionExpression>= amount &gt; 100</conditionExpression></sequenceFlow>"
        '<sequenceFlow id="f3" sourceRef="g" targetRef="e"/>'
        '<manualTask id="t"/><endEvent id="e"/></process>'
    )
    (process,) = import_bpmn(data).processes
    assert (process.bpmn_id, process.name, process.is_executable) == ("P", "Order", True)
    assert process.problems == []
    assert process.definition == {
        "schemaVersion": 1,
        "name": "Order",
        "documentation": "What it is.",
        "nodes": [
            {"id": "s", "type": "startEvent"},
            {"id": "g", "type": "exclusiveGateway", "name": "Large?", "default": "f3"},
            {"id": "t", "type": "task"},
            {"id": "e", "type": "endEvent"},
        ],
        "sequenceFlows": [
            {"id": "f1", "sourceRef": "s", "targetRef": "g"},
            {
                "id": "f2",
                "sourceRef": "g",
                "targetRef": "e",
                "name": "yes",
                "conditionExpression": "= amount > 100",
            },
            {"id": "f3", "sourceRef": "g", "targetRef": "e"},
        ],
    }


def test_what_has_no_effect_on_execution_is_no_problem() -> None:
    process = imported(
        '<laneSet id="l"><lane id="l1"><flowNodeRef>t</flowNodeRef></lane></laneSet>'
        '<dataObject id="d"/><dataObjectReference id="r" dataObjectRef="d"/>'
        '<task id="t" startQuantity="1" completionQuantity="1" isForCompensation="false">'
        '<extensionElements><x:y xmlns:x="http://www.signavio.com" z="1"/></extensionElements>'
        '<ioSpecification><inputSet/><outputSet/></ioSpecification><property id="p"/></task>'
        '<textAnnotation id="a"><text>note</text></textAnnotation>'
        '<association id="as" sourceRef="t" targetRef="a"/><group id="g"/>',
        roots='<category id="c"/><itemDefinition id="i"/><resource id="x" name="x"/><import importType="a"/>'
        '<collaboration id="k"><participant id="q"/></collaboration>',
    )
    assert process.problems == []
    assert process.definition == {"schemaVersion": 1, "nodes": [{"id": "t", "type": "task"}]}


@pytest.mark.parametrize("attribute", ['isExecutable="false"', ""])
def test_a_process_that_is_not_executable_is_refused(attribute: str) -> None:
    (process,) = import_bpmn(file(f'<process id="P" {attribute}><task id="t"/></process>')).processes
    assert not process.is_executable
    assert errors(process) == [("P", "NOT_EXECUTABLE")]


EVENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "message": ('<messageEventDefinition messageRef="tns:m"/>', {"type": "message", "messageRef": "m"}),
    "signal": ('<signalEventDefinition signalRef="s"/>', {"type": "signal", "signalRef": "s"}),
    "duration": (
        "<timerEventDefinition><timeDuration> PT1H </timeDuration></timerEventDefinition>",
        {"type": "timer", "duration": "PT1H"},
    ),
    "date": (
        "<timerEventDefinition><timeDate>2030-01-01T00:00:00Z</timeDate></timerEventDefinition>",
        {"type": "timer", "date": "2030-01-01T00:00:00Z"},
    ),
    "cycle": (
        "<timerEventDefinition><timeCycle>R3/PT10M</timeCycle></timerEventDefinition>",
        {"type": "timer", "cycle": "R3/PT10M"},
    ),
    "error": ('<errorEventDefinition errorRef="e"/>', {"type": "error", "errorRef": "e"}),
    "any error": ("<errorEventDefinition/>", {"type": "error"}),
    "error without a code": ('<errorEventDefinition errorRef="e0"/>', {"type": "error"}),
    "escalation": (
        '<escalationEventDefinition escalationRef="x"/>',
        {"type": "escalation", "escalationRef": "x"},
    ),
    "conditional": (
        "<conditionalEventDefinition><condition>= a</condition></conditionalEventDefinition>",
        {"type": "conditional", "condition": "= a"},
    ),
    "cancel": ("<cancelEventDefinition/>", {"type": "cancel"}),
    "by reference": (
        "<eventDefinitionRef>shared</eventDefinitionRef>",
        {"type": "signal", "signalRef": "s"},
    ),
}


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_definition_becomes_the_event(name: str) -> None:
    xml, event = EVENTS[name]
    found = node(
        f'<boundaryEvent id="b" attachedToRef="t" cancelActivity="true">{xml}</boundaryEvent><task id="t"/>',
        roots=ROOTS,
    )
    assert found == {"id": "b", "type": "boundaryEvent", "attachedToRef": "t", "event": event}


@pytest.mark.parametrize(
    ("xml", "event"),
    [
        ("<terminateEventDefinition/>", {"type": "terminate"}),
        ('<linkEventDefinition name="L"/>', {"type": "link", "name": "L"}),
        ('<compensateEventDefinition activityRef="t"/>', {"type": "compensation", "activityRef": "t"}),
        ('<errorEventDefinition errorRef="e"/>', {"type": "error", "errorRef": "e"}),
    ],
)
def test_an_event_that_throws(xml: str, event: dict[str, Any]) -> None:
    found = node(f'<endEvent id="e1">{xml}</endEvent><task id="t"/>', roots=ROOTS)
    assert found == {"id": "e1", "type": "endEvent", "event": event}


def test_messages_errors_signals_and_escalations_stand_at_the_top() -> None:
    roots = '<message id="m0" name="paid"/>' + ROOTS
    definition = imported('<task id="t"/>', roots=roots).definition
    assert definition["messages"] == [{"id": "m0", "name": "paid"}, {"id": "m"}]
    assert definition["errors"] == [{"id": "e", "errorCode": "E"}]
    assert definition["signals"] == [{"id": "s", "name": "stop"}]
    assert definition["escalations"] == [{"id": "x", "escalationCode": "X"}]


def test_the_association_of_a_compensation_belongs_where_its_event_stands_wherever_it_is_written() -> None:
    inside = (
        '<subProcess id="s"><task id="a"/><task id="undo" isForCompensation="true"/>'
        '<boundaryEvent id="b" attachedToRef="a"><compensateEventDefinition/></boundaryEvent>{}</subProcess>'
    )
    association = '<association id="as" sourceRef="b" targetRef="undo"/>'
    written = imported(inside.format(association))
    assert written.problems == []
    assert imported(inside.format("") + association).definition == written.definition
    around = imported(inside.format(""), roots=f'<collaboration id="c">{association}</collaboration>')
    assert around.definition == written.definition


def test_sub_processes_transactions_and_event_sub_processes_have_their_own_nodes() -> None:
    process = imported(
        '<transaction id="t"><task id="a"/><task id="undo" isForCompensation="true"/>'
        '<boundaryEvent id="b" attachedToRef="a" cancelActivity="false"><compensateEventDefinition/>'
        '</boundaryEvent><association id="as" sourceRef="b" targetRef="undo"/>'
        '<subProcess id="s" triggeredByEvent="true"><startEvent id="x" isInterrupting="false">'
        '<signalEventDefinition signalRef="s1"/></startEvent></subProcess></transaction>'
        '<startEvent id="y" isInterrupting="false"/>',
        roots='<signal id="s1"/>',
    )
    assert process.problems == []
    assert process.definition["nodes"] == [
        {
            "id": "t",
            "type": "transaction",
            "nodes": [
                {"id": "a", "type": "task"},
                {"id": "undo", "type": "task", "isForCompensation": True},
                {"id": "b", "type": "boundaryEvent", "attachedToRef": "a", "event": {"type": "compensation"}},
                {
                    "id": "s",
                    "type": "subProcess",
                    "triggeredByEvent": True,
                    "nodes": [
                        {
                            "id": "x",
                            "type": "startEvent",
                            "event": {"type": "signal", "signalRef": "s1"},
                            "isInterrupting": False,
                        }
                    ],
                },
            ],
            "associations": [{"id": "as", "sourceRef": "b", "targetRef": "undo"}],
        },
        {"id": "y", "type": "startEvent"},
    ]


@pytest.mark.parametrize(
    ("xml", "loop"),
    [
        ('<standardLoopCharacteristics testBefore="true" loopMaximum="3"/>', {"maxIterations": 3}),
        (
            "<standardLoopCharacteristics><loopCondition>= x</loopCondition></standardLoopCharacteristics>",
            {"while": "= x", "testBefore": False},
        ),
        (
            (
                '<multiInstanceLoopCharacteristics isSequential="true"><loopCardinality>3</loopCardinality>'
                "<completionCondition>= numberOfCompletedInstances = 2</completionCondition>"
                "</multiInstanceLoopCharacteristics>"
            ),
            {
                "sequential": True,
                "cardinality": 3,
                "completionCondition": "= numberOfCompletedInstances = 2",
            },
        ),
        (
            (
                "<multiInstanceLoopCharacteristics><extensionElements><procession:properties>"
                '{"collection": "= items", "elementVariable": "item"}</procession:properties>'
                "</extensionElements></multiInstanceLoopCharacteristics>"
            ),
            {"collection": "= items", "elementVariable": "item"},
        ),
    ],
)
def test_loops(xml: str, loop: dict[str, Any]) -> None:
    assert node(f'<task id="t">{xml}</task>') == {"id": "t", "type": "task", "loop": loop}


def test_our_extension_carries_what_bpmn_lacks() -> None:
    task = (
        '<serviceTask id="t" name="Call"><extensionElements><procession:properties>'
        '{"implementation": "http", "input": {"method": "GET", "url": "https://x.example"},'
        ' "retry": {"maxAttempts": 2}}</procession:properties></extensionElements></serviceTask>'
    )
    assert node(task) == {
        "id": "t",
        "type": "serviceTask",
        "name": "Call",
        "implementation": "http",
        "input": {"method": "GET", "url": "https://x.example"},
        "retry": {"maxAttempts": 2},
    }
    human = (
        '<userTask id="u"><extensionElements><procession:properties>{"type": "inputTask", "form": {}}'
        "</procession:properties></extensionElements></userTask>"
    )
    assert node(human) == {"id": "u", "type": "inputTask", "form": {}}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[1]",
        '{"a": NaN}',
        '{"type": "scriptTask"}',
        "{}</procession:properties><procession:properties>{}",
    ],
)
def test_a_broken_extension_of_ours_is_an_error(text: str) -> None:
    process = imported(
        f'<userTask id="u"><extensionElements><procession:properties>{text}</procession:properties>'
        "</extensionElements></userTask>"
    )
    assert errors(process) == [("u", "INVALID_EXTENSION")]


def test_an_extension_of_ours_with_another_name_is_an_error() -> None:
    process = imported('<task id="t"><extensionElements><procession:property/></extensionElements></task>')
    assert only(process).code == "UNKNOWN_ELEMENT"
    assert "`properties`" in only(process).message


SCRIPTS = {
    "jsonata": ('scriptFormat="jsonata"', "= a + 1", "= a + 1"),
    "jsonata without a mark": ('scriptFormat="jsonata"', "a + 1", "= a + 1"),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_in_jsonata_is_taken(name: str) -> None:
    format_, text, script = SCRIPTS[name]
    found = node(f'<scriptTask id="s" {format_}><script>{text}</script></scriptTask>')
    assert found == {"id": "s", "type": "scriptTask", "script": script}


def looped(loop: str, inner: str = "") -> ImportedProcess:
    """A process with data, and a task that loops."""
    data = (
        '<dataObject id="d1" name="orders"/><dataObjectReference id="ref" name="Orders" dataObjectRef="d1"/>'
        '<property id="p1" name="results"/>'
    )
    return imported(f'{data}<task id="t">{inner}{loop}</task>')


def over(*parts: str) -> str:
    return f"<multiInstanceLoopCharacteristics>{''.join(parts)}</multiInstanceLoopCharacteristics>"


@pytest.mark.parametrize(
    ("reference", "collection"),
    [
        ("items", "{items}"),
        ("tns:items", "{items}"),
        ("d1", "{orders}"),
        ("ref", "{orders}"),
        ("p1", "{results}"),
        ("t", "{t}"),
        ("the items", '{["the items"]}'),
    ],
)
def test_a_loop_runs_over_the_data_that_it_refers_to(reference: str, collection: str) -> None:
    process = looped(over(f"<loopDataInputRef>{reference}</loopDataInputRef>"))
    assert process.problems == []
    assert process.definition["nodes"][0]["loop"] == {"collection": collection}


def test_the_data_of_a_loop_in_the_words_of_the_standard() -> None:
    loop = over(
        "<loopDataInputRef>in</loopDataInputRef><loopDataOutputRef>out</loopDataOutputRef>",
        '<inputDataItem id="one"/><outputDataItem id="i" name="made"/>',
    )
    data = (
        '<ioSpecification><dataInput id="in" name="IN"/><dataOutput id="out" name="OUT"/>'
        "<inputSet/><outputSet/></ioSpecification>"
    )
    meant = {"elementVariable": "one", "outputElement": "{made}"}
    process = looped(loop, data)
    assert process.problems == []
    assert process.definition["nodes"][0]["loop"] == {
        "collection": "{IN}",
        "outputCollection": "OUT",
        **meant,
    }
    data += (
        "<dataInputAssociation><sourceRef>ref</sourceRef><targetRef>in</targetRef></dataInputAssociation>"
        "<dataOutputAssociation><sourceRef>out</sourceRef><targetRef>p1</targetRef></dataOutputAssociation>"
    )
    assert looped(loop, data).definition["nodes"][0]["loop"] == {
        "collection": "{orders}",
        "outputCollection": "results",
        **meant,
    }


def test_a_loop_whose_maximum_is_0_has_none_and_needs_a_condition() -> None:
    loop = (
        '<standardLoopCharacteristics testBefore="true" loopMaximum="0">'
        "<loopCondition>= n &lt; 3</loopCondition></standardLoopCharacteristics>"
    )
    process = looped(loop)
    assert process.definition["nodes"][0]["loop"] == {"while": "= n < 3"}
    assert [(each.code, each.severity) for each in process.problems] == [("NO_LOOP_MAXIMUM", "warning")]
    problem = only(looped('<standardLoopCharacteristics loopMaximum="0"/>'))
    assert (problem.code, problem.severity, "loopMaximum" in problem.message) == (
        "INVALID_VALUE",
        "error",
        True,
    )


def test_an_event_that_has_one_definition_is_parallel_multiple_without_harm() -> None:
    found = node(
        '<intermediateCatchEvent id="c" parallelMultiple="true"><signalEventDefinition signalRef="s"/>'
        "</intermediateCatchEvent>",
        roots=ROOTS,
    )
    assert found["event"] == {"type": "signal", "signalRef": "s"}
