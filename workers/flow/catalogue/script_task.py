"""scriptTask: a JSONata expression."""

from typing import Literal

from workers.flow.catalogue.node_type import NodeType
from workers.flow.document.activity import MappedActivity


class ScriptTask(MappedActivity):
    """Evaluates a JSONata expression."""

    type: Literal["scriptTask"]
    script: str
    """The expression; begins with `=`."""
    result_variable: str | None = None
    """The variable that gets the result; without it, an object merges into the variables by key."""


SCRIPT_TASK = NodeType(
    model=ScriptTask,
    title="Script task",
    group="Tasks",
    icon="bpmn-icon-script-task",
)
