"""Call activities of Zeebe, Camunda 7 and Flowable: what they pass, and which version they call."""

from typing import Any

import pytest

from tests.unit.bpmn import CAMUNDA, ZEEBE, camunda, errors, extended, imported, node, only, zeebe


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
