"""What one event changes: the moves that the store commits in one transaction, fenced by epochs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from models.states import READY
from workers.engine.situation import Token
from workers.flow.json_value import JsonValue

#: A delivered message's id is remembered at least this long, so that a repeated one does nothing.
REMEMBERED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the history. `seq` counts within the changes; the store adds the instance's own count."""

    seq: int
    node_id: str
    node_type: str
    attempts: int
    entered_at: datetime
    left_at: datetime
    outcome: str
    input: JsonValue = None
    output: JsonValue = None


@dataclass(frozen=True, slots=True)
class NewTask:
    """A row of `tasks` that opens."""

    id: str
    organization_id: str
    instance_id: str
    token_id: str
    node_id: str
    name: str | None
    input: JsonValue
    form: JsonValue
    assignee: str | None
    candidate_users: JsonValue
    candidate_groups: JsonValue
    due_at: datetime | None
    priority: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """A row of `subscriptions` that opens."""

    id: str
    organization_id: str
    environment: str
    name: str
    correlation_key: str
    instance_id: str
    token_id: str
    node_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewTimer:
    """A row of `timers` that is armed."""

    id: str
    instance_id: str
    token_id: str
    node_id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class NewIncident:
    """A row of `incidents` that opens."""

    id: str
    instance_id: str
    token_id: str
    node_id: str
    code: str
    message: str
    attempts: int
    created_at: datetime


@dataclass(slots=True)
class EndedTasks:
    """The open tasks of these tokens end so."""

    state: str
    by: str | None
    token_ids: list[str]


@dataclass(slots=True)
class Changes:
    """Everything that one event does. `moved` and `dropped` are fenced by the epochs that were read."""

    instance_id: str
    now: datetime
    moved: dict[str, Token] = field(default_factory=dict)  # new state; its epoch is the one read plus 1
    dropped: dict[str, int] = field(default_factory=dict)  # id to the epoch that was read
    spawned: list[Token] = field(default_factory=list)
    variables: dict[tuple[str, str], JsonValue] = field(default_factory=dict)  # (scope, name) to value
    steps: list[Step] = field(default_factory=list)
    tasks: list[NewTask] = field(default_factory=list)
    ended_tasks: EndedTasks | None = None
    subscriptions: list[NewSubscription] = field(default_factory=list)
    timers: list[NewTimer] = field(default_factory=list)
    released: list[str] = field(default_factory=list)  # tokens whose subscriptions and timers go
    incidents: list[NewIncident] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)  # tokens whose open incidents are over
    consumed_message: str | None = None
    status: str | None = None  # COMPLETED or CANCELLED

    def to_send(self) -> Iterator[Token]:
        """The tokens that are ready now: after the commit each is worth a message."""
        for token in (*self.moved.values(), *self.spawned):
            if token.state == READY and token.sent_at is not None:
                yield token
