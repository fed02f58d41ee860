"""The compiled form of one published version: what the engine reads, never the document itself.

All threads of a process share a graph, and nobody changes it. Flows in order of definition, conditions,
templates and schemas are worked out at compile time. Only `Level.reach` is worked out later, for each join
when it is first asked for: most versions are compiled without any of their joins being reached. Two threads
that ask at once work out the same.
"""

import builtins
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta, tzinfo
from typing import TypeVar

from workers.flow.schema import Schema
from workers.flow.values.expression import Expression
from workers.flow.values.template import Templated


@dataclass(frozen=True, slots=True)
class SequenceFlow:
    """One sequence flow; `condition` is asked in order of definition where its source chooses.

    The way from a throwing link event to the catching one is a flow too; its id begins with `link:`.
    """

    id: str
    source: str
    target: str
    condition: Expression | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a failed attempt is repeated, and how long is waited before each."""

    max_attempts: int = 3
    backoff: timedelta = timedelta(seconds=2)
    max_backoff: timedelta = timedelta(minutes=10)
    when: Expression | None = None


@dataclass(frozen=True, slots=True)
class Throw:
    """A result for which `when` is true throws the BPMN error `error_code` instead of going on."""

    when: Expression
    error_code: str


@dataclass(frozen=True, slots=True)
class StandardLoop:
    """The activity runs again while `condition` is true, at most `max_iterations` times."""

    condition: Expression | None  # None: as often as `max_iterations` says
    max_iterations: int | None
    test_before: bool


@dataclass(frozen=True, slots=True)
class MultiInstance:
    """The activity runs once for each element of `collection`, or `cardinality` times; one is given."""

    collection: Templated | None
    cardinality: Templated | None
    element_variable: str | None
    output_collection: str | None
    output_element: Templated | None
    sequential: bool
    completion_condition: Expression | None


class Details:
    """What a node has that only its type has.

    Here are those that more than their kind looks at; those of a new type stand beside its model.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Plain(Details):
    """A node that does nothing but pass the token on: a task without work, an event that throws nothing."""


@dataclass(frozen=True, slots=True)
class HttpCall(Details):
    """serviceTask `http`: every part is templated; only what is put into `url` is percent-encoded."""

    url: Templated
    request: Templated  # an object of method, and of query, headers and body as far as they are given
    timeout: Templated  # a duration: the longest that one attempt may take


@dataclass(frozen=True, slots=True)
class PythonCall(Details):
    """serviceTask `python`: `task` is the registered name of a function."""

    task: str
    input: Templated | None


@dataclass(frozen=True, slots=True)
class ExternalCall(Details):
    """serviceTask `external`: an external worker fetches jobs of this topic over HTTP."""

    topic: Templated
    input: Templated | None  # None: a job holds all variables that the node sees


@dataclass(frozen=True, slots=True)
class Human(Details):
    """userTask and inputTask: who may answer, until when, and the form of the answer."""

    form: Schema | None
    assignee: Templated | None
    candidate_users: Templated | None
    candidate_groups: Templated | None
    due_date: Templated | None  # a duration from now or a date with time
    priority: Templated | None
    form_key: Templated | None
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Script(Details):
    """scriptTask: a JSONata expression; without `result_variable` an object result merges by key."""

    expression: Expression
    result_variable: str | None


@dataclass(frozen=True, slots=True)
class CalledFlow(Details):
    """callActivity: `version_id` is the version that was pinned when the caller was published."""

    process_id: str
    version_number: str | None  # None: the one that is active when the caller is published
    version_id: str | None  # None where pins are not known, as when a draft is checked


@dataclass(frozen=True, slots=True)
class MessageCatch(Details):
    """Waits for the message `name` with the key worked out when the event is reached."""

    name: str
    correlation_key: Templated | None  # None: the instance's own key
    data_schema: Schema | None


@dataclass(frozen=True, slots=True)
class MessageThrow(Details):
    """Sends the message `name`; without a `correlation_key` with the instance's own."""

    name: str
    correlation_key: Templated | None
    data: Templated | None
    time_to_live: Templated  # a duration


@dataclass(frozen=True, slots=True)
class TimerCatch(Details):
    """Waits for a duration from now, until a date, or for each time of a cycle; one of them is given."""

    duration: Templated | None
    date: Templated | None
    cycle: Templated | None = None
    zone: tzinfo = UTC  # in which it is worked out, unless it names one itself


