"""The usual extensions of Zeebe and Camunda 7: mapped where they mean the same, else refused by name."""

from datetime import UTC, datetime

import pytest

from tests.unit.bpmn import CAMUNDA, ZEEBE, camunda, errors, extended, file, imported, node, only, zeebe
from workers.flow.bpmn.feel.translate import translate_feel
from workers.flow.interchange.read import import_bpmn
from workers.flow.values.template import compile_template

EXTERNAL = {"type": "serviceTask", "implementation": "external"}
DEFINITION = '<zeebe:taskDefinition type="mail" retries="5"/>'


@pytest.mark.parametrize("tag", ["serviceTask", "sendTask", "businessRuleTask", "scriptTask"])
def test_a_task_definition_gives_the_work_to_external_workers(tag: str) -> None:
    assert zeebe(tag, DEFINITION) == {**EXTERNAL, "topic": "mail", "retry": {"maxAttempts": 5}}


@pytest.mark.parametrize("tag", ["intermediateThrowEvent", "endEvent"])
def test_a_message_event_that_a_worker_throws_is_the_task_of_that_worker(tag: str) -> None:
    found = zeebe(tag, '<zeebe:taskDefinition type="mail"/>', inner="<messageEventDefinition/>")
    assert found == {**EXTERNAL, "topic": "mail"}
    event = '<messageEventDefinition camunda:type="external" camunda:topic="mail"/>'
    assert camunda(tag, "", inner=event) == found


def test_headers_come_as_an_input_and_stay_literal() -> None:
    headers = '<zeebe:taskHeaders><zeebe:header key="to" value="{x}"/><zeebe:header key="f" value="=1"/>'
    found = zeebe("serviceTask", DEFINITION + headers + "</zeebe:taskHeaders>")
    assert found["input"] == {"headers": {"to": "{{x}}", "f": "==1"}}


def test_inputs_and_outputs_of_zeebe() -> None:
    mapping = (
        '<zeebe:ioMapping><zeebe:input source="=order.id" target="id"/>'
        '<zeebe:input source="fixed {x}" target="to.name"/><zeebe:input source="=mail" target="to.address"/>'
        '<zeebe:output source="=result" target="answer"/></zeebe:ioMapping>'
    )
    found = zeebe("serviceTask", DEFINITION + mapping)
    assert found["input"] == {
        "id": translate_feel("order.id"),
        "to": {"name": "fixed {{x}}", "address": "= mail"},
    }
    assert found["output"] == {"answer": "= result"}


def test_people_and_dates_of_zeebe() -> None:
    found = zeebe(
        "userTask",
        '<zeebe:userTask/><zeebe:assignmentDefinition assignee="=boss" candidateGroups="a, b"'
        ' candidateUsers="=team"/><zeebe:taskSchedule dueDate="2030-01-01T00:00:00Z"/>'
        '<zeebe:priorityDefinition priority="7"/>',
    )
    assert found == {
        "type": "userTask",
        "assignee": "= boss",
        "candidateGroups": ["a", "b"],
        "candidateUsers": "= team",
        "dueDate": "2030-01-01T00:00:00Z",
        "priority": 7,
    }


def test_people_and_dates_of_camunda() -> None:
    found = camunda(
        "userTask",
        'camunda:assignee="${boss}" camunda:candidateUsers="demo" camunda:candidateGroups="a,b"'
        ' camunda:dueDate="${due}" camunda:priority="7" camunda:asyncBefore="true"',
    )
    assert found == {
        "type": "userTask",
        "assignee": "{boss}",
        "candidateUsers": ["demo"],
        "candidateGroups": ["a", "b"],
        "dueDate": "{due}",
        "priority": 7,
    }


@pytest.mark.parametrize("uri", ["http://activiti.org/bpmn", "http://flowable.org/bpmn"])
def test_the_kin_of_camunda_is_read_alike(uri: str) -> None:
    found = node('<userTask id="t" a:assignee="demo"/>', namespaces=f' xmlns:a="{uri}"')
    assert found["assignee"] == "demo"


def test_an_external_task_of_camunda() -> None:
    found = camunda(
        "serviceTask",
        'camunda:type="external" camunda:topic="mail"',
        "<camunda:failedJobRetryTimeCycle>R3/PT10M</camunda:failedJobRetryTimeCycle>"
        '<camunda:inputOutput><camunda:inputParameter name="to">${mail}</camunda:inputParameter>'
        '<camunda:inputParameter name="all"><camunda:list><camunda:value>a</camunda:value></camunda:list>'
        '</camunda:inputParameter><camunda:inputParameter name="map"><camunda:map>'
        '<camunda:entry key="k">{v}</camunda:entry></camunda:map></camunda:inputParameter>'
        '<camunda:outputParameter name="sent">${done}</camunda:outputParameter></camunda:inputOutput>',
    )
    assert found == {
        **EXTERNAL,
        "topic": "mail",
        "retry": {"maxAttempts": 3, "backoff": "PT10M", "maxBackoff": "PT10M"},
        "input": {"to": "{mail}", "all": ["a"], "map": {"k": "{{v}}"}},
        "output": {"sent": "{done}"},
    }


