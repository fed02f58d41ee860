"""What the plan looks at: the stored state of an instance at one moment, and the events that meet it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from workers.flow.json_value import JsonValue


@dataclass(frozen=True, slots=True)
class Token:
    """One row of `tokens`; the fields are its columns (see `models.token`)."""

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
    input: JsonValue


@dataclass(frozen=True, slots=True)
class InstanceFacts:
    """What of an instance never changes, and whether it still runs."""

    id: str
    organization_id: str
    flow_id: str
    version_id: str
    environment: str
    correlation_key: str | None
    status: str


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A message that was published before anybody waited for it."""

    id: str
    data: dict[str, JsonValue]


@dataclass(slots=True)
class Situation:
    """`whole` says that every token is here and the instance is locked; else only the moving one is."""

    now: datetime
    instance: InstanceFacts
    tokens: dict[str, Token]
    variables: dict[str, dict[str, JsonValue]]  # by scope
    whole: bool
    new_id: Callable[[str], str]
    kept_message: KeptMessage | None = None

    def is_current(self, event: "TokenEvent") -> bool:
        """Whether the event is about a token as it stands."""
        token = self.tokens.get(event.token_id)
        return token is not None and token.epoch == event.epoch


@dataclass(frozen=True, slots=True)
class Run:
    """A worker runs the node of a ready token. `key` is the correlation key worked out before the lock."""

    token_id: str
    epoch: int
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """The outside call of a claimed token came back with `result`, an object."""

    token_id: str
    epoch: int
    result: dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Failed:
    """An attempt failed. `error_code` is set where the node threw a BPMN error."""

    token_id: str
    epoch: int
    code: str
    message: str
    retryable: bool = True
    retry_after: timedelta | None = None
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """The lease of a claimed token ran out; `for_certain` where its worker is known to be dead."""

    token_id: str
    epoch: int
    for_certain: bool = False


@dataclass(frozen=True, slots=True)
class Triggered:
    """What a parked token waited for has come: an answer, a message, a time."""

    token_id: str
    epoch: int
    data: dict[str, JsonValue] = field(default_factory=dict)
    by: str | None = None


@dataclass(frozen=True, slots=True)
class TaskCancelled:
    """A person cancelled the task of a parked token."""

    token_id: str
    epoch: int
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Retried:
    """An operator asks the token's incident to be tried again."""

    token_id: str
    epoch: int


TokenEvent = Run | Returned | Failed | Lost | Triggered | TaskCancelled | Retried
