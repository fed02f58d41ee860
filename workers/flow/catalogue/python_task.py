"""serviceTask python: calls a registered function."""

from typing import Literal

from workers.flow import graph
from workers.flow.catalogue.bpmn import BpmnNode
from workers.flow.catalogue.node_type import NodeType, any_error
from workers.flow.catalogue.service_task import QueuedTask
from workers.flow.document.element import JsonObject
from workers.flow.document.names import Names
from workers.flow.document.properties import Properties
from workers.flow.document.roots import Roots
from workers.flow.problem import quoted, suggestion


class PythonTask(QueuedTask):
    """Calls a python function that the deployer registered.

    What it returned is `result` for `output` and `throws`.
    """

    implementation: Literal["python"]
    task: str
    """The registered name of the function."""
    input: JsonObject | None = None
    """The arguments by name, templated; `{secrets.NAME}` may stand in them."""


def _details(of: Properties, task: PythonTask) -> graph.PythonCall:
    tasks = of.context.tasks
    if tasks is not None and task.task not in tasks:
        hint = suggestion(task.task, tasks)
        message = (
            f"{quoted(task.task)} is no python task that is registered here; {hint} TASK_MODULES names the"
            " modules that register tasks, for workers, the web and commands."
        )
        of.at("task").error("UNKNOWN_TASK", message)
    return graph.PythonCall(task.task, of.template("input", task.input, of.run, secrets=True))


def _result(_task: PythonTask, _roots: Roots) -> Names:
    return frozenset({"result"})


PYTHON_TASK = NodeType(
    model=PythonTask,
    title="Python function",
    group="Tasks",
    icon="bpmn-icon-service-task",
    details=_details,
    errors=any_error,
    gives=_result,
    bpmn=BpmnNode(tag="serviceTask"),
    rules="""\
- Retried whatever it raises, or as `retry.when` says of `error.code` and `error.message`; `BpmnError` throws,
  `DoNotRetry` is an incident at once.
- The name must be registered where the flow is published (`UNKNOWN_TASK`).""",
)
