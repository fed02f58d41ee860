"""sendTask: sends a message."""

from typing import Literal

from workers.flow.catalogue.events.message import Sending
from workers.flow.catalogue.node_type import NodeType
from workers.flow.document.activity import MappedActivity


class SendTask(MappedActivity, Sending):
    """Sends a message to one instance that waits for it, or that it starts."""

    type: Literal["sendTask"]


SEND_TASK = NodeType(
    model=SendTask,
    title="Send task",
    group="Tasks",
    icon="bpmn-icon-send-task",
)
