"""task: a step that only has a name."""

from typing import Literal

from workers.flow import graph
from workers.flow.catalogue.bpmn import BpmnNode
from workers.flow.catalogue.node_type import NodeType
from workers.flow.document.activity import MappedActivity
from workers.flow.document.properties import Properties


class Task(MappedActivity):
    """Does nothing but its `output`."""

    type: Literal["task"]


def _details(_of: Properties, _task: Task) -> graph.Plain:
    return graph.Plain()


TASK = NodeType(
    model=Task,
    title="Task",
    group="Tasks",
    icon="bpmn-icon-task",
    details=_details,
    bpmn=BpmnNode(tag="task", also=("manualTask",)),
    rules="""\
- Out of an activity goes a token along each flow that has no condition or a true one; and along `default` if
  no condition is true, so also beside a flow without one (`DEFAULT_BESIDE_UNCONDITIONAL`).
- Flows, but none to take: the incident `NO_FLOW_TO_TAKE`.""",
)
