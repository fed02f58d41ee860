"""The compiled form of one published version: what the engine reads, never the document itself.

A graph is immutable and shared by all threads of a process. Everything that can be worked out once
(flows in order of definition, conditions, templates, schemas) is worked out at compile time.
"""

import builtins
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from workers.flow.expression import Expression
from workers.flow.schema import Schema
from workers.flow.template import Templated


@dataclass(frozen=True, slots=True)
class Flow:
    """One sequence flow; `condition` is asked in order of definition where its source chooses."""

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
class HttpCall:
    """serviceTask `http`: every part is templated; only what is put into `url` is percent-encoded."""

    url: Templated
    request: Templated  # an object of method, and of query, headers and body as far as they are given
    timeout: Templated  # a duration: the longest that one attempt may take


@dataclass(frozen=True, slots=True)
class PythonCall:
    """serviceTask `python`: `task` is the registered name of a function."""

    task: str
    input: Templated | None


@dataclass(frozen=True, slots=True)
class Human:
    """userTask and inputTask: who may answer, until when, and the form of the answer."""

    form: Schema | None
    assignee: Templated | None
    candidate_users: Templated | None
    candidate_groups: Templated | None
    due_date: Templated | None  # a duration from now or a date with time and offset
    priority: int | None


@dataclass(frozen=True, slots=True)
class Script:
    """scriptTask: a JSONata expression; without `result_variable` an object result merges by key."""

    expression: Expression
    result_variable: str | None


@dataclass(frozen=True, slots=True)
class MessageCatch:
    """Waits for the message `name` with the key worked out when the event is reached."""

    name: str
    correlation_key: Templated | None  # None: the instance's own key
    data_schema: Schema | None


@dataclass(frozen=True, slots=True)
class TimerCatch:
    """Waits for a duration from now, or until a date; exactly one of the two is given."""

    duration: Templated | None
    date: Templated | None


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """A boundary event that catches, or an end event that throws; `code` None catches every error."""

    code: str | None


D = TypeVar("D")

Details = HttpCall | PythonCall | Human | Script | MessageCatch | TimerCatch | ErrorEvent | None


@dataclass(frozen=True, slots=True)
class Node:
    """One node. `type` is BPMN's own name; `details` is what its kind adds."""

    id: str
    type: str
    name: Templated | None = None
    incoming: tuple[Flow, ...] = ()
    outgoing: tuple[Flow, ...] = ()
    default: Flow | None = None
    input: Templated | None = None  # an object of local names; a service task's own input is in `details`
    output: Templated | None = None  # an object of variable names
    retry: Retry = Retry()
    throws: tuple[Throw, ...] = ()
    queue: str | None = None  # None: the default queue
    boundaries: tuple[str, ...] = ()  # boundary events attached here, in order of definition
    attached_to: str | None = None
    interrupting: bool = True
    details: Details = None

    def details_as(self, kind: builtins.type[D]) -> D:
        """The details, of the kind that the compiler gave this type of node."""
        if not isinstance(self.details, kind):
            raise TypeError(f"node '{self.id}' is a {self.type} without {kind.__name__}")
        return self.details

    @property
    def joins(self) -> bool:
        """Whether a token here has to wait for tokens of other incoming flows."""
        return self.type == "parallelGateway" and len(self.incoming) > 1

    @property
    def ends(self) -> bool:
        """Whether a token that leaves here leaves the flow."""
        return not self.outgoing


@dataclass(frozen=True, slots=True)
class Graph:
    """A version, compiled. `starts` are the nodes at which a plain start puts a token each."""

    name: str
    nodes: Mapping[str, Node]
    starts: tuple[str, ...]
    input_schema: Schema | None = None
    warnings: tuple[str, ...] = field(default=())
