"""receiveTask: waits for a message."""

from typing import Literal

from workers.flow.catalogue.node_type import NodeType
from workers.flow.document.activity import MappedActivity


class ReceiveTask(MappedActivity):
    """Waits for a message. Without `output` its data merges into the variables by key."""

    type: Literal["receiveTask"]
    message_ref: str
    """The id of one of the flow's `messages`."""


RECEIVE_TASK = NodeType(
    model=ReceiveTask,
    title="Receive task",
    group="Tasks",
    icon="bpmn-icon-receive-task",
)
