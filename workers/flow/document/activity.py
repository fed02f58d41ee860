"""Activities of the document: nodes that take up work, and how work is repeated."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, JsonValue, Tag

from workers.flow.document.element import (
    CountOrTemplate,
    Element,
    JsonObject,
    JsonSchema,
    ListOrTemplate,
    NodeElement,
    ObjectOrTemplate,
    TextsOrTemplate,
    WholeOrTemplate,
)
from workers.flow.document.event import Sending


class StandardLoop(Element):
    """Runs the activity again as long as a condition is true."""

    condition: str | None = Field(None, alias="while")
    """A JSONata expression, such as `= attempts < 3`; may be left out where `maxIterations` is given."""
    max_iterations: Annotated[int, Field(ge=1, le=1000)] | None = None
    """The most times that the activity runs."""
    test_before: bool = True
    """Whether `while` is asked before the first run already, or only after each."""


class MultiInstance(Element):
    """Runs the activity once for each element of a list, or a number of times.

    Each run sees `loopCounter`, which counts from 1.
    """

    collection: ListOrTemplate | None = None
    """The list, a template; read once. This or `cardinality` is given."""
    cardinality: CountOrTemplate | None = None
    """How many times the activity runs, a template."""
    element_variable: str | None = None
    """The variable that holds the element, local to each run."""
    output_collection: str | None = None
    """The variable that gets the list of what the runs gave, in the order of the input."""
    output_element: JsonValue = None
    """What each run gives to `outputCollection`, templated."""
    sequential: bool = False
    """Whether the runs follow each other; otherwise all run at once."""
    completion_condition: str | None = None
    """A JSONata expression, asked after each run: true ends the rest. It sees `numberOfInstances`,
    `numberOfCompletedInstances` and `numberOfActiveInstances` too."""


def _kind_of_loop(value: Any) -> str:
    given = {"while", "maxIterations", "testBefore"} & value.keys() if isinstance(value, dict) else set()
    return "standard" if given else "multiInstance"


LOOPS: dict[str, type[Element]] = {"standard": StandardLoop, "multiInstance": MultiInstance}
Loop = Annotated[
    Annotated[StandardLoop, Tag("standard")] | Annotated[MultiInstance, Tag("multiInstance")],
    Discriminator(_kind_of_loop),
]


class Activity(NodeElement):
    """A node that takes up work. It runs for each token that arrives."""

    output: JsonObject | None = None
    """What the node gives back: variables by name, templated over what came."""
    default: str | None = None
    """The id of the outgoing flow that is taken when no condition of the others is true; a flow that has no
    condition is taken in any case."""
    loop: Loop | None = None
    """Repeats the activity: a standard loop or a multi-instance."""
    is_for_compensation: bool = False
    """Whether the activity only undoes another one: it has no sequence flows, and an association leads to
    it from a compensation boundary event."""

    refused = frozenset({"retry", "throws", "queue", "event"})


class MappedActivity(Activity):
    """An activity whose input makes local variables."""

    input: JsonObject | None = None
    """Local variables by name, templated."""


class Task(MappedActivity):
    """Does nothing but its `output`."""

    type: Literal["task"]


class Human(MappedActivity):
    """Work that a person does."""

    form: JsonSchema = None
    """The JSON Schema (2020-12) of the answer."""
    assignee: str | None = None
    """The one user who is to answer, a template."""
    candidate_users: TextsOrTemplate | None = None
    """The users who may answer, templated."""
    candidate_groups: TextsOrTemplate | None = None
    """The groups whose users may answer, templated."""
    due_date: str | None = None
    """Until when an answer is expected, a template: an ISO 8601 duration from then, or a date-time with
    offset."""
    priority: WholeOrTemplate | None = None
    """The higher, the earlier in lists of tasks: a whole number, or a template that gives one."""
    form_key: Annotated[str, Field(max_length=4096)] | None = None
    """The key of a form that whoever shows the task knows, a template; it is shown with the task."""


class UserTask(Human):
    """Waits until a person has answered. Without `output` the answer merges into the variables by key."""

    type: Literal["userTask"]


class InputTask(Human):
    """Waits for input: a user task that usually has no candidates, so that whoever may see it may answer."""

    type: Literal["inputTask"]


class ScriptTask(MappedActivity):
    """Evaluates a JSONata expression."""

    type: Literal["scriptTask"]
    script: str
    """The expression; begins with `=`."""
    result_variable: str | None = None
    """The variable that gets the result; without it, an object merges into the variables by key."""


class ReceiveTask(MappedActivity):
    """Waits for a message. Without `output` its data merges into the variables by key."""

    type: Literal["receiveTask"]
    message_ref: str
    """The id of one of the flow's `messages`."""


