"""serviceTask http: sends a request."""

from typing import Literal

from pydantic import JsonValue

from workers.flow.catalogue.node_type import NodeType
from workers.flow.catalogue.service_task import QueuedTask
from workers.flow.document.element import Element, ObjectOrTemplate


class HttpRequest(Element):
    """An HTTP request. `{secrets.NAME}` may stand in all of it."""

    method: str
    """GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS, templated."""
    url: str
    """The address, a template whose placeholders are percent-encoded."""
    query: ObjectOrTemplate | None = None
    """Parameters that are added to the address, by name."""
    headers: ObjectOrTemplate | None = None
    """Headers by name."""
    body: JsonValue = None
    """The JSON body, templated value by value. Under the content type of a form an object is sent as a form;
    a string is sent as it is."""
    body_base64: str | None = None
    """Bytes to send instead of a `body`, in Base64: a template, such as `{response.bodyBase64}`."""
    timeout: str = "PT30S"
    """The longest that one attempt may take: a templated ISO 8601 duration, at most PT5M."""


class HttpTask(QueuedTask):
    """Sends an HTTP request.

    What came back is `response` {`status`, `headers`, `body`, and `bodyBase64` where the body is no text} for
    `output` and `throws`. An answer of 400 or more that neither `retry` nor `throws` names is an incident.
    """

    implementation: Literal["http"]
    input: HttpRequest
    """The request."""


HTTP_TASK = NodeType(
    model=HttpTask,
    title="HTTP request",
    group="Tasks",
    icon="bpmn-icon-service-task",
)
