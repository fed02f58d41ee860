"""The stored state of an instance at one moment, as the plan looks at it, and the events that can come.

`Token` and `Scope` are values of the plan; the tables with these names are in `models`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import assert_never

from models.incident_code import IncidentCode
from workers.flow.json_value import JsonValue
from workers.semantics.memory import Memory


@dataclass(frozen=True, slots=True)
class Token:
    """One row of `tokens` (see `models.token`); `memory` is its column `input`."""

    id: str
    instance_id: str
    version_id: str
    scope_id: str
    node_id: str
    flow_id: str | None
    queue: str
    state: str
    epoch: int
    activation: int
    attempts: int
    losses: int
    sends: int
    entered_at: datetime
    available_at: datetime
    sent_at: datetime | None
    lease_at: datetime | None
    memory: Memory


def by_age(tokens: Iterable[Token]) -> list[Token]:
    """The oldest first, in an order that does not depend on the store."""
    return sorted(tokens, key=lambda token: (token.entered_at, token.id))


#: The kinds of scopes (see `models.scope`).
SUB_PROCESS, BODY, COMPENSATION, DONE = "sub-process", "body", "compensation", "done"


@dataclass(frozen=True, slots=True)
class Scope:
    """One row of `scopes`; the fields are its columns (see `models.scope`)."""

    id: str
    instance_id: str
    parent_id: str
    node_id: str
    host_id: str | None
    kind: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class InstanceFacts:
    """The columns of an instance that never change, and its status.

    A called instance knows its caller. `caught` says which errors and escalations its callers catch:
    `{"errors": […], "escalations": […]}`, where null in a list catches all.
    """

    id: str
    organization_id: str
    flow_id: str
    version_id: str
    environment: str
    correlation_key: str | None
    status: str
    caller_id: str | None = None
    caller_token_id: str | None = None
    caught: JsonValue = None
    depth: int = 0  # how many callers are above it


@dataclass(frozen=True, slots=True)
class Whole:
    """Every token, scope and variable of the instance, which is locked."""


@dataclass(frozen=True, slots=True)
class Body:
    """One body of a loop, with everything inside it, in an instance that is locked.

    Around the body there are the scopes, their variables and the tokens that host them, and nothing else.
    """

    scope_id: str


@dataclass(frozen=True, slots=True)
class Alone:
    """One token, with the scopes around it and their variables, in an instance that is not locked.

    `seq` is the instance's count of moves when this was read: by it the store sees whether variables may have
    changed since.
    """

    seq: int


Seen = Whole | Body | Alone

WHOLE = Whole()


@dataclass(slots=True)
class Situation:
    """The part of an instance's state that the plan may look at; `seen` says which part it is."""

    now: datetime
    instance: InstanceFacts
    tokens: dict[str, Token]
    variables: dict[str, dict[str, JsonValue]]  # by scope
    seen: Seen
    new_id: Callable[[str], str]
    scopes: dict[str, Scope] = field(default_factory=dict)

    def is_current(self, event: "Event") -> bool:
        """Whether the event is about a token as it stands, or about a holder that is still there."""
        match event:
            case VariablesSet() | AnswerSet() | Retried():
                return True
            case Triggered() | TaskCancelled():
                holder = event.holder_id
                return holder in self.tokens or holder in self.scopes or holder == self.instance.id
            case Run() | Returned() | Failed() | Lost():
                token = self.tokens.get(event.token_id)
                return token is not None and token.epoch == event.epoch
            case never:
                assert_never(never)


@dataclass(frozen=True, slots=True)
class Run:
    """A worker runs the node of a ready token."""

    token_id: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Returned:
    """The outside call of a claimed token came back with `result`, an object."""

    token_id: str
    epoch: int
    result: dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Failed:
    """An attempt failed. `error_code` is set where the node threw a BPMN error; `data` comes with it.

    `retries` is the number of attempts that an external worker says remain; None: the node's `retry` counts.
    """

    token_id: str
    epoch: int
    code: IncidentCode
    message: str
    retryable: bool = True
    retry_after: timedelta | None = None
    error_code: str | None = None
    retries: int | None = None
    data: dict[str, JsonValue] | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """The lease of a claimed token ran out; `for_certain` where its worker is known to be dead."""

    token_id: str
    epoch: int
    for_certain: bool = False


@dataclass(frozen=True, slots=True)
class FiredTimer:
    """The row of `timers` that fired."""

    id: str
    due_at: datetime
    cycle: str | None = None
    remaining: int | None = None
    anchor_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Triggered:
    """Something came for a holder: an answer, a message, a signal, a time, the end of a called instance.

    `holder_id` names the token or scope that waits (as in `models.subscription`), and `node_id` the event
    that happens. The row that says so was seen under the instance's lock; `timer` is the row of a timer.
    """

    holder_id: str
    node_id: str
    data: dict[str, JsonValue] = field(default_factory=dict)
    by: str | None = None
    timer: FiredTimer | None = None


@dataclass(frozen=True, slots=True)
class TaskCancelled:
    """A person cancelled the task of a parked token."""

    holder_id: str
    by: str | None = None


@dataclass(frozen=True, slots=True)
class VariablesSet:
    """An operator writes variables of a scope that is there; None is the instance's own."""

    values: dict[str, JsonValue]
    scope_id: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerSet:
    """An operator puts another answer in the place of the one that came for a token with an incident."""

    token_id: str
    answer: dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Retried:
    """An operator asks the incidents of these tokens to be tried again; None is all that the instance has.

    With `anew` the answer that came is put aside, and the node asks again.
    """

    token_ids: frozenset[str] | None = None
    anew: bool = False


#: Events that are about one token, fenced by its epoch.
TokenEvent = Run | Returned | Failed | Lost

Event = TokenEvent | Triggered | TaskCancelled | VariablesSet | AnswerSet | Retried
