"""Code of other engines as external tasks, where the importer is told so."""

from typing import Any

import pytest

from tests.unit.bpmn import CAMUNDA, errors, file, imported, node
from workers.flow.bpmn.options import keep_options
from workers.flow.bpmn.write import write_xml
from workers.flow.bpmn.xml import BpmnError, read_xml
from workers.flow.interchange.read import ImportedProcess, import_document

ALL = {"serviceTasks": "external", "scripts": "external", "listeners": "warn"}
EXTERNAL = {"type": "serviceTask", "implementation": "external"}


def told(inner: str, options: dict[str, str] = ALL) -> ImportedProcess:
    document = read_xml(file(f'<process id="P" isExecutable="true">{inner}</process>', CAMUNDA))
    keep_options(document.root, options)
    (process,) = import_document(read_xml(write_xml(document))).processes
    return process


def first(process: ImportedProcess) -> dict[str, Any]:
    found: dict[str, Any] = process.definition["nodes"][0]
    return {key: value for key, value in found.items() if key != "id"}


DELEGATED = {
    "class": ('<serviceTask id="t" camunda:class="org.example.SendMail"/>', "SendMail"),
    "inner class": ('<serviceTask id="t" camunda:class="org.example.Mail$Send"/>', "Send"),
    "bean": ('<serviceTask id="t" camunda:delegateExpression="${sendMail}"/>', "sendMail"),
    "method": ('<serviceTask id="t" camunda:expression="#{ mail.send(order) }"/>', "mail"),
    "engine": ('<serviceTask id="t" camunda:expression="${execution.setVariable(1)}"/>', "t"),
    "bare": ('<serviceTask id="t"/>', "t"),
    "bare send task": ('<sendTask id="t"/>', "t"),
    "send task": ('<sendTask id="t" camunda:class="a.Send"/>', "Send"),
    "mail": ('<serviceTask id="t" camunda:type="mail"/>', "mail"),
    "decision": (
        '<businessRuleTask id="t" camunda:decisionRef="rate" camunda:decisionRefVersion="2"/>',
        "rate",
    ),
    "braces": ('<serviceTask id="t" camunda:type="{x}"/>', "{{x}}"),
    "end event": ('<endEvent id="t"><messageEventDefinition camunda:class="a.Send"/></endEvent>', "Send"),
    "script": ('<scriptTask id="t" scriptFormat="groovy"><script>1</script></scriptTask>', "t"),
    "script elsewhere": ('<scriptTask id="t" scriptFormat="js" camunda:resource="a.js"/>', "t"),
}


@pytest.mark.parametrize(("xml", "topic"), DELEGATED.values(), ids=DELEGATED)
def test_code_becomes_an_external_task_with_a_warning_that_names_it(xml: str, topic: str) -> None:
    process = told(xml)
    assert first(process) == {**EXTERNAL, "topic": topic}
    assert [(each.node_id, each.code, each.severity) for each in process.problems] == [
        ("t", "READ_AS_EXTERNAL", "warning")
    ]
    assert f"`{topic.replace('{{x}}', '{x}')}`" in process.problems[0].message


@pytest.mark.parametrize("xml", [each[0] for each in DELEGATED.values()], ids=DELEGATED)
def test_without_the_option_code_is_refused(xml: str) -> None:
    refused = {code for _, code in errors(told(xml, {}))}
    assert refused & {"NOT_SUPPORTED", "MISSING_IMPLEMENTATION", "MISSING_REFERENCE", "MISSING_PROPERTY"}


def test_what_such_a_task_gives_and_is_not_told_is_said() -> None:
    task = (
        '<serviceTask id="t" camunda:class="a.B" camunda:resultVariable="sum"><extensionElements>'
        '<camunda:field name="unit"/>'
        "<camunda:failedJobRetryTimeCycle>R5/PT1M</camunda:failedJobRetryTimeCycle>"
        "</extensionElements></serviceTask>"
    )
    process = told(task)
    assert first(process)["retry"] == {"maxAttempts": 5, "backoff": "PT1M", "maxBackoff": "PT1M"}
    (problem,) = process.problems
    assert "It gives the variable `sum`." in problem.message
    assert "It is not told the fields `unit`." in problem.message
    (problem,) = told(task.replace("R5/PT1M", "PT1M,PT5M")).problems
    assert "retries `PT1M,PT5M`" in problem.message


