"""What callers ask of the engine, and what they get back."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from workers.flow.json_value import JsonValue

#: How many characters of an external worker's error message are kept.
LONGEST_MESSAGE = 2000


@dataclass(frozen=True, slots=True)
class Access:
    """Whose things a caller may touch: None is "every organization" and "both environments"."""

    organization_id: str | None
    environment: str | None = None


@dataclass(frozen=True, slots=True)
class StartRequest:
    """Start an instance. `idempotency_key` makes a repeated request get the first one's answer."""

    access: Access
    process_id: str
    environment: str
    version_number: str | None = None
    correlation_key: str | None = None
    data: dict[str, JsonValue] = field(default_factory=dict)
    route: str = "/process/exec"
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Started:
    process_instance_id: str
    process_id: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class MessageRequest:
    """Publish a message. `correlation_key` None reaches those that wait without a key."""

    organization_id: str
    environment: str
    name: str
    correlation_key: str | None
    data: dict[str, JsonValue]
    time_to_live: timedelta
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """`status` is correlated, started, buffered, duplicate or discarded."""

    message_id: str
    status: str
    process_instance_id: str | None = None


@dataclass(frozen=True, slots=True)
class SignalRequest:
    """Throw a signal to everybody in an organization and environment."""

    organization_id: str
    environment: str
    name: str
    data: dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Signalled:
    """How many waited for the signal, and the instances that it started."""

    reached: int
    started: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JobsRequest:
    """Lock up to `most` jobs of a topic for `lock`; wait for the first of them for `patience` at most."""

    organization_id: str
    environment: str
    topic: str
    worker: str
    most: int
    lock: timedelta
    patience: timedelta


def locked_id(job_id: str, epoch: int) -> str:
    """What `jobId` says everywhere: the job and its newest lock, or the job alone before its first."""
    return f"{job_id}.{epoch}" if epoch else job_id


@dataclass(frozen=True, slots=True)
class LockedJob:
    """A job that is a worker's until `locked_until`; `id` names the job and this lock of it.

    `variables` hold secrets in clear. `retries_left` are the attempts that the node's `retry` has left after
    this one; None where this process cannot read the version. Every attempt has the same `idempotency_key`.
    """

    id: str
    topic: str
    process_instance_id: str
    process_id: str
    version_number: int
    node_id: str
    correlation_key: str | None
    variables: JsonValue
    attempt: int
    retries_left: int | None
    locked_until: datetime
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class JobFailure:
    """An attempt that came to nothing. `retries` are left; None: as the node's `retry` says."""

    message: str
    retries: int | None = None
    pause: timedelta | None = None


@dataclass(frozen=True, slots=True)
class JobError:
    """A BPMN error that a worker throws at the node; catching events see `data` as `error.data`."""

    code: str
    message: str
    data: dict[str, JsonValue] | None = None
