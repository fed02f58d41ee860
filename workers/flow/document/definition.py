"""The flow document: what a definition may say. Its meaning is worked out by `compile`.

Names are BPMN's. A property that is not here is refused, never ignored.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from workers.flow.document.activity import (
    Activity,
    CallActivity,
    ExternalTask,
    HttpRequest,
    HttpTask,
    InputTask,
    MappedActivity,
    MultiInstance,
    PythonTask,
    ReceiveTask,
    Retry,
    ScriptTask,
    SendTask,
    StandardLoop,
    Task,
    Throw,
    UserTask,
)
from workers.flow.document.element import Element, Id, JsonSchema, NodeElement
from workers.flow.document.event import (
    BoundaryEvent,
    EndEvent,
    EventDefinition,
    IntermediateCatchEvent,
    IntermediateThrowEvent,
    StartEvent,
)


class SequenceFlow(Element):
    """The way from one node to another of the same process or sub-process."""

    id: Id
    """Names the flow, and differs from every other id of nodes, flows and associations in the document."""
    source_ref: str
    """The id of the node that it leaves."""
    target_ref: str
    """The id of the node that it leads to."""
    name: str | None = None
    """What people read."""
    condition_expression: str | None = None
    """A JSONata expression, such as `= amount > 100`: when the flow is taken. Only behind an activity, an
    exclusive or an inclusive gateway."""


class Association(Element):
    """Leads from a compensation boundary event to the activity that undoes what was done."""

    id: Id
    """Names the association, and differs from the ids of all nodes, flows and associations."""
    source_ref: str
    """The id of the compensation boundary event."""
    target_ref: str
    """The id of an activity with `isForCompensation`."""


class ExclusiveGateway(NodeElement):
    """Takes the first flow whose condition is true, in order of definition, else its `default`.

    Without either it is an incident. Every token that comes is passed on.
    """

    type: Literal["exclusiveGateway"]
    default: str | None = None
    """The id of the outgoing flow that is taken when no condition is true."""

    refused = NodeElement.refused - {"default"}


class InclusiveGateway(NodeElement):
    """Takes every flow whose condition is true or absent, and its `default` if no condition is true.

    Before that it waits for each token that can still arrive.
    """

    type: Literal["inclusiveGateway"]
    default: str | None = None
    """The id of the outgoing flow that is taken when no condition is true."""

    refused = NodeElement.refused - {"default"}


class ParallelGateway(NodeElement):
    """Waits for one token of each incoming flow, then sends one along each outgoing flow."""

    type: Literal["parallelGateway"]


class EventBasedGateway(NodeElement):
    """Waits for the first of the events that its flows lead to.

    The token goes on there, the others are dropped.
    """

    type: Literal["eventBasedGateway"]


class Level(Element):
    """A part that holds nodes."""

    nodes: list["Node"]
    """What stands directly in it. Where there is no start event, it begins at every node without an
    incoming flow."""
    sequence_flows: list[SequenceFlow] = Field(default=[])
    """The ways between its nodes, in the order in which their conditions are asked."""
    associations: list[Association] = Field(default=[])
    """Which activity undoes which."""


class SubProcess(MappedActivity, Level):
    """A process within the process, and a scope for variables.

    It is left when no token is in it any more. With `triggeredByEvent` it is an event sub-process: it has no
    flows, and its start event starts it while the scope around it runs.
    """

    type: Literal["subProcess"]
    triggered_by_event: bool = False
    """Whether it is an event sub-process."""


class Transaction(MappedActivity, Level):
    """A sub-process that can be cancelled.

    A cancel end event in it undoes what was completed, and the token goes on at its cancel boundary event.
    """

    type: Literal["transaction"]

    refused = Activity.refused | {"triggeredByEvent"}


Node = Annotated[
    StartEvent
    | EndEvent
    | IntermediateCatchEvent
    | IntermediateThrowEvent
    | BoundaryEvent
    | ExclusiveGateway
    | InclusiveGateway
    | ParallelGateway
    | EventBasedGateway
    | Task
    | UserTask
    | InputTask
    | ScriptTask
    | Annotated[HttpTask | PythonTask | ExternalTask, Field(discriminator="implementation")]
    | ReceiveTask
    | SendTask
    | CallActivity
    | SubProcess
    | Transaction,
    Field(discriminator="type"),
]


class Message(Element):
    """A message that the flow sends or waits for."""

    id: Id
    """What `messageRef` names."""
    name: Id | None = None
    """The message's name, which senders use too; without it the id."""
    correlation_key: str | None = None
    """The key that a message must have to reach the node that waits for it: a template, worked out when
    the node is reached. Without it the instance's own."""
    data_schema: JsonSchema = None
    """The JSON Schema (2020-12) of the data."""


