"""What other vendors write into files: what executes there is refused, what is unknown is told once."""

from typing import Any

import pytest

from tests.unit.bpmn import errors, imported, only
from workers.flow.bpmn.vendors import VENDORS
from workers.flow.bpmn.verdict import Verdict, each_name

NAMED = [
    pytest.param(namespace, name, verdict, id=f"{namespace} {name}")
    for namespace, verdicts in VENDORS.items()
    for name, verdict in each_name(verdicts)
]


def _given(namespace: str, name: str, value: str) -> list[list[Any]]:
    """The problems of a name as an attribute, and as an element."""
    head = f' xmlns:v="{namespace}"'
    local = "any" if name == "*" else name
    inner = f"<extensionElements><v:{local}>{value}</v:{local}></extensionElements>"
    return [
        imported(f'<task id="t" v:{local}="{value}"/>', namespaces=head).problems,
        imported(f'<task id="t">{inner}</task>', namespaces=head).problems,
    ]


@pytest.mark.parametrize(("namespace", "name", "verdict"), NAMED)
def test_each_name_of_a_vendor_ends_as_the_table_says(namespace: str, name: str, verdict: Verdict) -> None:
    for problems in _given(namespace, name, "other"):
        found = [(each.node_id, each.code, verdict.why in each.message) for each in problems]
        assert found == ([("t", "NOT_SUPPORTED", True)] if verdict.word == "refused" else [])
    for value in verdict.unless:
        assert _given(namespace, name, value) == [[], []]


@pytest.mark.parametrize(
    "xml",
    [
        '<startEvent id="n" v:made="1"/>',
        '<sequenceFlow id="n" sourceRef="t" targetRef="t" v:made="1"/>',
        '<endEvent id="n"><terminateEventDefinition id="d" v:made="1"/></endEvent>',
        (
            '<task id="n"><standardLoopCharacteristics><loopCondition v:made="1">= a</loopCondition>'
            "</standardLoopCharacteristics></task>"
        ),
        (
            '<subProcess id="o"><task id="n"><extensionElements><v:made/><v:made a="1"/></extensionElements>'
            "</task></subProcess>"
        ),
    ],
)
def test_a_name_that_nobody_knows_is_a_warning_wherever_something_runs(xml: str) -> None:
    problem = only(imported(f'<task id="t"/>{xml}', namespaces=' xmlns:v="urn:made"'))
    assert (problem.code, problem.severity, problem.node_id) == ("UNKNOWN_EXTENSION", "warning", "n")
    assert "v:made" in problem.message
    assert "`urn:made`" in problem.message


def test_an_element_of_a_vendor_that_says_nothing_is_passed_over() -> None:
    empty = "<extensionElements><v:made><v:inner/></v:made></extensionElements>"
    process = imported(f'<task id="t">{empty}</task>', namespaces=' xmlns:v="urn:made"')
    assert process.problems == []


def test_the_names_of_one_namespace_are_told_once_with_the_nodes_that_have_them() -> None:
    tasks = "".join(f'<task id="t{at}" v:n{at}="1" w:other="1"/>' for at in range(7))
    process = imported(tasks, namespaces=' xmlns:v="urn:made" xmlns:w="urn:more"')
    first, second = process.problems
    assert first.message == (
        "`v:n0`, `v:n1`, `v:n2`, `v:n3`, `v:n4` and 2 more of `urn:made` does nothing here and is kept in the"
        " file: `t0`, `t1`, `t2`, `t3`, `t4` and 2 more."
    )
    assert "`w:other` of `urn:more`" in second.message


def test_a_task_that_is_refused_for_its_vendor_is_not_refused_for_doing_nothing_too() -> None:
    for tag in ("serviceTask", "scriptTask", "businessRuleTask"):
        drools = f'<{tag} id="t" d:taskName="Rest"/>'
        process = imported(drools, namespaces=' xmlns:d="http://www.jboss.org/drools"')
        assert errors(process) == [("t", "NOT_SUPPORTED")]
        assert "`d:taskName`" in only(process).message


def test_an_attribute_on_a_timers_expression_is_refused_by_name() -> None:
    cycle = '<timeCycle f:endDate="2020-01-01T00:00:00Z">R/PT1S</timeCycle>'
    event = f'<startEvent id="s"><timerEventDefinition id="d">{cycle}</timerEventDefinition></startEvent>'
    process = imported(event, namespaces=' xmlns:f="http://flowable.org/bpmn"')
    assert errors(process) == [("s", "NOT_SUPPORTED")]
    assert "`f:endDate`" in only(process).message
