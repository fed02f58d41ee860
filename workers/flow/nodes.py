"""From a node of the document to a node of the graph."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from workers.flow import graph, leaves
from workers.flow.document import (
    Activity,
    BoundaryEvent,
    EndEvent,
    Event,
    HttpTask,
    Human,
    IntermediateCatchEvent,
    NodeElement,
    PythonTask,
    ScriptTask,
    ServiceElement,
    TimerEvent,
)
from workers.flow.http_call import LONGEST_CALL, check_request, percent_encoded
from workers.flow.json_value import JsonValue
from workers.flow.problem import Place, quoted, suggestion
from workers.flow.reading import Part
from workers.flow.structure import Structure
from workers.flow.template import Quote, Templated

LONGEST_BACKOFF = timedelta(days=30)

Names = frozenset[str] | None
"""Names of variables; None where they cannot be known."""


@dataclass(frozen=True, slots=True)
class Use:
    """A template of a node that reads variables; `own` are names that it sees and no other node does."""

    place: Place
    node_id: str
    templated: Templated
    own: frozenset[str]


@dataclass(frozen=True, slots=True)
class Scope:
    """What the nodes of one definition are compiled with, and the uses that are found on the way."""

    structure: Structure
    queues: Collection[str] | None
    tasks: Collection[str] | None
    flows: Mapping[str, graph.Flow]
    messages: Mapping[str, graph.MessageCatch]
    uses: list[Use] = field(default_factory=list)


def compile_node(part: Part[NodeElement], scope: Scope) -> graph.Node:
    """A node of the graph, as good as it can be had: what is wrong is reported."""
    return _Compiler(part, scope).node()


def given_names(node: NodeElement, structure: Structure) -> Names:
    """The names in what comes back to a node: an answer, a message's data, a response or a result."""
    match node:
        case HttpTask():
            return frozenset({"response"})
        case PythonTask():
            return frozenset({"result"})
        case Human():
            return property_names(node.form)
        case IntermediateCatchEvent() if not isinstance(node.event, TimerEvent):
            message = structure.messages.get(node.event.message_ref)
            return property_names(message.value.data_schema if message else None)
        case ScriptTask():
            return None
    return frozenset()


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


_OPEN = {"$dynamicRef", "$ref", "allOf", "anyOf", "dependentSchemas", "if", "oneOf", "patternProperties"}


