"""receiveTask: waits for a message."""

from typing import Literal

from workers.flow import graph
from workers.flow.bpmn.events import message_of_task
from workers.flow.bpmn.writing import Elements, Writing
from workers.flow.catalogue.bpmn import BpmnNode
from workers.flow.catalogue.events.message import catch
from workers.flow.catalogue.node_type import NodeType
from workers.flow.document.activity import MappedActivity
from workers.flow.document.names import Names
from workers.flow.document.properties import Properties
from workers.flow.document.roots import Roots


class ReceiveTask(MappedActivity):
    """Waits for a message. Without `output` its data merges into the variables by key."""

    type: Literal["receiveTask"]
    message_ref: str
    """The id of one of the flow's `messages`."""


def _details(of: Properties, task: ReceiveTask) -> graph.MessageCatch | None:
    return catch(of, task.message_ref)


def _data(task: ReceiveTask, roots: Roots) -> Names:
    return roots.data_names(task.message_ref)


def _write(writing: Writing) -> Elements:
    writing.reference("messageRef", "messages")
    return []


RECEIVE_TASK = NodeType(
    model=ReceiveTask,
    title="Receive task",
    group="Tasks",
    icon="bpmn-icon-receive-task",
    details=_details,
    gives=_data,
    sets=_data,
    bpmn=BpmnNode(tag="receiveTask", read=message_of_task, write=_write),
    rules="""\
- Waits as the [message event](#intermediatecatchevent-message) does.""",
)
