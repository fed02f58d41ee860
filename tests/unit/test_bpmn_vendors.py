"""The usual extensions of Zeebe and Camunda 7: mapped where they mean the same, else refused by name."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.bpmn import CAMUNDA, ZEEBE, errors, file, imported, node, only
from workers.flow.bpmn.feel import translate_feel
from workers.flow.bpmn.read import import_bpmn
from workers.flow.compile import compile_flow
from workers.flow.template import compile_template


def extended(tag: str, extensions: str, attributes: str = "", inner: str = "") -> str:
    return f'<{tag} id="t" {attributes}><extensionElements>{extensions}</extensionElements>{inner}</{tag}>'


def zeebe(tag: str, extensions: str, attributes: str = "", inner: str = "") -> dict[str, Any]:
    found = node(extended(tag, extensions, attributes, inner), namespaces=ZEEBE)
    return {key: value for key, value in found.items() if key != "id"}


def camunda(tag: str, attributes: str, extensions: str = "", inner: str = "") -> dict[str, Any]:
    found = node(extended(tag, extensions, attributes, inner), namespaces=CAMUNDA)
    return {key: value for key, value in found.items() if key != "id"}


EXTERNAL = {"type": "serviceTask", "implementation": "external"}
DEFINITION = '<zeebe:taskDefinition type="mail" retries="5"/>'
MAPPED = DEFINITION + '<zeebe:ioMapping><zeebe:output source="=r" target="{}"/></zeebe:ioMapping>'


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


def test_calls_of_zeebe_and_camunda() -> None:
    called = (
        '<zeebe:calledElement processId="other" bindingType="deployment" propagateAllChildVariables="false"/>'
    )
    assert zeebe("callActivity", called) == {"type": "callActivity", "processId": "other", "output": {}}
    attributes = (
        'calledElement="other" camunda:calledElementBinding="version" camunda:calledElementVersion="3"'
    )
    mapping = (
        '<camunda:in source="a" target="x"/><camunda:in sourceExpression="${b}" target="y"/>'
        '<camunda:out source="c" target="z"/>'
    )
    assert camunda("callActivity", attributes, mapping) == {
        "type": "callActivity",
        "processId": "other",
        "versionNumber": "3",
        "input": {"x": "= (a ?? null)", "y": "{b}"},
        "output": {"z": "= (c ?? null)"},
    }


CALL = 'calledElement="other" camunda:calledElementBinding="deployment"'


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ("", {"input": {}, "output": {}}),
        ('<camunda:in variables="all"/>', {"output": {}}),
        ('<camunda:in variables="all"/><camunda:out variables="all"/>', {}),
        (
            '<camunda:in businessKey="#{execution.processBusinessKey}"/><camunda:in source="a" target="b"/>',
            {"input": {"b": "= (a ?? null)"}, "output": {}},
        ),
    ],
)
def test_a_call_of_camunda_passes_what_is_named_and_nothing_else(
    mapping: str, expected: dict[str, Any]
) -> None:
    found = camunda("callActivity", CALL, mapping)
    assert found == {"type": "callActivity", "processId": "other", **expected}


def test_a_call_of_flowable_passes_all_variables_where_it_says_so() -> None:
    call = (
        '<callActivity id="c" calledElement="other" f:inheritVariables="true"'
        ' f:calledElementBinding="deployment"/>'
    )
    found = node(call, namespaces=' xmlns:f="http://flowable.org/bpmn"')
    assert "input" not in found
    assert found["output"] == {}


def test_a_call_of_zeebe_passes_either_all_variables_or_those_that_are_mapped() -> None:
    mapping = '<zeebe:ioMapping><zeebe:input source="=a" target="b"/></zeebe:ioMapping>'
    deployed = '<zeebe:calledElement processId="other" bindingType="deployment"'
    closed = deployed + ' propagateAllParentVariables="false"/>'
    assert zeebe("callActivity", closed)["input"] == {}
    assert zeebe("callActivity", closed + mapping)["input"] == {"b": "= a"}
    opened = deployed + "/>"
    assert "input" not in zeebe("callActivity", opened)
    process = imported(extended("callActivity", opened + mapping), namespaces=ZEEBE)
    assert errors(process) == [("t", "NOT_SUPPORTED")]
    assert "`propagateAllParentVariables`" in only(process).message


@pytest.mark.parametrize("binding", ["", ' bindingType="latest"'])
def test_a_binding_to_the_latest_version_is_pinned_with_a_warning(binding: str) -> None:
    called = f'<zeebe:calledElement processId="other"{binding}/>'
    problem = only(imported(extended("callActivity", called), namespaces=ZEEBE))
    assert (problem.code, problem.severity, problem.node_id) == ("VERSION_PINNED", "warning", "t")


def test_a_call_of_camunda_without_a_binding_is_of_the_latest_version() -> None:
    call = '<callActivity id="t" calledElement="other"/>'
    problem = only(imported(call, namespaces=CAMUNDA))
    assert (problem.code, problem.severity, problem.node_id) == ("VERSION_PINNED", "warning", "t")


def test_multi_instance_of_zeebe_and_camunda() -> None:
    loop = (
        '<multiInstanceLoopCharacteristics isSequential="true"><extensionElements>'
        '<zeebe:loopCharacteristics inputCollection="=items" inputElement="item" outputCollection="all"'
        ' outputElement="=item.x"/></extensionElements></multiInstanceLoopCharacteristics>'
    )
    assert zeebe("task", "", inner=loop)["loop"] == {
        "collection": "= (items ?? null)",
        "elementVariable": "item",
        "outputCollection": "all",
        "outputElement": translate_feel("item.x"),
        "sequential": True,
    }
    loop = (
        '<multiInstanceLoopCharacteristics camunda:collection="items" camunda:elementVariable="item">'
        "<completionCondition>${nrOfCompletedInstances == 2}</completionCondition>"
        "</multiInstanceLoopCharacteristics>"
    )
    found = camunda("task", "", inner=loop)["loop"]
    assert found["collection"] == "{items}"
    assert found["elementVariable"] == "item"
    assert "numberOfCompletedInstances = 2" in found["completionCondition"]
    assert "nrOf" not in found["completionCondition"]


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


def test_a_collection_of_zeebe_that_is_missing_is_not_an_empty_one() -> None:
    loop = (
        "<multiInstanceLoopCharacteristics><extensionElements>"
        '<zeebe:loopCharacteristics inputCollection="=order.items[item &gt; 1]" inputElement="item"/>'
        "</extensionElements></multiInstanceLoopCharacteristics>"
    )
    collection = compile_template(zeebe("task", "", inner=loop)["loop"]["collection"])
    now = datetime.now(UTC)
    assert collection.evaluate({"order": {"items": [1, 2]}}, now=now).value == [2]
    assert collection.evaluate({"order": {}}, now=now).value is None


CRONS = {
    "0 0 9-17 * * MON-FRI": ("0 9-17 * * MON-FRI", ZEEBE),
    "0 5/15 * * * *": ("5/15 * * * *", ZEEBE),
    "0 0 12 ? * 5": ("0 12 * * FRI", ZEEBE),
    "0 0 12 ? * 0,6": ("0 12 * * SUN,SAT", ZEEBE),
    "0 0 12 ? * 1-5": ("0 12 * * MON-FRI", ZEEBE),
    "0 0 12 ? * 1/2": ("0 12 * * MON-SUN/2", ZEEBE),
    "0 0 12 ? * 5L": ("0 12 * * FRIL", ZEEBE),
    "30 0 9 * * *": ("30 0 9 * * *", ZEEBE),
    "0 0 9 L-3 * *": ("0 9 L-3 * *", ZEEBE),
    "0 0/5 * * * ?": ("0/5 * * * *", CAMUNDA),
    "0 0 8 1 JAN ? *": ("0 8 1 JAN *", CAMUNDA),
    "0 0 9 ? * 2": ("0 9 * * MON", CAMUNDA),
    "0 0 9 ? * 6-2": ("0 9 * * FRI-MON", CAMUNDA),
    "0 0 9 ? * 2/2": ("0 9 * * MON-SAT/2", CAMUNDA),
    "0 0 9 ? * MON#1": ("0 9 * * MON#1", CAMUNDA),
    "0 0 9 ? * 6#3": ("0 9 * * FRI#3", CAMUNDA),
    "0 0 9 ? * L": ("0 9 * * SAT", CAMUNDA),
    "0 0 9 ? * 6L": ("0 9 * * FRIL", CAMUNDA),
    "0 0 9 15W * ?": ("0 9 15W * *", CAMUNDA),
    "10/20 0 9 LW * ?": ("10/20 0 9 LW * *", CAMUNDA),
}


@pytest.mark.parametrize("cron", CRONS)
def test_cron_with_seconds_is_read_as_its_vendor_means_it_with_a_warning_about_its_zone(cron: str) -> None:
    expected, namespaces = CRONS[cron]
    process = imported(timed_start("timeCycle", cron), namespaces=namespaces)
    assert process.definition["nodes"][0]["event"] == {"type": "timer", "cycle": expected}
    assert [(each.code, each.severity) for each in process.problems] == [("CRON_TIME_ZONE", "warning")]
    assert [each.code for each in compile_flow(process.definition)[1] if each.code == "INVALID_CYCLE"] == []


@pytest.mark.parametrize(
    ("cron", "namespaces"),
    [
        ("0 0 9 1 * MON", ZEEBE),
        ("0 0 9 ? * */2", ZEEBE),
        ("0 0 9 ? * 0/2", ZEEBE),
        ("0 0 9 ? * 0", CAMUNDA),
        ("0 0 9 ? * 2", ""),
        ("0 0 9 LW * ? 2030", CAMUNDA),
    ],
)
def test_cron_that_has_no_one_meaning_here_stays_and_is_refused(cron: str, namespaces: str) -> None:
    process = imported(timed_start("timeCycle", cron), namespaces=namespaces)
    assert process.definition["nodes"][0]["event"]["cycle"] == cron
    graph, problems = compile_flow(process.definition)
    assert graph is None
    assert [(each.node_id, each.code) for each in problems] == [("t", "INVALID_CYCLE")]


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("timeDate", "2026-03-29T02:30:00[Europe/Berlin]"),
        ("timeDate", "2026-03-29T09:30:00+02:00[Europe/Berlin]"),
        ("timeDate", "2026-03-29T09:30:00"),
        ("timeDuration", "-PT5M"),
        ("timeDuration", "PT-5M"),
        ("timeCycle", "@daily"),
        ("timeCycle", "R/2026-03-29T09:30:00[Europe/Berlin]/P1D"),
        ("timeCycle", "TZ=Europe/Berlin 0 9 * * MON"),
    ],
)
@pytest.mark.parametrize("namespaces", [ZEEBE, CAMUNDA, ""])
def test_times_in_zones_and_before_now_are_taken_as_they_are(tag: str, text: str, namespaces: str) -> None:
    process = imported(timed_start(tag, text), namespaces=namespaces)
    assert process.problems == []
    assert list(process.definition["nodes"][0]["event"].values()) == ["timer", text]
    assert [
        each.code for each in compile_flow(process.definition)[1] if each.code.startswith("INVALID")
    ] == []


@pytest.mark.parametrize(
    ("xml", "namespaces"),
    [
        (extended("userTask", '<zeebe:taskSchedule dueDate="2026-03-29T09:30:00[Europe/Berlin]"/>'), ZEEBE),
        ('<userTask id="t" camunda:dueDate="2026-03-29T09:30:00"/>', CAMUNDA),
    ],
)
def test_a_due_date_takes_the_same_times(xml: str, namespaces: str) -> None:
    process = imported(xml, namespaces=namespaces)
    assert process.problems == []
    assert process.definition["nodes"][0]["dueDate"].startswith("2026-03-29T09:30:00")
    assert [
        each.code for each in compile_flow(process.definition)[1] if each.code.startswith("INVALID")
    ] == []


def timed_start(tag: str, text: str) -> str:
    return (
        f'<startEvent id="t"><timerEventDefinition><{tag}>{text}</{tag}></timerEventDefinition></startEvent>'
    )


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


def test_the_variable_of_an_output_element_is_local_to_each_body_as_in_zeebe() -> None:
    loop = (
        "<multiInstanceLoopCharacteristics><extensionElements>"
        '<zeebe:loopCharacteristics inputCollection="=items" inputElement="item" outputCollection="all"'
        ' outputElement="=answer.text"/></extensionElements></multiInstanceLoopCharacteristics>'
    )
    (node,) = imported(f'<userTask id="t">{loop}</userTask>', namespaces=ZEEBE).definition["nodes"]
    assert node["input"] == {"answer": None}


@pytest.mark.parametrize(
    ("tag", "inner", "sets"),
    [
        ("serviceTask", '<zeebe:taskDefinition type="x"/>', True),
        ("serviceTask", MAPPED.format("last"), False),
        ("serviceTask", MAPPED.format("answer"), True),
        ("callActivity", '<zeebe:calledElement processId="other" bindingType="deployment"/>', True),
    ],
)
def test_an_output_element_that_cannot_be_kept_local_is_told(tag: str, inner: str, *, sets: bool) -> None:
    loop = (
        "<multiInstanceLoopCharacteristics><extensionElements>"
        '<zeebe:loopCharacteristics inputCollection="=items" outputCollection="all"'
        ' outputElement="=answer.text"/></extensionElements></multiInstanceLoopCharacteristics>'
    )
    process = imported(extended(tag, inner, inner=loop), namespaces=ZEEBE)
    assert "answer" not in process.definition["nodes"][0].get("input", {})
    problem = only(process)
    assert (problem.code, problem.severity) == ("OUTPUT_NOT_LOCAL", "warning")
    assert problem.message.endswith("around the loop, and sets it there." if sets else "around the loop.")


def test_a_reference_to_the_data_of_a_loop_may_be_an_expression_in_camunda_7() -> None:
    loop = (
        "<multiInstanceLoopCharacteristics><loopDataInputRef>${items}</loopDataInputRef>"
        '<inputDataItem name="item"/></multiInstanceLoopCharacteristics>'
    )
    (node,) = imported(f'<task id="t">{loop}</task>', namespaces=CAMUNDA).definition["nodes"]
    assert node["loop"] == {"collection": "{items}", "elementVariable": "item"}


def test_a_loop_counter_that_counts_from_0_is_refused() -> None:
    timer = '<camunda:inputOutput><camunda:inputParameter name="n">${loopCounter}</camunda:inputParameter>'
    process = imported(extended("task", timer + "</camunda:inputOutput>"), namespaces=CAMUNDA)
    assert errors(process) == [("t", "UNTRANSLATABLE")]


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
