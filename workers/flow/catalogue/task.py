"""task: a step that only has a name."""

from typing import Literal

from workers.flow.catalogue.node_type import NodeType
from workers.flow.document.activity import MappedActivity


class Task(MappedActivity):
    """Does nothing but its `output`."""

    type: Literal["task"]


TASK = NodeType(
    model=Task,
    title="Task",
    group="Tasks",
    icon="bpmn-icon-task",
)
