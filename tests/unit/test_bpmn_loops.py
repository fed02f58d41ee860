"""Multi-instance as Zeebe and Camunda 7 write it."""

from datetime import UTC, datetime

import pytest

from tests.unit.bpmn import CAMUNDA, ZEEBE, camunda, errors, extended, imported, only, zeebe
from workers.flow.bpmn.feel.translate import translate_feel
from workers.flow.values.template import compile_template

MAPPED = (
    '<zeebe:taskDefinition type="mail"/>'
    '<zeebe:ioMapping><zeebe:output source="=r" target="{}"/></zeebe:ioMapping>'
)


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
