"""serviceTask external: a worker somewhere else fetches the job."""

from typing import Annotated, Literal

from pydantic import Field

from workers.flow.catalogue.node_type import NodeType
from workers.flow.catalogue.service_task import ServiceElement
from workers.flow.document.element import JsonObject


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


EXTERNAL_TASK = NodeType(
    model=ExternalTask,
    title="External worker",
    group="Tasks",
    icon="bpmn-icon-service-task",
)
