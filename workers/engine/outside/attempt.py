"""One attempt of a node that calls outside, and how it fails."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from models.incident_code import IncidentCode
from workers.flow.graph import Node
from workers.flow.json_value import JsonValue
from workers.outbound import OutboundClient


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of an outside call. `input` holds the secrets in clear: it is never kept."""

    node: Node
    input: JsonValue
    idempotency_key: str
    instance_id: str
    number: int  # from 1


class AttemptFailed(Exception):
    """The attempt came to nothing. With `error_code` it throws that BPMN error instead of being retried."""

    def __init__(
        self,
        code: IncidentCode,
        message: str,
        *,
        retryable: bool = True,
        retry_after: timedelta | None = None,
        error_code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable
        self.retry_after = retry_after
        self.error_code = error_code


class OutsideServices(Protocol):
    """What the engine lends to an attempt."""

    @property
    def outbound(self) -> OutboundClient: ...


class Performer(Protocol):
    """Makes the attempts of one kind of node."""

    def perform(self, attempt: Attempt, services: OutsideServices) -> dict[str, JsonValue]:
        """Makes one attempt and returns what `output` may see.

        Raises:
            AttemptFailed: and every other exception counts as a failed attempt too.
        """
        ...

    def is_known(self, node: Node) -> bool:
        """Whether this worker can perform the node; a worker of a newer release may know more."""
        ...
