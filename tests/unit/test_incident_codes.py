"""Each incident code is raised somewhere, is explained, and comes about."""

import ast
import re
from typing import Any
from uuid import UUID

import pytest

from harness.processes import ROOT
from models.incident_code import IncidentCode
from tests.flows import event, line, node, python, script, start, sub_process, user
from tests.unit.simulation import Simulation
from tests.world import compiled
from workers.engine.outside.attempt import Attempt, AttemptFailed
from workers.engine.outside.python import PythonPerformer
from workers.flow.json_value import MAX_NESTING
from workers.flow.jsonata.bounded import Bounded
from workers.semantics.situation import Triggered

CODES = set(IncidentCode)

#: One level deeper than JSON may nest here.
DEEP: Any = []
for _ in range(MAX_NESTING):
    DEEP = [DEEP]


def test_each_code_is_explained_in_sentences() -> None:
    for code in IncidentCode:
        assert code.name == code.value
        assert code.meaning.endswith((".", ").")), code
        assert code.remedy.endswith("."), code


def test_the_code_raises_each_and_no_other() -> None:
    trees = [ast.parse(file.read_text()) for file in (ROOT / "workers").rglob("*.py")]
    raised = {
        each.attr
        for tree in trees
        for each in ast.walk(tree)
        if isinstance(each, ast.Attribute)
        and isinstance(each.value, ast.Name)
        and each.value.id == IncidentCode.__name__
    }
    assert raised == CODES


def test_a_test_brings_about_each_code() -> None:
    texts = "".join(file.read_text() for file in (ROOT / "tests").rglob("*.py"))
    assert CODES - set(re.findall(r"""["']([A-Z_]+)["']""", texts)) == set()


def _transaction(*nodes: Any, flows: list[Any]) -> Any:
    return {**sub_process("pay", *nodes, flows=flows), "type": "transaction"}


@pytest.mark.parametrize(
    ("definition", "data", "code"),
    [
        (line(user("each", loop={"cardinality": "{count}"})), {"count": 1001}, "COLLECTION_TOO_LARGE"),
        (line(node("call", "callActivity", processId=str(UUID(int=1)))), {}, "FLOW_NOT_FOUND"),
        (line(script("one", "= 1")), {}, "RESULT_NOT_AN_OBJECT"),
        (
            line(_transaction(start("a"), event("b", "endEvent", "cancel"), flows=["a->b"])),
            {},
            "UNCAUGHT_CANCEL",
        ),
        (line(user("ask", output={"answer": ["{deep}"]})), {"deep": DEEP}, "VALUE_NOT_KEEPABLE"),
        (line(user("ask")), {}, "RESERVED_NAME"),
    ],
)  # fmt: skip
def test_an_incident_that_the_plan_alone_brings_about(
    definition: dict[str, Any], data: dict[str, Any], code: str
) -> None:
    run = Simulation(definition, data).run()
    for task in list(run.instance.tasks.values()):
        run.happens(Triggered(task.token_id, task.node_id, {"secrets": 1}))
    assert list(run.incidents.values()) == [code]


def test_an_expression_for_which_the_process_has_no_memory_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Bounded, "run", run)
    run_ = Simulation(line(script("one", "= 1"))).run()
    assert list(run_.incidents.values()) == ["EXPRESSION_OUT_OF_MEMORY"]


def test_a_python_task_that_this_worker_does_not_know() -> None:
    work = compiled(line(python("work", "unknown"))).nodes["work"]
    with pytest.raises(AttemptFailed) as failed:
        PythonPerformer().perform(Attempt(work, {}, "key", "inst_1", 5), None)  # type: ignore[arg-type]
    assert failed.value.code == "TASK_NOT_REGISTERED"
