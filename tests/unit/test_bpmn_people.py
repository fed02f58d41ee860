"""What Camunda 7 and its kin say of user tasks: names, people, priorities, forms."""

from typing import Any

import pytest

from tests.unit.bpmn import CAMUNDA, HEAD, ZEEBE, errors, file, imported, node, only
from tests.unit.simulation import NOW
from workers.flow.compiler.compile import compile_flow
from workers.flow.interchange.export import export_bpmn
from workers.flow.interchange.read import import_bpmn
from workers.flow.values.expression import ExpressionError
from workers.flow.values.template import compile_template


def task(attributes: str, inner: str = "", namespaces: str = CAMUNDA) -> dict[str, Any]:
    return node(f'<userTask id="t" {attributes}>{inner}</userTask>', namespaces=namespaces)


def value(template: Any, **variables: Any) -> Any:
    return compile_template(template).evaluate(variables, now=NOW).value


@pytest.mark.parametrize("attribute", ["candidateUsers", "candidateGroups"])
@pytest.mark.parametrize(
    ("written", "variables", "expected"),
    [
        ("${people}", {"people": "ann, bob"}, ["ann", "bob"]),
        ("${people}", {"people": " ann ,, bob,"}, ["ann", "bob"]),
        ("${people}", {"people": "ann"}, ["ann"]),
        ("${people}", {"people": ["ann", "bob"]}, ["ann", "bob"]),
        ("${people}", {"people": []}, []),
        ("${people}", {"people": ["ann"]}, ["ann"]),
        ("${people}", {"people": ""}, []),
        ("joe, ${people}", {"people": "ann, bob"}, ["joe", "ann", "bob"]),
        ("${people}, ${more}", {"people": ["ann"], "more": "bob, joe"}, ["ann", "bob", "joe"]),
        ("team-${n}, ${yes ? 'a,b' : 'c'}", {"n": 5, "yes": True}, ["team-5", "a", "b"]),
        ("${team.lead}", {"team": {"lead": "ann"}}, ["ann"]),
        ("ann, bob", {}, ["ann", "bob"]),
        ("{x}", {}, ["{x}"]),
    ],
)
def test_candidates_are_names_with_commas_lists_or_both(
    attribute: str, written: str, variables: dict[str, Any], expected: list[str]
) -> None:
    found = task(f'camunda:{attribute}="{written}"')
    assert value(found[attribute], **variables) == expected


@pytest.mark.parametrize("people", [None, 5, {"a": 1}], ids=repr)
def test_what_names_nobody_is_an_error(people: Any) -> None:
    found = task('camunda:candidateUsers="${people}"')["candidateUsers"]
    with pytest.raises(ExpressionError, match="names nobody"):
        value(found, people=people)
    with pytest.raises(ExpressionError, match="people is missing"):
        value(found)


@pytest.mark.parametrize(
    ("name", "variables", "expected"),
    [
        ("Review ${name}", {"name": "Jane"}, "Review Jane"),
        ("Review ${name} of {team}", {"name": "Jane"}, "Review Jane of {team}"),
        ("${n + 1} papers", {"n": 2}, "3 papers"),
    ],
)
def test_the_name_of_a_user_task_of_camunda_is_evaluated(
    name: str, variables: dict[str, Any], expected: str
) -> None:
    assert value(task(f'name="{name}"')["name"], **variables) == expected


def test_a_name_that_cannot_be_translated_stays_as_it_is() -> None:
    process = imported('<userTask id="t" name="For ${bean.who()}"/>', namespaces=CAMUNDA)
    assert (only(process).code, only(process).severity) == ("TEXT_NOT_FILLED", "warning")
    assert value(process.definition["nodes"][0]["name"]) == "For ${bean.who()}"


