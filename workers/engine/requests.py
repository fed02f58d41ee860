"""What callers ask of the engine, and what they get back."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from workers.flow.json_value import JsonValue


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
    """`status` is correlated, buffered, duplicate or discarded."""

    message_id: str
    status: str
    process_instance_id: str | None = None
