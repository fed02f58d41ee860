"""Events of the document: what is waited for or thrown, and the nodes where that happens."""

from typing import Annotated, Literal

from pydantic import Field

from workers.flow.document.element import Element, Id, JsonObject, NodeElement, ObjectOrTemplate


class EventDefinition(Element):
    """What an event waits for or throws."""

    type: str
    """The kind of event."""


class Sending(Element):
    """What is sent with a message."""

    message_ref: str
    """The id of one of the flow's `messages`."""
    correlation_key: str | None = None
    """Which receiver is meant, a template; without it the key is the instance's own."""
    data: ObjectOrTemplate | None = None
    """What the message carries, a templated object."""
    time_to_live: str = "PT1H"
    """How long the message is kept while nobody waits for it, a templated ISO 8601 duration."""


class MessageCatch(EventDefinition):
    """Waits for a message; exactly one that waits gets it."""

    type: Literal["message"]
    message_ref: str
    """The id of one of the flow's `messages`."""


class MessageThrow(EventDefinition, Sending):
    """Sends a message to one instance that waits for it, or that it starts."""

    type: Literal["message"]


class Timer(EventDefinition):
    """Waits for a time; exactly one of `duration` and `date` is given."""

    type: Literal["timer"]
    duration: str | None = None
    """How long it waits, a templated ISO 8601 duration such as `PT30M`."""
    date: str | None = None
    """Until when it waits, a templated date-time such as `2026-01-31T12:00:00Z`; without an offset it is in
    the timer's zone, or in one that it names itself: `2026-01-31T12:00:00[Europe/Berlin]`."""
    time_zone: str | None = None
    """The IANA name of the zone whose clocks count, such as `Europe/Berlin`; without it, that of the
    organization when the flow is published."""

    refused = frozenset({"cycle"})


class CyclicTimer(EventDefinition):
    """Fires at a time, or again and again; exactly one of `duration`, `date` and `cycle` is given.

    A start event of the process takes no placeholders here, as there are no variables yet.
    """

    type: Literal["timer"]
    duration: str | None = None
    """How long it waits, a templated ISO 8601 duration such as `PT30M`."""
    date: str | None = None
    """Until when it waits, a templated date-time such as `2026-01-31T12:00:00Z`; without an offset it is in
    the timer's zone, or in one that it names itself: `2026-01-31T12:00:00[Europe/Berlin]`."""
    cycle: str | None = None
    """When it fires again and again, a template: an ISO 8601 repeating interval such as `R3/PT10M`, or a
    cron expression such as `0 9 * * MON`, `@daily` or `TZ=Europe/Berlin 0 9 * * MON`. Not where the event
    interrupts."""
    time_zone: str | None = None
    """The IANA name of the zone whose clocks count, such as `Europe/Berlin`; without it, that of the
    organization when the flow is published."""


class SignalEvent(EventDefinition):
    """A signal reaches everything that waits for it in the organization and environment; none is kept.

    One that is thrown carries what the node's `input` made.
    """

    type: Literal["signal"]
    signal_ref: str
    """The id of one of the flow's `signals`."""


class ErrorCatch(EventDefinition):
    """Catches an error that is thrown inside; a matching code goes before a catch of every error."""

    type: Literal["error"]
    error_ref: str | None = None
    """The id of one of the flow's `errors`; without it every error is caught."""


class ErrorThrow(EventDefinition):
    """Throws an error to the nearest scope that catches it; uncaught it is an incident."""

    type: Literal["error"]
    error_ref: str
    """The id of one of the flow's `errors`."""


class EscalationCatch(EventDefinition):
    """Catches an escalation that is thrown inside."""

    type: Literal["escalation"]
    escalation_ref: str | None = None
    """The id of one of the flow's `escalations`; without it every escalation is caught."""


class EscalationThrow(EventDefinition):
    """Throws an escalation to the nearest scope that catches it; uncaught it is ignored."""

    type: Literal["escalation"]
    escalation_ref: str
    """The id of one of the flow's `escalations`."""