@pytest.mark.parametrize("tag", ["userTask", "task", "exclusiveGateway", "endEvent"])
@pytest.mark.parametrize(
    ("namespaces", "name"),
    [
        (ZEEBE, "Check {order} form"),
        (ZEEBE, "= 1"),
        (ZEEBE, "Pay ${amount}"),
        (CAMUNDA, "Check {order} form"),
        (CAMUNDA, "{order}"),
    ],
)
def test_a_label_of_a_foreign_file_is_no_template(tag: str, namespaces: str, name: str) -> None:
    data = file(f'<process id="P" isExecutable="true"><{tag} id="t" name="{name}"/></process>', namespaces)
    data = data.replace(b' xmlns:procession="https://procession.dev/schema/bpmn"', b"")
    (process,) = import_bpmn(data).processes
    assert process.problems == []
    assert value(process.definition["nodes"][0]["name"]) == name


def test_a_label_of_a_file_of_ours_is_a_template_and_comes_back_from_export() -> None:
    label = "Approve {amount} EUR, {{literally}}"
    assert task(f'name="{label}"', namespaces="")["name"] == label
    written = {"id": "t", "type": "userTask", "name": label, "priority": "{p}", "formKey": "k-{n}"}
    definition: dict[str, Any] = {"schemaVersion": 1, "nodes": [written], "sequenceFlows": []}
    (again,) = import_bpmn(export_bpmn(definition, process_id="P", name="P")).processes
    (found,) = again.definition["nodes"]
    assert found == written


def test_a_label_with_braces_in_a_file_of_nobody_is_told() -> None:
    assert "xmlns:procession" in HEAD
    data = file('<process id="P" isExecutable="true"><userTask id="t" name="Check {order}"/></process>')
    data = data.replace(b' xmlns:procession="https://procession.dev/schema/bpmn"', b"")
    (process,) = import_bpmn(data).processes
    assert [(each.node_id, each.code, each.severity) for each in process.problems] == [
        ("t", "TEXT_NOT_FILLED", "warning")
    ]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [('camunda:priority="${p}"', "{p}"), ('camunda:priority="7"', 7), ('camunda:priority="${p * 2}"', None)],
)
def test_a_priority_may_be_an_expression(attributes: str, expected: Any) -> None:
    found = task(attributes)["priority"]
    assert expected is None or found == expected
    if expected != 7:
        assert value(found, p=3) == (6 if expected is None else 3)


def test_a_priority_of_zeebe_may_be_an_expression() -> None:
    definition = '<extensionElements><zeebe:priorityDefinition priority="=p"/></extensionElements>'
    assert value(task("", definition, ZEEBE)["priority"], p=3) == 3
    assert errors(imported('<userTask id="t" camunda:priority="high"/>', namespaces=CAMUNDA)) == [
        ("t", "NOT_SUPPORTED")
    ]


def test_an_initiator_is_told_and_runs() -> None:
    process = imported('<startEvent id="s" camunda:initiator="starter"/>', namespaces=CAMUNDA)
    assert (only(process).code, only(process).severity) == ("INITIATOR_NOT_SET", "warning")
    assert "starter" in only(process).message


FIELDS = """<extensionElements><camunda:formData>
  <camunda:formField id="amount" label="Amount" type="long" defaultValue="5"><camunda:validation>
    <camunda:constraint name="required"/><camunda:constraint name="min" config="1"/>
    <camunda:constraint name="max" config="99"/></camunda:validation></camunda:formField>
  <camunda:formField id="why" type="string"><camunda:validation>
    <camunda:constraint name="maxlength" config="20"/><camunda:constraint name="readonly"/>
    <camunda:constraint name="required" config="false"/></camunda:validation></camunda:formField>
  <camunda:formField id="ok" type="boolean"/>
  <camunda:formField id="on" type="date"/>
  <camunda:formField id="how" type="enum"><camunda:value id="a" name="By air"/><camunda:value id="s"/>
    </camunda:formField>
</camunda:formData></extensionElements>"""