@dataclass(frozen=True, slots=True)
class SignalCatch(Details):
    """Waits for the signal `name`."""

    name: str


@dataclass(frozen=True, slots=True)
class SignalThrow(Details):
    """Throws the signal `name`."""

    name: str


@dataclass(frozen=True, slots=True)
class ErrorEvent(Details):
    """Catches or throws an error; `code` None catches every error."""

    code: str | None


@dataclass(frozen=True, slots=True)
class EscalationEvent(Details):
    """Catches or throws an escalation; `code` None catches every escalation."""

    code: str | None


@dataclass(frozen=True, slots=True)
class ConditionalEvent(Details):
    """Waits until `condition` is true."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class TerminateEvent(Details):
    """Ends everything else in its scope."""


@dataclass(frozen=True, slots=True)
class CompensationEvent(Details):
    """Compensates, or catches compensation; `activity` None is everything in the scope."""

    activity: str | None = None


@dataclass(frozen=True, slots=True)
class CancelEvent(Details):
    """Cancels the transaction around it, or catches that."""


@dataclass(frozen=True, slots=True)
class LinkEvent(Details):
    """One end of a link; the throwing end's only outgoing flow leads to the catching end."""

    name: str


D = TypeVar("D")

#: Events that a token can wait for. `workers.semantics.listen` arms them.
Catch = MessageCatch | TimerCatch | SignalCatch | ConditionalEvent

#: Nodes that contain nodes.
SUB_PROCESSES = frozenset({"subProcess", "transaction"})


@dataclass(frozen=True, slots=True)
class Node:
    """One node. `type` is BPMN's own name; `details` is what its kind adds."""

    id: str
    type: str
    name: Templated | None = None
    parent: str | None = None  # the sub-process it stands in; None for the process itself
    incoming: tuple[SequenceFlow, ...] = ()
    outgoing: tuple[SequenceFlow, ...] = ()
    default: SequenceFlow | None = None
    input: Templated | None = None  # an object of local names; a service task's own input is in `details`
    output: Templated | None = None  # an object of variable names
    retry: Retry = Retry()
    throws: tuple[Throw, ...] = ()
    queue: str | None = None  # None: the default queue
    loop: StandardLoop | MultiInstance | None = None
    boundaries: tuple[str, ...] = ()  # boundary events attached here, in order of definition
    attached_to: str | None = None
    interrupting: bool = True  # a boundary event's cancelActivity; isInterrupting of an event sub-process
    triggered_by_event: bool = False  # an event sub-process
    compensated_by: str | None = None  # the handler that undoes this activity once it was completed
    details: Details | None = None

    def details_as(self, kind: builtins.type[D]) -> D:
        """The details, of the kind that the compiler gave this type of node."""
        if not isinstance(self.details, kind):
            raise TypeError(f"node '{self.id}' is a {self.type} without {kind.__name__}")
        return self.details

    @property
    def joins(self) -> bool:
        """Whether a token here has to wait for tokens of other incoming flows."""
        return self.type in ("parallelGateway", "inclusiveGateway") and len(self.incoming) > 1

    @property
    def ends(self) -> bool:
        """Whether a token that leaves here leaves its scope."""
        return not self.outgoing


@dataclass(frozen=True, slots=True)
class Level:
    """What stands directly in the process or in one sub-process.

    `starts` get a token each when it begins plainly; `event_starts` are the top level's start events with a
    message, a timer or a signal. `reach` says for each inclusive join, and for each other node of the level
    (boundary events among them), the incoming flows of the join that a token at the node can still reach
    without passing the join.
    """

    starts: tuple[str, ...] = ()
    event_starts: tuple[str, ...] = ()
    event_sub_processes: tuple[str, ...] = ()
    reach: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Graph:
    """A version, compiled. `nodes` are those of all levels; `levels` are by sub-process, None is the top.

    `watchful` says that every move has to look at the whole instance: there is an inclusive join, or a
    conditional event. `loops` says that an activity has bodies, so that what is near a token may be enough.
    """

    name: str
    nodes: Mapping[str, Node]
    levels: Mapping[str | None, Level]
    input_schema: Schema | None = None
    warnings: tuple[str, ...] = field(default=())
    watchful: bool = False
    loops: bool = False

    @property
    def top(self) -> Level:
        return self.levels[None]

    def start_of(self, event_sub_process: str) -> Node:
        """The one start event of an event sub-process."""
        (start,) = self.levels[event_sub_process].starts
        return self.nodes[start]
