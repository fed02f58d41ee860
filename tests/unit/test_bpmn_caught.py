"""The variables that Camunda 7 sets to what an event caught."""

import pytest

from tests.unit.bpmn import CAMUNDA, ROOTS, errors, imported
from tests.unit.simulation import Simulation

_BOUNDARY = (
    '<startEvent id="a"/><sequenceFlow id="f" sourceRef="a" targetRef="sub"/>'
    '<subProcess id="sub"><startEvent id="b"/><sequenceFlow id="g" sourceRef="b" targetRef="throw"/>'
    '<endEvent id="throw"><{kind}EventDefinition {kind}Ref="{ref}"/></endEvent></subProcess>'
    '<boundaryEvent id="caught" attachedToRef="sub">{own}<{kind}EventDefinition {variable}/></boundaryEvent>'
    '<sequenceFlow id="h" sourceRef="caught" targetRef="z"/><endEvent id="z"/>'
)
_OWN = "<extensionElements><procession:properties>{content}</procession:properties></extensionElements>"


@pytest.mark.parametrize(
    ("kind", "ref", "names", "expected"),
    [
        ("error", "e", ["errorCodeVariable"], {"errorCodeVariable": "E"}),
        ("error", "e", ["errorCodeVariable", "errorMessageVariable"], {"errorCodeVariable": "E"}),
        ("escalation", "x", ["escalationCodeVariable"], {"escalationCodeVariable": "X"}),
    ],
)
def test_a_variable_is_set_to_the_code_that_was_caught(
    kind: str, ref: str, names: list[str], expected: dict[str, str]
) -> None:
    variable = " ".join(f'camunda:{name}="{name}"' for name in names)
    inner = _BOUNDARY.format(kind=kind, ref=ref, own="", variable=variable)
    process = imported(inner, roots=ROOTS, namespaces=CAMUNDA)
    assert process.problems == []
    run = Simulation(process.definition).run()
    assert run.visited["caught"] == 1
    assert run.variables.keys() == set(names)
    assert expected.items() <= run.variables.items()
    assert all(isinstance(each, str) for each in run.variables.values())


def test_what_our_extension_takes_of_it_stays() -> None:
    own = _OWN.format(content='{"output": {"text": "{error.message}"}}')
    variable = 'camunda:errorCodeVariable="code"'
    inner = _BOUNDARY.format(kind="error", ref="e", own=own, variable=variable)
    process = imported(inner, roots=ROOTS, namespaces=CAMUNDA)
    assert process.problems == []
    (caught,) = [each for each in process.definition["nodes"] if each["id"] == "caught"]
    assert caught["output"] == {"text": "{error.message}", "code": "{error.code}"}


@pytest.mark.parametrize(
    "end",
    [
        '<endEvent id="t"><errorEventDefinition errorRef="e" camunda:errorCodeVariable="v"/></endEvent>',
        '<startEvent id="t"><errorEventDefinition camunda:escalationCodeVariable="v"/></startEvent>',
    ],
)
def test_an_event_that_catches_no_error_has_no_such_variable(end: str) -> None:
    assert errors(imported(end, roots=ROOTS, namespaces=CAMUNDA)) == [("t", "NOT_SUPPORTED")]