class Conditional(EventDefinition):
    """Waits until a condition is true; looked at whenever a variable that it can see changes."""

    type: Literal["conditional"]
    condition: str
    """A JSONata expression, such as `= stock > 0`."""


class Link(EventDefinition):
    """A jump within its scope: a token goes from the throwing event to the catching one of the same name."""

    type: Literal["link"]
    name: Id
    """The same at both ends. A scope has one catching event for a name, and any number of throwing ones."""


class Terminate(EventDefinition):
    """Ends everything else in its scope."""

    type: Literal["terminate"]


class CompensationCatch(EventDefinition):
    """Undoes what was completed, when compensation is thrown."""

    type: Literal["compensation"]


class CompensationThrow(EventDefinition):
    """Undoes completed activities, the last one first."""

    type: Literal["compensation"]
    activity_ref: str | None = None
    """The one activity to undo; without it everything in the scope that was completed."""


class Cancel(EventDefinition):
    """At an end event: cancels the transaction around it. At a transaction's boundary: catches that."""

    type: Literal["cancel"]


class Event(NodeElement):
    """A node at which something is waited for or thrown."""

    input: JsonObject | None = None
    """Local variables by name, templated; they are seen only by this node."""
    output: JsonObject | None = None
    """What the node gives back: variables by name, templated over what came. Without it, the data of a
    message or a signal merges into the variables by key."""

    refused = NodeElement.refused - {"input", "output", "event"}


class StartEvent(Event):
    """Where the process or a sub-process begins.

    With an `event` at the top of the flow, each such event starts an instance; in an event sub-process the
    event starts that.
    """

    type: Literal["startEvent"]
    event: (
        Annotated[
            MessageCatch
            | CyclicTimer
            | SignalEvent
            | ErrorCatch
            | EscalationCatch
            | CompensationCatch
            | Conditional,
            Field(discriminator="type"),
        ]
        | None
    ) = None
    """What starts it. The process: message, timer or signal. An event sub-process: any. A plain sub-process:
    nothing."""
    is_interrupting: bool = True
    """In an event sub-process: whether everything else in the scope around it ends when it starts."""


class EndEvent(Event):
    """Where a token ends. The process or sub-process ends when no token is left in it."""

    type: Literal["endEvent"]
    event: (
        Annotated[
            ErrorThrow
            | EscalationThrow
            | SignalEvent
            | MessageThrow
            | Terminate
            | CompensationThrow
            | Cancel,
            Field(discriminator="type"),
        ]
        | None
    ) = None
    """What is thrown; without it nothing is."""


class IntermediateCatchEvent(Event):
    """Holds a token until its event happens, or is where a link arrives."""

    type: Literal["intermediateCatchEvent"]
    event: Annotated[MessageCatch | Timer | SignalEvent | Conditional | Link, Field(discriminator="type")]
    """What is waited for."""


class IntermediateThrowEvent(Event):
    """Throws its event and passes the token on; without an `event` it only passes it on."""

    type: Literal["intermediateThrowEvent"]
    event: (
        Annotated[
            MessageThrow | SignalEvent | EscalationThrow | CompensationThrow | Link,
            Field(discriminator="type"),
        ]
        | None
    ) = None
    """What is thrown."""


class BoundaryEvent(Event):
    """Waits while an activity runs: interrupting, it ends the activity; otherwise it adds a token."""

    type: Literal["boundaryEvent"]
    attached_to_ref: str
    """The id of the activity, in the same process or sub-process."""
    cancel_activity: bool = True
    """Whether the event ends the activity. Error, compensation and cancel leave no choice."""
    event: Annotated[
        ErrorCatch
        | CyclicTimer
        | MessageCatch
        | SignalEvent
        | EscalationCatch
        | Conditional
        | CompensationCatch
        | Cancel,
        Field(discriminator="type"),
    ]
    """What is waited for."""