class Error(Element):
    """A BPMN error that the flow throws or catches."""

    id: Id
    """What `errorRef` names."""
    error_code: Id
    """The code by which a throw and a catch are the same."""


class Signal(Element):
    """A signal that the flow throws or waits for."""

    id: Id
    """What `signalRef` names."""
    name: Id | None = None
    """The signal's name; without it the id."""


class Escalation(Element):
    """An escalation that the flow throws or catches."""

    id: Id
    """What `escalationRef` names."""
    escalation_code: Id
    """The code by which a throw and a catch are the same."""


class FlowDocument(Level):
    """A whole definition."""

    schema_version: Annotated[int, Field(ge=1, le=1)]
    """The version of the language: 1."""
    name: str = ""
    """What people read."""
    documentation: str | None = None
    """Notes for those who read the definition."""
    input_schema: JsonSchema = None
    """The JSON Schema (2020-12) of the start data."""
    messages: list[Message] = Field(default=[])
    """The messages that nodes refer to."""
    errors: list[Error] = Field(default=[])
    """The errors that nodes refer to."""
    signals: list[Signal] = Field(default=[])
    """The signals that nodes refer to."""
    escalations: list[Escalation] = Field(default=[])
    """The escalations that nodes refer to."""


for _recursive in (Level, SubProcess, Transaction, FlowDocument):
    _recursive.model_rebuild()


def _models(annotation: Any) -> Iterator[type[Element]]:
    """The models that an annotation is made of."""
    if isinstance(annotation, type) and issubclass(annotation, Element):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _by(tag: str, annotation: Any) -> dict[str, type[Any]]:
    """The models of a union by the one value that a property of theirs has."""
    return {get_args(model.model_fields[tag].annotation)[0]: model for model in _models(annotation)}


IMPLEMENTATIONS: dict[str, type[NodeElement]] = _by("implementation", HttpTask | PythonTask | ExternalTask)
NODES: dict[str, type[NodeElement]] = _by("type", Node)  # of a serviceTask one of its implementations
EVENTS: dict[type[Element], dict[str, type[EventDefinition]]] = {
    model: _by("type", model.model_fields["event"].annotation)
    for model in (StartEvent, EndEvent, IntermediateCatchEvent, IntermediateThrowEvent, BoundaryEvent)
}

# How messages name what is not named by its `type` alone.
TITLES: dict[type[Element], str] = {
    Association: "an association",
    ExternalTask: "an external serviceTask",
    FlowDocument: "the flow",
    HttpRequest: "the input of an http serviceTask",
    HttpTask: "an http serviceTask",
    MultiInstance: "a multi-instance loop",
    PythonTask: "a python serviceTask",
    Retry: "`retry`",
    SequenceFlow: "a sequence flow",
    StandardLoop: "a standard loop",
    Throw: "an entry of `throws`",
}

#: What BPMN has and the language has not.
OTHER_NODES = frozenset({"adHocSubProcess", "businessRuleTask", "complexGateway", "manualTask"})

SCHEMA_ID = "urn:procession:schema:flow:1"


def public_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a definition, for editors and for the API's description."""
    schema = FlowDocument.model_json_schema()
    schema["$defs"]["JsonValue"] = {"description": "Any JSON value."}
    for model in (schema, *schema["$defs"].values()):
        model["description"] = " ".join(model["description"].split())
        for name, part in model.get("properties", {}).items():
            part["title"] = name
            # What an object is, each model says of itself.
            always = f"Always `{part['const']}`." if "const" in part else part["description"]
            part["description"] = " ".join(always.split())
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID}
    return {**head, **schema, "title": "Flow"}


def is_event_sub_process(node: NodeElement) -> bool:
    return isinstance(node, SubProcess) and node.triggered_by_event


def is_handler(node: NodeElement) -> bool:
    """Whether an activity only undoes another one."""
    return isinstance(node, Activity) and node.is_for_compensation
