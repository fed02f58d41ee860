"""Every type of node, in the order in which a palette and the reference show them."""

from typing import Any

from workers.flow.catalogue.boundary_event import BOUNDARY_EVENT
from workers.flow.catalogue.call_activity import CALL_ACTIVITY
from workers.flow.catalogue.end_event import END_EVENT
from workers.flow.catalogue.event_based_gateway import EVENT_BASED_GATEWAY
from workers.flow.catalogue.exclusive_gateway import EXCLUSIVE_GATEWAY
from workers.flow.catalogue.external_task import EXTERNAL_TASK
from workers.flow.catalogue.http_task import HTTP_TASK
from workers.flow.catalogue.human_task import INPUT_TASK, USER_TASK
from workers.flow.catalogue.inclusive_gateway import INCLUSIVE_GATEWAY
from workers.flow.catalogue.intermediate_catch_event import INTERMEDIATE_CATCH_EVENT
from workers.flow.catalogue.intermediate_throw_event import INTERMEDIATE_THROW_EVENT
from workers.flow.catalogue.node_type import NodeType
from workers.flow.catalogue.parallel_gateway import PARALLEL_GATEWAY
from workers.flow.catalogue.python_task import PYTHON_TASK
from workers.flow.catalogue.receive_task import RECEIVE_TASK
from workers.flow.catalogue.script_task import SCRIPT_TASK
from workers.flow.catalogue.send_task import SEND_TASK
from workers.flow.catalogue.start_event import START_EVENT
from workers.flow.catalogue.sub_process import SUB_PROCESS
from workers.flow.catalogue.task import TASK
from workers.flow.catalogue.transaction import TRANSACTION
from workers.flow.document.element import NodeElement

TYPES: tuple[NodeType[Any], ...] = (
    START_EVENT,
    END_EVENT,
    INTERMEDIATE_CATCH_EVENT,
    INTERMEDIATE_THROW_EVENT,
    BOUNDARY_EVENT,
    EXCLUSIVE_GATEWAY,
    INCLUSIVE_GATEWAY,
    PARALLEL_GATEWAY,
    EVENT_BASED_GATEWAY,
    TASK,
    USER_TASK,
    INPUT_TASK,
    SCRIPT_TASK,
    HTTP_TASK,
    PYTHON_TASK,
    EXTERNAL_TASK,
    RECEIVE_TASK,
    SEND_TASK,
    CALL_ACTIVITY,
    SUB_PROCESS,
    TRANSACTION,
)

_BY_MODEL = {each.model: each for each in TYPES}


def type_of(node: NodeElement) -> NodeType[Any]:
    """What the catalogue says of a node."""
    return _BY_MODEL[type(node)]
