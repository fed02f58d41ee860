"""startEvent: where a process or a sub-process begins."""

from typing import Annotated, Literal

from pydantic import Field

from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.source import Json
from workers.flow.bpmn.writing import Elements, Writing
from workers.flow.catalogue.bpmn import BpmnNode
from workers.flow.catalogue.events import event_details, event_names
from workers.flow.catalogue.events.compensation import CompensationCatch
from workers.flow.catalogue.events.conditional import Conditional
from workers.flow.catalogue.events.error import ErrorCatch
from workers.flow.catalogue.events.escalation import EscalationCatch
from workers.flow.catalogue.events.message import MessageCatch
from workers.flow.catalogue.events.signal import SignalEvent
from workers.flow.catalogue.events.timer import CyclicTimer
from workers.flow.catalogue.node_type import NodeType
from workers.flow.document.event import Event


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


def _read(extensions: Extensions, _node: Json) -> Json:
    scope = extensions.element.parent
    by_event = scope is not None and scope.get("triggeredByEvent")
    return extensions.flag("isInterrupting", default=True) if by_event else {}


def _write(writing: Writing) -> Elements:
    if writing.parent.get("triggeredByEvent") is True:
        writing.flag("isInterrupting", value=False)
    return []


START_EVENT = NodeType(
    model=StartEvent,
    title="Start event",
    group="Events",
    icon="bpmn-icon-start-event-none",
    event_icons="bpmn-icon-start-event-",
    details=event_details,
    gives=event_names,
    sets=event_names,
    bpmn=BpmnNode(tag="startEvent", read=_read, write=_write),
    rules="""\
- A process has at most one start event without an event, and any number with one (`MULTIPLE_START_EVENTS`); a
  sub-process has one, without an event (`START_WITH_EVENT`).
- No sequence flow leads to it (`START_WITH_INCOMING`).
- A process without any begins at every node without an incoming flow.
- `POST /process/exec` starts the event without an event; the others start by themselves.""",
)