def test_a_connector_is_called_with_its_own_parameters() -> None:
    process = told(
        '<serviceTask id="t"><extensionElements><camunda:connector><camunda:inputOutput>'
        '<camunda:inputParameter name="url">https://crm.example/${id}</camunda:inputParameter>'
        '<camunda:outputParameter name="answer">${response}</camunda:outputParameter></camunda:inputOutput>'
        "<camunda:connectorId>http-connector</camunda:connectorId></camunda:connector></extensionElements>"
        "</serviceTask>"
    )
    assert first(process) == {
        **EXTERNAL,
        "topic": "http-connector",
        "input": {"url": "https://crm.example/{id}"},
        "output": {"answer": "{response}"},
    }


CONNECTED = (
    '<serviceTask id="t"><extensionElements><camunda:connector><camunda:inputOutput>'
    '<camunda:inputParameter name="headers"><camunda:map><camunda:entry key="a">${S(a).prop("b")}'
    "</camunda:entry></camunda:map></camunda:inputParameter>"
    '<camunda:inputParameter name="url">${url}</camunda:inputParameter>'
    '<camunda:outputParameter name="answer">${S(response).stringValue()}</camunda:outputParameter>'
    "</camunda:inputOutput><camunda:connectorId>http-connector</camunda:connectorId></camunda:connector>"
    "</extensionElements></serviceTask>"
)


def test_what_only_the_engine_of_a_connector_can_work_out_is_left_to_the_worker() -> None:
    process = told(CONNECTED)
    assert first(process) == {
        **EXTERNAL,
        "topic": "http-connector",
        "input": {"url": "{url}"},
        "output": {"answer": "{answer}"},
    }
    told_of = [each.message for each in process.problems if each.code == "SCRIPT_LEFT_TO_WORKER"]
    assert ["`headers`" in told_of[0], "`answer`" in told_of[1]] == [True, True]
    assert '`${S(a).prop("b")}`' in told_of[0]
    assert errors(told(CONNECTED, {"serviceTasks": "external"})) == [("t", "UNTRANSLATABLE")] * 2
    by_type = '<serviceTask id="t" camunda:type="external" camunda:topic="x"><extensionElements>'
    parameter = '<camunda:inputParameter name="a">${S(a)}</camunda:inputParameter>'
    mapped = f"<camunda:inputOutput>{parameter}</camunda:inputOutput></extensionElements></serviceTask>"
    assert errors(told(by_type + mapped)) == [("t", "UNTRANSLATABLE")]


@pytest.mark.parametrize("tag", ["intermediateThrowEvent", "endEvent"])
def test_a_message_event_without_a_message_throws_nothing(tag: str) -> None:
    event = f'<{tag} id="t"><messageEventDefinition/></{tag}>'
    process = told(event)
    assert first(process) == {"type": tag}
    assert [(each.node_id, each.code, each.severity) for each in process.problems] == [
        ("t", "NOTHING_THROWN", "warning")
    ]
    assert errors(told(event, {})) == [("t", "MISSING_REFERENCE")]
    catch = '<intermediateCatchEvent id="t"><messageEventDefinition/></intermediateCatchEvent>'
    assert errors(told(catch)) == [("t", "MISSING_REFERENCE")]


SCRIPTED = (
    '<serviceTask id="t" camunda:type="external" camunda:topic="x"><extensionElements><camunda:inputOutput>'
    '<camunda:inputParameter name="a"><camunda:script scriptFormat="groovy">1</camunda:script>'
    '</camunda:inputParameter><camunda:inputParameter name="b">${b}</camunda:inputParameter>'
    '<camunda:outputParameter name="c"><camunda:script scriptFormat="groovy">2</camunda:script>'
    "</camunda:outputParameter></camunda:inputOutput></extensionElements></serviceTask>"
)


