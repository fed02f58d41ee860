"""Error events."""

from typing import Literal

from workers.flow import graph
from workers.flow.bpmn.coded import read_coded
from workers.flow.bpmn.events import EventElement
from workers.flow.bpmn.roots import error_code
from workers.flow.bpmn.source import Json
from workers.flow.bpmn.writing import Elements, Writing
from workers.flow.catalogue.bpmn import BpmnEvent
from workers.flow.catalogue.event_type import EventType
from workers.flow.document.event import EventDefinition
from workers.flow.document.properties import Properties


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


def _details(of: Properties, event: ErrorCatch | ErrorThrow) -> graph.ErrorEvent:
    return graph.ErrorEvent(of.roots.error_code(event.error_ref))


def _read(event: EventElement) -> Json:
    return read_coded(event, "error", error_code)


def _write(writing: Writing) -> Elements:
    writing.reference("errorRef", "errors")
    return []


ERROR = EventType(
    models=(ErrorCatch, ErrorThrow),
    title="Error",
    icon="error",
    mark="⚡",
    details=_details,
    bpmn=BpmnEvent(tag="errorEventDefinition", read=_read, write=_write),
    rules={
        "startEvent": """\
- Only in an event sub-process, which it always interrupts the scope for (`NON_INTERRUPTING_ERROR`).
- `output` sees `error.code` and `error.message`.""",
        "endEvent": """\
- Ends everything in the scope that catches it; nobody catches it: the incident `UNCAUGHT_ERROR`.""",
        "boundaryEvent": """\
- One for each code, and one for all (`DUPLICATE_BOUNDARY`). The nearest activity or scope around what threw
  is asked first; the matching code goes before the one that catches all.
- `output` sees `error.code`, `error.message` and, from an external worker, `error.data`.
- A person's CANCEL throws `TASK_CANCELLED` at a task, which an event may catch.""",
    },
)