class SendTask(MappedActivity, Sending):
    """Sends a message to one instance that waits for it, or that it starts."""

    type: Literal["sendTask"]


class CallActivity(MappedActivity):
    """Runs another flow as an instance of its own, and goes on when that is completed.

    It starts with what `input` makes, or with all variables that the node sees, and has its caller's
    correlation key. Its variables come back by `output`, which sees them, or all of them by key.
    """

    type: Literal["callActivity"]
    process_id: Annotated[str, Field(max_length=255, pattern=r"^[^={}\x00-\x1f][^{}\x00-\x1f]*$")]
    """The flow: its UUID, or the BPMN id of its process. No template."""
    version_number: Annotated[str, Field(pattern="^[1-9][0-9]{0,8}$")] | None = None
    """The version; without it the one that is active when this flow is published."""


class Retry(Element):
    """How often a failed attempt is repeated, and how long is waited before each."""

    max_attempts: Annotated[int, Field(ge=1, le=100)] = 3
    """The most attempts, the first one counted."""
    backoff: str = "PT2S"
    """The wait after the first attempt, an ISO 8601 duration; it doubles, with jitter."""
    max_backoff: str | None = None
    """The longest wait, an ISO 8601 duration; ten minutes where it is not given."""
    when: str | None = None
    """A JSONata expression: which outcomes are worth another attempt."""


class Throw(Element):
    """Turns a result into a BPMN error."""

    when: str
    """A JSONata expression over what came back, such as `= response.status = 422`."""
    error_ref: str
    """The id of one of the flow's `errors`."""


class HttpRequest(Element):
    """An HTTP request. `{secrets.NAME}` may stand in all of it."""

    method: str
    """GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS, templated."""
    url: str
    """The address, a template whose placeholders are percent-encoded."""
    query: ObjectOrTemplate | None = None
    """Parameters that are added to the address, by name."""
    headers: ObjectOrTemplate | None = None
    """Headers by name."""
    body: JsonValue = None
    """The JSON body, templated value by value. Under the content type of a form an object is sent as a form;
    a string is sent as it is."""
    body_base64: str | None = None
    """Bytes to send instead of a `body`, in Base64: a template, such as `{response.bodyBase64}`."""
    timeout: str = "PT30S"
    """The longest that one attempt may take: a templated ISO 8601 duration, at most PT5M."""


class ServiceElement(Activity):
    """Work that another system does, at least once for each time the node is reached."""

    type: Literal["serviceTask"]
    implementation: str
    """Who does it."""
    retry: Retry = Retry()
    """What happens when an attempt fails."""

    refused = frozenset({"throws", "queue", "event"})


class QueuedTask(ServiceElement):
    """A service task that a worker of this system executes."""

    throws: list[Throw] = Field(default=[])
    """Which results are BPMN errors; the first that is true counts."""
    queue: str | None = None
    """The queue whose workers execute the node; without it the default one."""

    refused = frozenset({"event"})


class HttpTask(QueuedTask):
    """Sends an HTTP request.

    What came back is `response` {`status`, `headers`, `body`, and `bodyBase64` where the body is no text} for
    `output` and `throws`. An answer of 400 or more that neither `retry` nor `throws` names is an incident.
    """

    implementation: Literal["http"]
    input: HttpRequest
    """The request."""


class PythonTask(QueuedTask):
    """Calls a python function that the deployer registered.

    What it returned is `result` for `output` and `throws`.
    """

    implementation: Literal["python"]
    task: str
    """The registered name of the function."""
    input: JsonObject | None = None
    """The arguments by name, templated; `{secrets.NAME}` may stand in them."""


class ExternalTask(ServiceElement):
    """Waits until a worker somewhere else has fetched the job over REST and completed it.

    The worker says what is a BPMN error.
    """

    implementation: Literal["external"]
    topic: Annotated[str, Field(min_length=1, max_length=255)]
    """The topic that workers ask for, a template."""
    input: JsonObject | None = None
    """What the job holds, templated; `{secrets.NAME}` may stand in it. Without it, all
    variables that the node sees."""
