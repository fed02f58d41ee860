"""scriptTask: a JSONata expression."""

from typing import Literal

from workers.flow import graph
from workers.flow.bpmn.build import make, plain
from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.scripts import read_script
from workers.flow.bpmn.source import Json
from workers.flow.bpmn.writing import Elements, Writing
from workers.flow.catalogue.bpmn import BpmnNode
from workers.flow.catalogue.node_type import NodeType, unknown
from workers.flow.document import leaves
from workers.flow.document.activity import MappedActivity
from workers.flow.document.names import Names
from workers.flow.document.properties import Properties
from workers.flow.document.roots import Roots


class ScriptTask(MappedActivity):
    """Evaluates a JSONata expression."""

    type: Literal["scriptTask"]
    script: str
    """The expression; begins with `=`."""
    result_variable: str | None = None
    """The variable that gets the result; without it, an object merges into the variables by key."""


def _details(of: Properties, task: ScriptTask) -> graph.Script | None:
    if task.result_variable is not None:
        leaves.variable_name(of.at("resultVariable"), task.result_variable)
    expression = of.expression("script", task.script)
    return graph.Script(expression, task.result_variable) if expression else None


def _sets(task: ScriptTask, _roots: Roots) -> Names:
    return frozenset({task.result_variable}) if task.result_variable else None


def _read(extensions: Extensions, _node: Json) -> Json:
    return read_script(extensions)


def _write(writing: Writing) -> Elements:
    script = writing.rest.get("script")
    if not (plain(script) and script.startswith("=")):
        return []
    writing.element.attributes["scriptFormat"] = "jsonata"
    return [make("script", writing.rest.pop("script"))]


SCRIPT_TASK = NodeType(
    model=ScriptTask,
    title="Script task",
    group="Tasks",
    icon="bpmn-icon-script-task",
    details=_details,
    gives=unknown,
    sets=_sets,
    bpmn=BpmnNode(tag="scriptTask", read=_read, write=_write),
    rules="""\
- Bounded in time, memory and depth; what goes wrong is an incident.
- Without `resultVariable` the result is an object (`RESULT_NOT_AN_OBJECT`).""",
)
