"""sendTask: sends a message."""

from typing import Literal

from workers.flow import graph
from workers.flow.bpmn.events import message_of_task
from workers.flow.bpmn.writing import Elements, Writing
from workers.flow.catalogue.bpmn import BpmnNode
from workers.flow.catalogue.events.message import Sending, throw
from workers.flow.catalogue.node_type import NodeType
from workers.flow.document.activity import MappedActivity
from workers.flow.document.properties import Properties


class SendTask(MappedActivity, Sending):
    """Sends a message to one instance that waits for it, or that it starts."""

    type: Literal["sendTask"]


def _details(of: Properties, task: SendTask) -> graph.MessageThrow | None:
    return throw(of, task, "")


def _write(writing: Writing) -> Elements:
    writing.reference("messageRef", "messages")
    return []


SEND_TASK = NodeType(
    model=SendTask,
    title="Send task",
    group="Tasks",
    icon="bpmn-icon-send-task",
    details=_details,
    bpmn=BpmnNode(tag="sendTask", read=message_of_task, write=_write),
    rules="""\
- Sends as the [message event](#intermediatethrowevent-message) does.""",
)
