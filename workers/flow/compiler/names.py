"""Which variables come back to a node and which it sets, as far as the definition says."""

from workers.flow.catalogue.boundary_event import BoundaryEvent
from workers.flow.catalogue.call_activity import CallActivity
from workers.flow.catalogue.end_event import EndEvent
from workers.flow.catalogue.events.message import MessageCatch
from workers.flow.catalogue.events.signal import SignalEvent
from workers.flow.catalogue.external_task import ExternalTask
from workers.flow.catalogue.http_task import HttpTask
from workers.flow.catalogue.human_task import Human
from workers.flow.catalogue.intermediate_throw_event import IntermediateThrowEvent
from workers.flow.catalogue.python_task import PythonTask
from workers.flow.catalogue.receive_task import ReceiveTask
from workers.flow.catalogue.script_task import ScriptTask
from workers.flow.catalogue.sub_process import SubProcess
from workers.flow.catalogue.transaction import Transaction
from workers.flow.compiler.structure import Structure
from workers.flow.document.activity import Activity, MappedActivity, MultiInstance
from workers.flow.document.element import NodeElement
from workers.flow.document.event import Event
from workers.flow.json_value import JsonValue

Names = frozenset[str] | None
"""Names of variables; None where they cannot be known."""

_OPEN = {"$dynamicRef", "$ref", "allOf", "anyOf", "dependentSchemas", "if", "oneOf", "patternProperties"}


def given_names(node: NodeElement, structure: Structure) -> Names:
    """The names in what comes back to a node: an answer, a message's data, a response or a result."""
    match node:
        case HttpTask():
            return frozenset({"response"})
        case PythonTask():
            return frozenset({"result"})
        case Human():
            return property_names(node.form)
        case ReceiveTask():
            return _data_names(node.message_ref, structure)
        case ScriptTask() | CallActivity() | ExternalTask() | SubProcess() | Transaction():
            return None
        case EndEvent() | IntermediateThrowEvent():
            return frozenset()
        case Event():
            event = getattr(node, "event", None)
            if isinstance(event, MessageCatch):
                return _data_names(event.message_ref, structure)
            return None if isinstance(event, SignalEvent) or isinstance(node, BoundaryEvent) else frozenset()
    return frozenset()


def set_names(node: NodeElement, structure: Structure) -> Names:
    """The variables that a node itself may set."""
    loop = node.loop if isinstance(node, Activity) else None
    names = {loop.output_collection} if isinstance(loop, MultiInstance) and loop.output_collection else ()
    collected = frozenset(names)
    output = getattr(node, "output", None)
    if output is not None:
        return collected | frozenset(output)
    match node:
        case HttpTask() | PythonTask() | SubProcess() | Transaction():
            return collected  # what comes back stays local
        case Event() if not isinstance(getattr(node, "event", None), MessageCatch | SignalEvent):
            return collected
        case ScriptTask() if node.result_variable:
            return collected | frozenset({node.result_variable})
    given = given_names(node, structure)
    return None if given is None else collected | given


def local_names(node: NodeElement) -> frozenset[str]:
    """The variables that only the node, and what stands in it, can see."""
    made = node.input if isinstance(node, MappedActivity | Event) else None
    return frozenset(made or ()) | loop_names(node)


def loop_names(node: NodeElement) -> frozenset[str]:
    """The variables that each run of a repeated activity has."""
    loop = node.loop if isinstance(node, Activity) else None
    if loop is None:
        return frozenset()
    element = loop.element_variable if isinstance(loop, MultiInstance) else None
    return frozenset({"loopCounter", element} if element else {"loopCounter"})


def property_names(document: JsonValue) -> Names:
    """The properties that a JSON Schema speaks of; None if it leaves open what else there may be."""
    if not isinstance(document, dict) or not document.keys() & {"properties", "required"}:
        return None
    if document.get("additionalProperties", False) is not False or document.keys() & _OPEN:
        return None
    properties, required = document.get("properties", {}), document.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        return None
    return frozenset(properties) | {name for name in required if isinstance(name, str)}


def _data_names(message_ref: str, structure: Structure) -> Names:
    message = structure.messages.get(message_ref)
    return property_names(message.value.data_schema if message else None)
