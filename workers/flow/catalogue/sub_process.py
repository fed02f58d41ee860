"""subProcess: a process within the process, or one that an event starts."""

from typing import Literal

from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.source import Json
from workers.flow.bpmn.writing import Elements, Writing
from workers.flow.catalogue.bpmn import BpmnNode
from workers.flow.catalogue.node_type import NodeType, Variant, no_details, unknown
from workers.flow.document.activity import MappedActivity
from workers.flow.document.definition import Level
from workers.flow.document.element import NodeElement


class SubProcess(MappedActivity, Level):
    """A process within the process, and a scope for variables.

    It is left when no token is in it any more. With `triggeredByEvent` it is an event sub-process: it has no
    flows, and its start event starts it while the scope around it runs.
    """

    type: Literal["subProcess"]
    triggered_by_event: bool = False
    """Whether it is an event sub-process."""


def _read(extensions: Extensions, _node: Json) -> Json:
    return extensions.flag("triggeredByEvent", default=False)


def _write(writing: Writing) -> Elements:
    writing.flag("triggeredByEvent", value=True)
    return []


SUB_PROCESS = NodeType(
    model=SubProcess,
    title="Sub-process",
    group="Parts and calls",
    icon="bpmn-icon-subprocess-expanded",
    details=no_details,
    gives=unknown,
    bpmn=BpmnNode(tag="subProcess", read=_read, write=_write),
    rules="""\
- A write goes to the nearest scope that has a local variable of the name, else to the instance: local to a
  sub-process is what its `input` made.
- No sequence flow crosses its border (`FLOW_CROSSES_SCOPE`).""",
    variants=(
        Variant(
            name="event",
            title="Event sub-process",
            icon="bpmn-icon-event-subprocess-expanded",
            help=(
                "A `subProcess` with `triggeredByEvent`: its start event starts it while the scope around it"
                " runs."
            ),
            rules="""\
- Has exactly one start event, with an event (`START_WITHOUT_EVENT`), and no sequence flow leads to or leaves
  it (`EVENT_SUB_PROCESS_WITH_FLOW`). Nothing is attached to it, and it has no loop.
- It waits while the scope around it runs. Interrupting, it takes the place of all that runs there; otherwise
  it may start again and again.""",
        ),
    ),
)


def is_event_sub_process(node: NodeElement) -> bool:
    return isinstance(node, SubProcess) and node.triggered_by_event
