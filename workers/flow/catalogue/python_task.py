"""serviceTask python: calls a registered function."""

from typing import Literal

from workers.flow.catalogue.node_type import NodeType
from workers.flow.catalogue.service_task import QueuedTask
from workers.flow.document.element import JsonObject


class PythonTask(QueuedTask):
    """Calls a python function that the deployer registered.

    What it returned is `result` for `output` and `throws`.
    """

    implementation: Literal["python"]
    task: str
    """The registered name of the function."""
    input: JsonObject | None = None
    """The arguments by name, templated; `{secrets.NAME}` may stand in them."""


PYTHON_TASK = NodeType(
    model=PythonTask,
    title="Python function",
    group="Tasks",
    icon="bpmn-icon-service-task",
)
