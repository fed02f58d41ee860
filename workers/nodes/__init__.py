"""What each kind of node does when a token reaches it; one file for each kind."""

from workers.flow.graph import HttpCall, MessageCatch, Node, PythonCall, TimerCatch
from workers.nodes.event import BoundaryEvent, EndEvent, StartEvent
from workers.nodes.gateway import ExclusiveGateway, ParallelGateway
from workers.nodes.http import HttpTask
from workers.nodes.human import HumanTask
from workers.nodes.kind import Kind
from workers.nodes.message import MessageCatchEvent
from workers.nodes.python import PythonTask
from workers.nodes.script import ScriptTask
from workers.nodes.task import PlainTask
from workers.nodes.timer import TimerCatchEvent

_BY_TYPE: dict[str, Kind] = {
    "startEvent": StartEvent(),
    "endEvent": EndEvent(),
    "boundaryEvent": BoundaryEvent(),
    "exclusiveGateway": ExclusiveGateway(),
    "parallelGateway": ParallelGateway(),
    "task": PlainTask(),
    "userTask": HumanTask(),
    "inputTask": HumanTask(),
    "scriptTask": ScriptTask(),
}

_BY_DETAILS: dict[type, Kind] = {
    HttpCall: HttpTask(),
    PythonCall: PythonTask(),
    MessageCatch: MessageCatchEvent(),
    TimerCatch: TimerCatchEvent(),
}


def kind_of(node: Node) -> Kind:
    """The behaviour of a compiled node; `compile_flow` lets no node pass that has none."""
    return _BY_DETAILS.get(type(node.details)) or _BY_TYPE[node.type]