def test_scripts_in_parameters_are_left_to_the_worker() -> None:
    process = told(SCRIPTED)
    assert first(process) == {**EXTERNAL, "topic": "x", "input": {"b": "{b}"}, "output": {"c": "{c}"}}
    assert {each.code for each in process.problems} == {"SCRIPT_LEFT_TO_WORKER"}
    assert [each.message.split("`")[1] for each in process.problems] == ["a", "c"]
    assert errors(told(SCRIPTED, {})) != []
    by_a_person = SCRIPTED.replace("serviceTask", "userTask").replace('camunda:type="external" ', "")
    by_a_person = by_a_person.replace('camunda:topic="x"', "")
    assert errors(told(by_a_person)) != []


LISTENERS = {
    "userTask": '<camunda:taskListener event="create" class="a.B"/>',
    "task": '<camunda:executionListener event="end" expression="${a.b()}"/>',
}


@pytest.mark.parametrize(("tag", "listener"), LISTENERS.items())
def test_listeners_are_left_out_with_a_warning(tag: str, listener: str) -> None:
    xml = f'<{tag} id="t"><extensionElements>{listener}</extensionElements></{tag}>'
    (problem,) = told(xml).problems
    assert (problem.node_id, problem.code, problem.severity) == ("t", "LISTENER_SKIPPED", "warning")
    assert errors(told(xml, {})) == [("t", "NOT_SUPPORTED")]


def test_each_option_is_for_its_own_kind() -> None:
    task, script = DELEGATED["class"][0], DELEGATED["script"][0]
    assert errors(told(task, {"scripts": "external", "listeners": "warn"})) != []
    assert errors(told(script, {"serviceTasks": "external", "listeners": "warn"})) != []
    assert errors(told(task, {"serviceTasks": "refuse"})) != []


def test_what_runs_here_stays_as_it_is() -> None:
    message = '<sendTask id="t" messageRef="m"/>'
    process = imported(message, roots='<message id="m"/>', namespaces=CAMUNDA)
    whole = f'<message id="m"/><process id="P" isExecutable="true">{message}</process>'
    document = read_xml(file(whole, CAMUNDA))
    keep_options(document.root, ALL)
    assert import_document(document).processes[0].definition == process.definition
    external = '<serviceTask id="t" camunda:type="external" camunda:topic="x"/>'
    assert told(external).definition["nodes"] == imported(external, namespaces=CAMUNDA).definition["nodes"]


@pytest.mark.parametrize("options", [{}, ALL], ids=["refused", "told"])
def test_an_expression_without_beans_is_a_script_whatever_is_told(options: dict[str, str]) -> None:
    found = told('<serviceTask id="t" camunda:expression="${a.b}" camunda:resultVariable="c"/>', options)
    assert found.problems == []
    assert found.definition["nodes"][0]["type"] == "scriptTask"
    assert found.definition["nodes"][0]["resultVariable"] == "c"
    assert node('<serviceTask id="t" camunda:expression="${true}"/>', namespaces=CAMUNDA) == {
        "id": "t",
        "type": "scriptTask",
        "script": "= (true; {})",
    }


def test_a_prefix_that_is_taken_is_left_alone() -> None:
    data = file('<process id="P" isExecutable="true"/>', ' xmlns:import="urn:other"')
    document = read_xml(data)
    keep_options(document.root, {"scripts": "external"})
    keep_options(document.root, {"scripts": "refuse", "listeners": "warn"})
    attributes = read_xml(write_xml(document)).root.attributes
    assert attributes["xmlns:import"] == "urn:other"
    assert attributes["import-:scripts"] == "refuse"
    assert attributes["import-:listeners"] == "warn"


def test_a_choice_that_there_is_not_is_no_file() -> None:
    own = ' xmlns:i="https://procession.dev/schema/import" i:listeners="call"'
    with pytest.raises(BpmnError, match="must be one of refuse, warn, not `call`"):
        import_document(read_xml(file('<process id="P"/>', own)))
