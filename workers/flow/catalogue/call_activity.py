"""callActivity: runs another flow."""

from typing import Annotated, Literal

from pydantic import Field

from workers.flow import graph
from workers.flow.bpmn.calls import read_call
from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.mappings import read_call_mappings
from workers.flow.bpmn.source import Json
from workers.flow.bpmn.writing import Elements, Writing
from workers.flow.catalogue.bpmn import BpmnNode
from workers.flow.catalogue.node_type import NodeType, any_error, unknown
from workers.flow.document.activity import MappedActivity
from workers.flow.document.properties import Properties


class CallActivity(MappedActivity):
    """Runs another flow as an instance of its own, and goes on when that is completed.

    It starts with what `input` makes, or with all variables that the node sees, and has its caller's
    correlation key. Its variables come back by `output`, which sees them, or all of them by key.
    """

    type: Literal["callActivity"]
    process_id: Annotated[str, Field(max_length=255, pattern=r"^[^={}\x00-\x1f][^{}\x00-\x1f]*$")]
    """The flow: its UUID, or the BPMN id of its process. No template."""
    version_number: Annotated[str, Field(pattern="^[1-9][0-9]{0,8}$")] | None = None
    """The version; without it the one that is active when this flow is published."""


def _details(of: Properties, call: CallActivity) -> graph.CalledFlow:
    pinned = of.context.calls.get(call.id) if of.context.calls else None
    return graph.CalledFlow(call.process_id, call.version_number, pinned)


def _read(extensions: Extensions, _node: Json) -> Json:
    return read_call(extensions) | read_call_mappings(extensions)


def _write(writing: Writing) -> Elements:
    called = writing.rest.get("processId")
    if isinstance(called, str) and writing.references.is_free(called):
        writing.element.attributes["calledElement"] = writing.rest.pop("processId")
    return []


CALL_ACTIVITY = NodeType(
    model=CallActivity,
    title="Call activity",
    group="Parts and calls",
    icon="bpmn-icon-call-activity",
    details=_details,
    errors=any_error,
    gives=unknown,
    sets=unknown,
    bpmn=BpmnNode(tag="callActivity", read=_read, write=_write),
    rules="""\
- The version is pinned when the caller is published (`FLOW_NOT_FOUND`, `NO_ACTIVE_VERSION`).
- Errors, escalations and cancelled tasks of the called instance climb up; cancelling goes down.""",
)