class _Compiler:
    def __init__(self, part: Part[NodeElement], scope: Scope) -> None:
        self.element = part.value
        self.place = part.place
        self.scope = scope
        given = self.element.input if isinstance(self.element, Activity | Event) else None
        self.own = frozenset(given or ())

    def node(self) -> graph.Node:
        element, structure, flows = self.element, self.scope.structure, self.scope.flows
        default = getattr(element, "default", None)
        return graph.Node(
            id=element.id,
            type=element.type,
            name=self.template("name", element.name, self.own),
            incoming=tuple(flows[part.value.id] for part in structure.incoming[element.id]),
            outgoing=tuple(flows[part.value.id] for part in structure.outgoing[element.id]),
            default=flows.get(default) if default is not None else None,
            input=self.input(),
            output=self.output(),
            retry=self.retry(),
            throws=self.throws(),
            queue=self.queue(),
            boundaries=tuple(part.value.id for part in structure.boundaries[element.id]),
            attached_to=element.attached_to_ref if isinstance(element, BoundaryEvent) else None,
            details=self.details(),
        )

    def template(
        self,
        name: str,
        value: JsonValue,
        own: Names,
        *,
        secrets: bool = False,
        quote: Quote | None = None,
    ) -> Templated | None:
        """Compile a property, and note that it uses variables besides its `own` names, if those are known."""
        place = self.place.at(*name.split("."))
        templated = leaves.template(place, value, secrets=secrets, quote=quote)
        if templated and own is not None:
            self.scope.uses.append(Use(place, self.element.id, templated, own))
        return templated

    def input(self) -> Templated | None:
        if not isinstance(self.element, Activity | Event):
            return None  # a service task's input is what it is called with, and so in its details
        leaves.variable_names(self.place.at("input"), self.own)
        return self.template("input", self.element.input, frozenset())

    def output(self) -> Templated | None:
        output = getattr(self.element, "output", None)
        leaves.variable_names(self.place.at("output"), output or ())
        given = given_names(self.element, self.scope.structure)
        return self.template("output", output, None if given is None else given | self.own)

    def retry(self) -> graph.Retry:
        usual = graph.Retry()
        if not isinstance(self.element, ServiceElement):
            return usual
        retry, place = self.element.retry, self.place.at("retry")
        backoff = leaves.span(place.at("backoff"), retry.backoff, longest=LONGEST_BACKOFF) or usual.backoff
        most: timedelta | None = max(usual.max_backoff, backoff)
        if retry.max_backoff is not None:
            most = leaves.span(place.at("maxBackoff"), retry.max_backoff, longest=LONGEST_BACKOFF)
            if most and most < backoff:
                place.at("maxBackoff").error("INVALID_DURATION", "`maxBackoff` is shorter than `backoff`.")
        return graph.Retry(
            max_attempts=retry.max_attempts,
            backoff=backoff,
            max_backoff=most or usual.max_backoff,
            when=leaves.expression(place.at("when"), retry.when),
        )

    def throws(self) -> tuple[graph.Throw, ...]:
        found: list[graph.Throw] = []
        for index, throw in enumerate(getattr(self.element, "throws", ())):
            when = leaves.expression(self.place.at("throws", index, "when"), throw.when)
            code = self.scope.structure.error_code(throw.error_ref)
            if when and code is not None:
                found.append(graph.Throw(when, code))
        return tuple(found)

    def queue(self) -> str | None:
        queue = getattr(self.element, "queue", None)
        if queue is not None and self.scope.queues is not None and queue not in self.scope.queues:
            hint = suggestion(queue, self.scope.queues)
            self.place.at("queue").error(
                "UNKNOWN_QUEUE", f"{quoted(queue)} is no queue of this system; {hint}"
            )
        return queue

    def details(self) -> graph.Details:
        element = self.element
        match element:
            case HttpTask():
                return self.http(element)
            case PythonTask():
                return self.python(element)
            case Human():
                return self.human(element)
            case ScriptTask():
                return self.script(element)
            case IntermediateCatchEvent():
                return self.catch(element)
            case BoundaryEvent() | EndEvent() if element.event:
                return graph.ErrorEvent(self.scope.structure.error_code(element.event.error_ref))
        return None

    def http(self, element: HttpTask) -> graph.HttpCall | None:
        place = self.place.at("input")
        # `body` may be null, which is not the same as absent.
        rest = element.input.model_dump(exclude_unset=True, exclude={"url", "timeout"})
        nothing: frozenset[str] = frozenset()
        url = self.template("input.url", element.input.url, nothing, secrets=True, quote=percent_encoded)
        request = self.template("input", rest, nothing, secrets=True)
        timeout = self.template("input.timeout", element.input.timeout, nothing)
        if timeout and leaves.is_literal(element.input.timeout, timeout):
            leaves.span(place.at("timeout"), element.input.timeout, longest=LONGEST_CALL)
        check_request(place, element.input)
        return graph.HttpCall(url, request, timeout) if url and request and timeout else None

    def python(self, element: PythonTask) -> graph.PythonCall:
        if self.scope.tasks is not None and element.task not in self.scope.tasks:
            hint = suggestion(element.task, self.scope.tasks)
            message = f"{quoted(element.task)} is no python task that is registered here; {hint}"
            self.place.at("task").error("UNKNOWN_TASK", message)
        return graph.PythonCall(
            element.task, self.template("input", element.input, frozenset(), secrets=True)
        )

    def human(self, element: Human) -> graph.Human:
        if element.output is None:
            leaves.reserved_properties(self.place.at("form"), element.form)
        return graph.Human(
            form=leaves.schema(self.place.at("form"), element.form),
            assignee=self.template("assignee", element.assignee, self.own),
            candidate_users=self.template("candidateUsers", element.candidate_users, self.own),
            candidate_groups=self.template("candidateGroups", element.candidate_groups, self.own),
            due_date=self.moment("dueDate", element.due_date, duration=True, date=True),
            priority=element.priority,
        )

    def script(self, element: ScriptTask) -> graph.Script | None:
        if element.result_variable is not None:
            leaves.variable_name(self.place.at("resultVariable"), element.result_variable)
        expression = leaves.expression(self.place.at("script"), element.script)
        return graph.Script(expression, element.result_variable) if expression else None

    def catch(self, element: IntermediateCatchEvent) -> graph.MessageCatch | graph.TimerCatch | None:
        event = element.event
        if isinstance(event, TimerEvent):
            if (event.duration is None) == (event.date is None):
                self.place.at("event").error("INVALID_TIMER", "A timer has either a `duration` or a `date`.")
            return graph.TimerCatch(
                duration=self.moment("event.duration", event.duration, duration=True),
                date=self.moment("event.date", event.date, date=True),
            )
        message = self.scope.messages.get(event.message_ref)
        if message and message.correlation_key:
            place = self.scope.structure.messages[event.message_ref].place.at("correlationKey").of(element.id)
            self.scope.uses.append(Use(place, element.id, message.correlation_key, self.own))
        return message

    def moment(
        self, name: str, text: str | None, *, duration: bool = False, date: bool = False
    ) -> Templated | None:
        templated = self.template(name, text, self.own)
        if text is not None and templated and leaves.is_literal(text, templated):
            leaves.moment(self.place.at(*name.split(".")), text, duration=duration, date=date)
        return templated
