"""The flow document, first tier: what a definition may say. Its meaning is worked out by `compile`.

Names are BPMN's. A property that is not here is refused, never ignored. `later` names what the language
has and this release does not run on that element.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, StringConstraints
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

Id = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]


def _object_or_template(value: JsonValue) -> JsonValue:
    if not isinstance(value, dict | str):
        raise PydanticCustomError("object_or_template", "must be an object, or a template that gives one")
    return value


def _texts_or_template(value: JsonValue) -> JsonValue:
    texts = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) for each in texts):
        raise PydanticCustomError("texts", "must be an array of strings, or a template that gives one")
    return value


JsonObject = dict[str, JsonValue]
ObjectOrTemplate = Annotated[JsonValue, AfterValidator(_object_or_template)]
TextsOrTemplate = Annotated[JsonValue, AfterValidator(_texts_or_template)]
JsonSchema = JsonValue  # read by compile_schema, which says more precisely what is wrong


class Element(BaseModel):
    """A part of the document: closed, immutable, camelCase outside, and of exactly the types it names."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel)

    later: ClassVar[frozenset[str]] = frozenset()


class Retry(Element):
    max_attempts: Annotated[int, Field(ge=1, le=100)] = 3
    backoff: str = "PT2S"
    max_backoff: str | None = None
    when: str | None = None


class Throw(Element):
    when: str
    error_ref: str


class HttpRequest(Element):
    method: str
    url: str
    query: ObjectOrTemplate | None = None
    headers: ObjectOrTemplate | None = None
    body: JsonValue = None
    timeout: str = "PT30S"


class MessageEvent(Element):
    type: Literal["message"]
    message_ref: str


class TimerEvent(Element):
    type: Literal["timer"]
    duration: str | None = None
    date: str | None = None

    later = frozenset({"cycle"})


class ErrorCatch(Element):
    type: Literal["error"]
    error_ref: str | None = None


class ErrorThrow(Element):
    type: Literal["error"]
    error_ref: str


class NodeElement(Element):
    id: Id
    type: str
    name: str | None = None
    documentation: str | None = None

    # Every node of the language has these names; a type that declares no such field does not run it yet.
    later = frozenset({"input", "output", "retry", "default", "queue", "loop"})


class Event(NodeElement):
    input: JsonObject | None = None
    output: JsonObject | None = None


class StartEvent(Event):
    type: Literal["startEvent"]

    later = NodeElement.later | {"event", "isInterrupting"}


class EndEvent(Event):
    type: Literal["endEvent"]
    event: ErrorThrow | None = None


class IntermediateCatchEvent(Event):
    type: Literal["intermediateCatchEvent"]
    event: Annotated[MessageEvent | TimerEvent, Field(discriminator="type")]


class BoundaryEvent(Event):
    type: Literal["boundaryEvent"]
    attached_to_ref: str
    cancel_activity: bool = True
    event: ErrorCatch


class ExclusiveGateway(NodeElement):
    type: Literal["exclusiveGateway"]
    default: str | None = None


class ParallelGateway(NodeElement):
    type: Literal["parallelGateway"]


class Activity(NodeElement):
    input: JsonObject | None = None
    output: JsonObject | None = None
    default: str | None = None


class Task(Activity):
    type: Literal["task"]


class Human(Activity):
    form: JsonSchema = None
    assignee: str | None = None
    candidate_users: TextsOrTemplate | None = None
    candidate_groups: TextsOrTemplate | None = None
    due_date: str | None = None
    priority: Annotated[int, Field(ge=-(2**31), le=2**31 - 1)] | None = None


class UserTask(Human):
    type: Literal["userTask"]


class InputTask(Human):
    type: Literal["inputTask"]


class ScriptTask(Activity):
    type: Literal["scriptTask"]
    script: str
    result_variable: str | None = None


class ServiceElement(NodeElement):
    type: Literal["serviceTask"]
    output: JsonObject | None = None
    default: str | None = None
    retry: Retry = Retry()
    throws: list[Throw] = []
    queue: str | None = None


class HttpTask(ServiceElement):
    implementation: Literal["http"]
    input: HttpRequest


class PythonTask(ServiceElement):
    implementation: Literal["python"]
    task: str
    input: JsonObject | None = None


ServiceTask = Annotated[HttpTask | PythonTask, Field(discriminator="implementation")]
Node = Annotated[
    StartEvent
    | EndEvent
    | IntermediateCatchEvent
    | BoundaryEvent
    | ExclusiveGateway
    | ParallelGateway
    | Task
    | UserTask
    | InputTask
    | ScriptTask
    | ServiceTask,
    Field(discriminator="type"),
]


class SequenceFlow(Element):
    id: Id
    source_ref: str
    target_ref: str
    name: str | None = None
    condition_expression: str | None = None


class Message(Element):
    id: Id
    name: Id | None = None
    correlation_key: str | None = None
    data_schema: JsonSchema = None


class Error(Element):
    id: Id
    error_code: Id


class Header(Element):
    """What a document says besides its lists."""

    schema_version: Annotated[int, Field(ge=1, le=1)]
    name: str = ""
    documentation: str | None = None
    input_schema: JsonSchema = None


class FlowDocument(Header):
    """A whole definition; its JSON Schema is the public one."""

    messages: list[Message] = []
    errors: list[Error] = []
    nodes: list[Node]
    sequence_flows: list[SequenceFlow] = []

    later = frozenset({"signals", "escalations"})


NODES: dict[str, type[NodeElement]] = {
    "startEvent": StartEvent,
    "endEvent": EndEvent,
    "intermediateCatchEvent": IntermediateCatchEvent,
    "boundaryEvent": BoundaryEvent,
    "exclusiveGateway": ExclusiveGateway,
    "parallelGateway": ParallelGateway,
    "task": Task,
    "userTask": UserTask,
    "inputTask": InputTask,
    "scriptTask": ScriptTask,
}
IMPLEMENTATIONS: dict[str, type[ServiceElement]] = {"http": HttpTask, "python": PythonTask}
EVENTS: dict[type[Element], dict[str, type[Element]]] = {
    IntermediateCatchEvent: {"message": MessageEvent, "timer": TimerEvent},
    BoundaryEvent: {"error": ErrorCatch},
    EndEvent: {"error": ErrorThrow},
}

# How messages name what is not named by its class alone.
TITLES: dict[type[Element], str] = {
    ErrorCatch: "an error event",
    ErrorThrow: "an error event",
    FlowDocument: "the flow",
    HttpRequest: "the input of an http serviceTask",
    HttpTask: "an http serviceTask",
    MessageEvent: "a message event",
    PythonTask: "a python serviceTask",
    Retry: "`retry`",
    SequenceFlow: "a sequence flow",
    Throw: "an entry of `throws`",
    TimerEvent: "a timer event",
}

# What the language has and this release does not run.
LATER_NODES = frozenset(
    {
        "adHocSubProcess",
        "businessRuleTask",
        "callActivity",
        "complexGateway",
        "eventBasedGateway",
        "inclusiveGateway",
        "intermediateThrowEvent",
        "manualTask",
        "receiveTask",
        "sendTask",
        "subProcess",
        "transaction",
    }
)
LATER_IMPLEMENTATIONS = frozenset({"external"})
LATER_EVENTS = frozenset(
    {
        "cancel",
        "compensation",
        "conditional",
        "error",
        "escalation",
        "link",
        "message",
        "signal",
        "terminate",
        "timer",
    }
)


def public_schema() -> dict[str, Any]:
    """The JSON Schema of a definition, for editors and for the API's description."""
    return FlowDocument.model_json_schema()
