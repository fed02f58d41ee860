"""serviceTask external: a worker somewhere else fetches the job."""

from typing import Annotated, Literal

from pydantic import Field

from workers.flow import graph
from workers.flow.catalogue.bpmn import BpmnNode
from workers.flow.catalogue.node_type import NodeType, any_error, unknown
from workers.flow.catalogue.service_task import ServiceElement
from workers.flow.document.element import JsonObject
from workers.flow.document.properties import Properties


class ExternalTask(ServiceElement):
    """Waits until a worker somewhere else has fetched the job over REST and completed it.

    The worker says what is a BPMN error.
    """

    implementation: Literal["external"]
    topic: Annotated[str, Field(min_length=1, max_length=255)]
    """The topic that workers ask for, a template."""
    input: JsonObject | None = None
    """What the job holds, templated; `{secrets.NAME}` may stand in it. Without it, all
    variables that the node sees."""


def _details(of: Properties, task: ExternalTask) -> graph.ExternalCall | None:
    topic = of.template("topic", task.topic, of.run)
    given = of.template("input", task.input, of.run, secrets=True)
    return graph.ExternalCall(topic, given) if topic else None


EXTERNAL_TASK = NodeType(
    model=ExternalTask,
    title="External worker",
    group="Tasks",
    icon="bpmn-icon-service-task",
    details=_details,
    errors=any_error,
    gives=unknown,
    sets=unknown,
    bpmn=BpmnNode(tag="serviceTask"),
    rules="""\
- A worker locks the job, completes it, fails it, or throws a BPMN error; see [external
  workers](external-workers.md).
- Attempts used up: the incident `JOB_FAILED`. Five locks that ran out: `WORKER_LOST`.
- Without `output` what the worker gives merges into the variables by key.""",
)