def test_a_subscription_gives_the_message_its_correlation_key() -> None:
    message = (
        '<message id="m" name="paid"><extensionElements><zeebe:subscription correlationKey="=order.id"/>'
        "</extensionElements></message>"
    )
    definition = imported('<task id="t"/>', roots=message, namespaces=ZEEBE).definition
    assert definition["messages"] == [
        {"id": "m", "name": "paid", "correlationKey": translate_feel("order.id")}
    ]


def test_a_script_of_zeebe_is_translated() -> None:
    found = zeebe("scriptTask", '<zeebe:script expression="=a" resultVariable="b"/>')
    assert found == {"type": "scriptTask", "script": "= a", "resultVariable": "b"}


CONDITIONS = {
    "JSONata by mark": ("", "= a ~&gt; $sum", "= a ~> $sum"),
    "JSONata by name": ('language="https://docs.jsonata.org"', "a ~&gt; $sum", "= a ~> $sum"),
    "FEEL by name": ('language="https://www.omg.org/spec/DMN/20191111/FEEL/"', "a = 1", "= a = 1"),
    "FEEL in Zeebe's file": (ZEEBE, "=a = 1", "= a = 1"),
    "FEEL in the file of its modeler": (
        ' xmlns:modeler="http://camunda.org/schema/modeler/1.0" modeler:executionPlatform="Camunda Cloud"',
        "=a = 1",
        "= a = 1",
    ),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_is_read_in_its_own_language(name: str) -> None:
    where, text, expected = CONDITIONS[name]
    own = where if where.startswith("language") else ""
    flow = (
        f'<task id="t"/><sequenceFlow id="f" sourceRef="t" targetRef="t"><conditionExpression {own}>{text}'
        "</conditionExpression></sequenceFlow>"
    )
    process = imported(flow, namespaces="" if own else where)
    assert process.problems == []
    assert process.definition["sequenceFlows"][0]["conditionExpression"] == expected


def test_a_condition_in_the_language_of_camunda_is_translated() -> None:
    flow = (
        '<task id="t"/><sequenceFlow id="f" sourceRef="t" targetRef="t">'
        "<conditionExpression>${a == 1}</conditionExpression></sequenceFlow>"
    )
    expression = imported(flow).definition["sequenceFlows"][0]["conditionExpression"]
    assert expression.startswith("= ")
    assert "$near(a, 1) = 1" in expression


# What would change what happens, and cannot be had: by vendor, element, extension and attributes.
REFUSED: dict[str, tuple[str, str, str, str]] = {
    "camunda:class": (CAMUNDA, "serviceTask", "", 'camunda:class="a.B"'),
    "camunda:delegateExpression": (CAMUNDA, "serviceTask", "", 'camunda:delegateExpression="${b}"'),
    "camunda:expression": (CAMUNDA, "serviceTask", "", 'camunda:expression="${b.c()}"'),
    "<camunda:executionListener>": (
        CAMUNDA,
        "task",
        '<camunda:executionListener class="A" event="end"/>',
        "",
    ),
    "<camunda:taskListener>": (CAMUNDA, "userTask", '<camunda:taskListener class="A" event="create"/>', ""),
    "<camunda:connector>": (CAMUNDA, "task", "<camunda:connector/>", ""),
    "<zeebe:executionListeners>": (ZEEBE, "task", "<zeebe:executionListeners/>", ""),
    "<zeebe:taskListeners>": (ZEEBE, "userTask", "<zeebe:taskListeners/>", ""),
    "zeebe:unheardOf": (ZEEBE, "task", "", 'zeebe:unheardOf="1"'),
    'variables="all" local="true"': (
        CAMUNDA,
        "callActivity",
        '<camunda:in variables="all" local="true"/>',
        'calledElement="o" camunda:calledElementBinding="deployment"',
    ),
    "all variables and some by name": (
        CAMUNDA,
        "callActivity",
        '<camunda:in variables="all"/><camunda:in source="a" target="b"/>',
        'calledElement="o" camunda:calledElementBinding="deployment"',
    ),
    "<camunda:inputOutput>": (
        CAMUNDA,
        "callActivity",
        '<camunda:inputOutput><camunda:inputParameter name="a"/></camunda:inputOutput>',
        'calledElement="o" camunda:calledElementBinding="deployment"',
    ),
    "calledElementBinding": (
        CAMUNDA,
        "callActivity",
        "",
        'calledElement="o" camunda:calledElementBinding="versionTag"',
    ),
    "bindingType": (
        ZEEBE,
        "callActivity",
        '<zeebe:calledElement processId="o" bindingType="versionTag"/>',
        "",
    ),
    "= o": (ZEEBE, "callActivity", '<zeebe:calledElement processId="= o"/>', ""),
    "retries": (ZEEBE, "serviceTask", '<zeebe:taskDefinition type="a" retries="=n"/>', ""),
    "PT1M,PT5M": (
        CAMUNDA,
        "serviceTask",
        "<camunda:failedJobRetryTimeCycle>PT1M,PT5M</camunda:failedJobRetryTimeCycle>",
        'camunda:type="external" camunda:topic="a"',
    ),
    "a.b": (
        ZEEBE,
        "task",
        '<zeebe:ioMapping><zeebe:output source="=x" target="a.b"/></zeebe:ioMapping>',
        "",
    ),
    "may use `a`": (
        ZEEBE,
        "task",
        (
            '<zeebe:ioMapping><zeebe:input source="=x" target="a"/><zeebe:input source="=a" target="b"/>'
            "</zeebe:ioMapping>"
        ),
        "",
    ),
    "`<camunda:script>` is not": (
        CAMUNDA,
        "task",
        (
            '<camunda:inputOutput><camunda:inputParameter name="a"><camunda:list>'
            '<camunda:value>1</camunda:value><camunda:script scriptFormat="groovy">2</camunda:script>'
            "</camunda:list>"
            "</camunda:inputParameter></camunda:inputOutput>"
        ),
        "",
    ),
    "<camunda:script>": (
        CAMUNDA,
        "task",
        (
            '<camunda:inputOutput><camunda:inputParameter name="a"><camunda:script scriptFormat="groovy"/>'
            "</camunda:inputParameter></camunda:inputOutput>"
        ),
        "",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_extension_that_would_change_what_happens_is_refused_by_name(name: str) -> None:
    namespaces, tag, extensions, attributes = REFUSED[name]
    process = imported(extended(tag, extensions, attributes), namespaces=namespaces)
    assert errors(process) == [("t", "NOT_SUPPORTED")]
    assert name in only(process).message


def test_what_is_refused_has_the_prefix_of_the_file_and_a_way_out() -> None:
    task = '<serviceTask id="t" f:class="a.B"/>'
    message = only(imported(task, namespaces=' xmlns:f="http://flowable.org/bpmn"')).message
    assert "`f:class`" in message
    assert "let a worker do it" in message


def test_an_external_worker_of_flowable_is_one() -> None:
    task = '<serviceTask id="t" f:type="external-worker" f:topic="mail" f:formFieldValidation="true"/>'
    process = imported(task, namespaces=' xmlns:f="http://flowable.org/bpmn"')
    assert process.definition["nodes"] == [{"id": "t", **EXTERNAL, "topic": "mail"}]
    assert errors(process) == []


def test_a_parameter_of_camunda_that_is_empty_or_leads_nowhere_is_null() -> None:
    mapping = (
        '<camunda:inputOutput><camunda:inputParameter name="a"/>'
        '<camunda:inputParameter name="b">${x.y}</camunda:inputParameter></camunda:inputOutput>'
    )
    found = camunda("task", "", mapping)["input"]
    given = compile_template(found).evaluate({"x": {}}, now=datetime.now(UTC)).value
    assert given == {"a": None, "b": None}


@pytest.mark.parametrize(
    ("namespaces", "xml"),
    [
        (CAMUNDA, '<startEvent id="t" camunda:formKey="x"/>'),
        (CAMUNDA, extended("startEvent", "<camunda:formData/>")),
        (ZEEBE, extended("startEvent", '<zeebe:formDefinition formId="x"/>')),
    ],
)
def test_a_form_kept_elsewhere_is_a_warning(namespaces: str, xml: str) -> None:
    problem = only(imported(xml, namespaces=namespaces))
    assert (problem.code, problem.severity) == ("FORM_NOT_IMPORTED", "warning")


def test_an_expression_without_a_twin_is_refused_by_its_text() -> None:
    flow = (
        '<task id="t"/><sequenceFlow id="f" sourceRef="t" targetRef="t">'
        "<conditionExpression>${bean.isGood()}</conditionExpression></sequenceFlow>"
    )
    problem = only(imported(flow))
    assert (problem.node_id, problem.code) == ("f", "UNTRANSLATABLE")
    assert "bean.isGood()" in problem.message


def test_a_computed_message_name_is_refused() -> None:
    data = file(
        '<message id="m" name="=x"/><process id="P" isExecutable="true"><task id="t"/></process>', ZEEBE
    )
    assert errors(import_bpmn(data).processes[0]) == [("m", "NOT_SUPPORTED")]
