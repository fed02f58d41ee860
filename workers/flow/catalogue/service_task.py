"""What the implementations of serviceTask have in common."""

from typing import Annotated, Literal

from pydantic import Field

from workers.flow.document.activity import Activity
from workers.flow.document.element import Element


class Retry(Element):
    """How often a failed attempt is repeated, and how long is waited before each."""

    max_attempts: Annotated[int, Field(ge=1, le=100)] = 3
    """The most attempts, the first one counted."""
    backoff: str = "PT2S"
    """The wait after the first attempt, an ISO 8601 duration; it doubles, with jitter."""
    max_backoff: str | None = None
    """The longest wait, an ISO 8601 duration; ten minutes where it is not given."""
    when: str | None = None
    """A JSONata expression: which outcomes are worth another attempt."""


class Throw(Element):
    """Turns a result into a BPMN error."""

    when: str
    """A JSONata expression over what came back, such as `= response.status = 422`."""
    error_ref: str
    """The id of one of the flow's `errors`."""


class ServiceElement(Activity):
    """Work that another system does, at least once for each time the node is reached."""

    type: Literal["serviceTask"]
    implementation: str
    """Who does it."""
    retry: Retry = Retry()
    """What happens when an attempt fails."""

    refused = frozenset({"throws", "queue", "event"})


class QueuedTask(ServiceElement):
    """A service task that a worker of this system executes."""

    throws: list[Throw] = Field(default=[])
    """Which results are BPMN errors; the first that is true counts."""
    queue: str | None = None
    """The queue whose workers execute the node; without it the default one."""

    refused = frozenset({"event"})