def test_form_fields_become_the_schema_of_the_answer() -> None:
    process = imported(f'<userTask id="t">{FIELDS}</userTask>', namespaces=CAMUNDA)
    (found,) = process.definition["nodes"]
    assert found["form"] == {
        "type": "object",
        "required": ["amount"],
        "properties": {
            "amount": {"type": "integer", "title": "Amount", "default": 5, "minimum": 1, "maximum": 99},
            "why": {"type": "string", "readOnly": True, "maxLength": 20},
            "ok": {"type": "boolean"},
            "on": {"type": "string", "format": "date"},
            "how": {"oneOf": [{"const": "a", "title": "By air"}, {"const": "s", "title": "s"}]},
        },
    }
    assert [each.message for each in process.problems] == [
        "Of the form's field `amount`, its default `5` is only shown."
    ]
    assert [each for each in compile_flow(process.definition)[1] if each.severity == "error"] == []


def test_form_properties_of_activiti_become_a_schema_too() -> None:
    fields = (
        '<extensionElements><a:formProperty id="days" name="Days" type="long" required="true"/>'
        '<a:formProperty id="note" variable="remark" writable="false"/>'
        '<a:formProperty id="hidden" readable="false"/>'
        '<a:formProperty id="on" type="date" datePattern="dd-MM-yyyy"/>'
        '<a:formProperty id="who" type="user" expression="${starter}"/></extensionElements>'
    )
    process = imported(
        f'<userTask id="t">{fields}</userTask>', namespaces=' xmlns:a="http://activiti.org/bpmn"'
    )
    assert process.definition["nodes"][0]["form"] == {
        "type": "object",
        "required": ["days"],
        "properties": {
            "days": {"type": "integer", "title": "Days"},
            "remark": {"type": "string", "readOnly": True},
            "on": {"type": "string", "format": "date"},
            "who": {},
        },
    }
    assert {each.code for each in process.problems} == {"FORM_FIELD"}
    assert len(process.problems) == 3


def test_constraints_without_a_twin_are_told() -> None:
    field = (
        '<camunda:formField id="x" type="string" defaultValue="${d}"><camunda:validation>'
        '<camunda:constraint name="validator" config="org.example.Check"/>'
        '<camunda:constraint name="min" config="${n}"/></camunda:validation></camunda:formField>'
    )
    inner = f"<extensionElements><camunda:formData>{field}</camunda:formData></extensionElements>"
    process = imported(f'<userTask id="t">{inner}</userTask>', namespaces=CAMUNDA)
    assert process.definition["nodes"][0]["form"]["properties"] == {"x": {"type": "string"}}
    told = " ".join(each.message for each in process.problems)
    assert "`${d}` is not used" in told
    assert "`validator` is not checked" in told
    assert "`min` is not checked" in told


@pytest.mark.parametrize(
    ("attributes", "inner", "namespaces", "key"),
    [
        ('camunda:formKey="embedded:app:forms/a.html"', "", CAMUNDA, "embedded:app:forms/a.html"),
        ('camunda:formRef="approve" camunda:formRefBinding="latest"', "", CAMUNDA, "approve"),
        ('camunda:formKey="form-${kind}"', "", CAMUNDA, "form-{kind}"),
        ('camunda:formKey="${forms.key()}"', "", CAMUNDA, "${forms.key()}"),
        ("", '<zeebe:formDefinition formId="approve"/>', ZEEBE, "approve"),
        ("", '<zeebe:formDefinition formKey="custom:{x}"/>', ZEEBE, "custom:{{x}}"),
    ],
)
def test_the_key_of_a_form_is_kept(attributes: str, inner: str, namespaces: str, key: str) -> None:
    process = imported(
        f'<userTask id="t" {attributes}><extensionElements>{inner}</extensionElements></userTask>',
        namespaces=namespaces,
    )
    assert errors(process) == []
    assert process.definition["nodes"][0]["formKey"] == key
