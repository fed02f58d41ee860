"""The changes of one event: the moves that the store commits in one transaction, fenced by epochs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from models.incident_code import IncidentCode
from models.states import TokenState
from workers.flow.json_value import JsonValue
from workers.semantics.situation import Scope, Situation, Token


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One row of the history (see `models.instance.HistoryStep`): a visit that is over.

    `seq` counts within the changes; the store adds the instance's own count.
    """

    seq: int
    node_id: str
    node_type: str
    attempts: int
    entered_at: datetime
    left_at: datetime
    outcome: str
    input: JsonValue = None
    output: JsonValue = None
    scope_id: str | None = None
    loop: str | None = None
    loop_counter: int | None = None


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
    form_key: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """Where a message goes. `key` is "" for subscriptions without a correlation key."""

    organization_id: str
    environment: str
    name: str
    key: str


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """A row of `subscriptions` that opens."""

    id: str
    organization_id: str
    environment: str
    kind: str
    name: str
    correlation_key: str
    instance_id: str
    holder_id: str
    node_id: str
    created_at: datetime

    @property
    def address(self) -> Address:
        return Address(self.organization_id, self.environment, self.name, self.correlation_key)


@dataclass(frozen=True, slots=True)
class NewTimer:
    """A row of `timers` that is armed; with `data` one of another instance may be meant."""

    id: str
    instance_id: str
    holder_id: str
    node_id: str
    due_at: datetime
    cycle: str | None = None
    remaining: int | None = None
    anchor_at: datetime | None = None
    data: JsonValue = None


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A row of `messages`: a message or signal that this instance throws, routed after the commit."""

    id: str
    organization_id: str
    environment: str
    kind: str
    name: str
    correlation_key: str
    message_id: str
    data: JsonValue
    state: str
    origin_id: str
    expires_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewJob:
    """A row of `jobs`: an external service task that a worker may fetch."""

    id: str
    organization_id: str
    environment: str
    instance_id: str
    token_id: str
    node_id: str
    topic: str
    epoch: int
    worker: str | None
    available_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewCall:
    """An instance of another version that a call activity starts, in the same transaction."""

    instance_id: str
    version_id: str
    token_id: str
    variables: dict[str, JsonValue]
    caught: JsonValue


@dataclass(frozen=True, slots=True)
class NewIncident:
    """A row of `incidents` that opens."""

    id: str
    instance_id: str
    token_id: str
    node_id: str
    code: IncidentCode
    message: str
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class EndedTask:
    """The open task of this token ends so."""

    token_id: str
    state: str
    by: str | None


@dataclass(slots=True)
class Changes:
    """Everything that one event changes. `moved` and `dropped` are fenced by the epochs that were read."""

    instance_id: str
    now: datetime
    moved: dict[str, Token] = field(default_factory=dict)  # new state; its epoch is the one read plus 1
    dropped: dict[str, int] = field(default_factory=dict)  # id to the epoch that was read
    spawned: dict[str, Token] = field(default_factory=dict)
    variables: dict[tuple[str, str], JsonValue] = field(default_factory=dict)  # (scope, name) to value
    forgotten: set[tuple[str, str]] = field(default_factory=set)  # (scope, name) of variables that go
    steps: list[HistoryStep] = field(default_factory=list)
    opened: dict[str, Scope] = field(default_factory=dict)
    done: dict[str, Scope] = field(default_factory=dict)  # scopes that become records of what is completed
    closed: list[str] = field(default_factory=list)  # scopes that go, with their variables
    tasks: list[NewTask] = field(default_factory=list)
    ended_tasks: list[EndedTask] = field(default_factory=list)
    jobs: list[NewJob] = field(default_factory=list)
    ended_jobs: list[str] = field(default_factory=list)  # tokens whose jobs go
    subscriptions: list[NewSubscription] = field(default_factory=list)
    timers: list[NewTimer] = field(default_factory=list)
    fired: list[str] = field(default_factory=list)  # timers that go
    released: list[str] = field(default_factory=list)  # holders whose subscriptions and timers go
    incidents: list[NewIncident] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)  # tokens whose open incidents are over
    thrown: list[NewMessage] = field(default_factory=list)
    calls: list[NewCall] = field(default_factory=list)
    cancelled_calls: list[str] = field(default_factory=list)  # called instances that end before this commits
    status: str | None = None  # COMPLETED or CANCELLED
    read_seq: int | None = None  # void if the instance has moved since: what is written was worked out then

    def to_send(self) -> Iterator[Token]:
        """The tokens that are ready now: after the commit each is worth a message."""
        for token in (*self.moved.values(), *self.spawned.values()):
            if token.state == TokenState.READY and token.sent_at is not None:
                yield token

    @property
    def moves(self) -> int:
        """How much the instance's count grows: by the steps, or by 1 where only variables are written."""
        return len(self.steps) or int(bool(self.variables))

    @property
    def addresses(self) -> set[Address]:
        """Where the messages go that this begins to wait for; their locks come first."""
        return {each.address for each in self.subscriptions if each.kind == "message"}


def caller_told(situation: Situation, data: dict[str, JsonValue]) -> list[NewTimer]:
    """A timer, due at once, that hands data to the caller; none where no instance called this one."""
    instance = situation.instance
    if instance.caller_id is None or instance.caller_token_id is None:
        return []
    return [
        NewTimer(
            id=situation.new_id("timer_"),
            instance_id=instance.caller_id,
            holder_id=instance.caller_token_id,
            node_id="",  # the call activity, whatever it is called there
            due_at=situation.now,
            data=data,
        )
    ]
