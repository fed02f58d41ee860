"""serviceTask http: sends a request."""

import re
from typing import Literal
from urllib.parse import quote, urlsplit

from pydantic import JsonValue

from workers.flow import graph
from workers.flow.catalogue.bpmn import BpmnNode
from workers.flow.catalogue.node_type import Codes, NodeType
from workers.flow.catalogue.service_task import QueuedTask
from workers.flow.document import leaves
from workers.flow.document.element import Element, ObjectOrTemplate
from workers.flow.document.names import Names
from workers.flow.document.properties import Properties
from workers.flow.document.roots import Roots
from workers.flow.limits import LONGEST_CALL
from workers.flow.problem import Place, quoted, suggestion
from workers.flow.values.media_type import FORM, media_type, takes_only_text
from workers.flow.values.path import shown

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


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


def _details(of: Properties, task: HttpTask) -> graph.HttpCall | None:
    request = task.input
    # `body` may be null, which is not the same as absent.
    rest = request.model_dump(by_alias=True, exclude_unset=True, exclude={"url", "timeout"})
    url = of.template("input.url", request.url, of.run, secrets=True, quote=_percent_encoded)
    templated = of.template("input", rest, of.run, secrets=True)
    timeout = of.template("input.timeout", request.timeout, of.run)
    if timeout and leaves.is_literal(request.timeout, timeout):
        leaves.span(of.at("input.timeout"), request.timeout, longest=LONGEST_CALL)
    _check_request(of.at("input"), request)
    return graph.HttpCall(url, templated, timeout) if url and templated and timeout else None


def _response(_task: HttpTask, _roots: Roots) -> Names:
    return frozenset({"response"})


def _percent_encoded(text: str) -> str:
    """What is put into a URL: it stays within its segment or value, whatever it is."""
    return quote(text, safe="")


def _check_request(place: Place, request: HttpRequest) -> None:
    """Report what is wrong with the parts that are written out; the rest shows when the node runs."""
    if _written_out(request.method) and request.method not in METHODS:
        hint = suggestion(request.method, METHODS)
        place.at("method").error("INVALID_REQUEST", f"The method {quoted(request.method)} is unknown; {hint}")
    if not request.url.startswith("="):
        _check_url(place.at("url"), request.url)
    if isinstance(request.headers, dict):
        for name, value in request.headers.items():
            _check_header(place.at("headers", name), name, value)
    if isinstance(request.query, dict):
        for name, value in request.query.items():
            if isinstance(value, dict):
                message = f"A value of the query cannot be an object; {quoted(name)} is {shown(value)}."
                place.at("query", name).error("INVALID_REQUEST", message)
    _check_body(place, request)


def _check_body(place: Place, request: HttpRequest) -> None:
    if request.body is not None and request.body_base64 is not None:
        message = "A request has a `body` or a `bodyBase64`, not both."
        place.at("bodyBase64").error("INVALID_REQUEST", message)
    if request.body is None or isinstance(request.body, str) or not isinstance(request.headers, dict):
        return
    for name, value in request.headers.items():
        if name.lower() == "content-type" and isinstance(value, str) and _written_out(value):
            _check_typed_body(place.at("body"), request.body, value)


def _check_typed_body(place: Place, body: JsonValue, content_type: str) -> None:
    is_form = media_type(content_type) == FORM
    if takes_only_text(content_type) or (is_form and not isinstance(body, dict)):
        message = f"{shown(body)} cannot be sent as {quoted(content_type)}: give the body as text."
        place.refuse("INVALID_REQUEST", message)
    elif is_form and isinstance(body, dict):
        for key, field in body.items():
            if isinstance(field, dict):
                message = f"A form has no objects in it; {quoted(key)} is {shown(field)}."
                place.at(key).refuse("INVALID_REQUEST", message)


def _written_out(text: str) -> bool:
    return not (text.startswith("=") or re.search(r"\{[A-Za-z_\[]", text))


def _check_url(place: Place, url: str) -> None:
    if re.match(r"\{[A-Za-z_\[]", url):
        message = (
            "What is put into a url is percent-encoded, so a url cannot begin with a placeholder."
            ' Join it in JSONata instead, such as `= base & "/orders"`.'
        )
        place.error("INVALID_REQUEST", message)
    elif not re.match(r"https?://[^/?#\s]", url, re.IGNORECASE):
        place.error(
            "INVALID_REQUEST", f"A url begins with `https://` or `http://` and a host; this is {quoted(url)}."
        )
    elif _written_out(url) and not _is_url(url):
        place.error("INVALID_REQUEST", f"{quoted(url)} is not a url.")


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0 and not re.search(r"[\x00-\x20\x7f]", url)
    except ValueError:
        return False


def _check_header(place: Place, name: str, value: JsonValue) -> None:
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
        place.error("INVALID_REQUEST", f"{quoted(name)} cannot be the name of a header.")
    if isinstance(value, list | dict) or value is None:
        place.error("INVALID_REQUEST", f"A header is a string, a number or a boolean, not {shown(value)}.")
    elif isinstance(value, str) and not value.startswith("=") and re.search(r"[\r\n\0]", value):
        place.error("INVALID_REQUEST", f"The header {quoted(name)} holds a line break.")


def _errors(task: HttpTask, roots: Roots) -> Codes:
    return {roots.error_code(throw.error_ref) for throw in task.throws}


HTTP_TASK = NodeType(
    model=HttpTask,
    title="HTTP request",
    group="Tasks",
    icon="bpmn-icon-service-task",
    details=_details,
    errors=_errors,
    gives=_response,
    bpmn=BpmnNode(tag="serviceTask", also=("businessRuleTask",)),
    rules="""\
- Called at least once. Each attempt carries the same `Idempotency-Key`, and its input is worked out once for
  each visit.
- Retried where `retry.when` says so; without it when there is no answer, and on 408, 425, 429 and 5xx.
  `Retry-After` is honoured.
- Any other answer of 400 or more that no entry of `throws` takes is the incident `HTTP_STATUS`.
- `body` is sent as JSON, a string as it is. Under `Content-Type: application/x-www-form-urlencoded` an object
  is sent as a form: a list repeats its name, null leaves it out. Under a type of XML, multipart or an image
  that is written out only text or `bodyBase64` can be sent.
- `response.body` is parsed where the answer is JSON, in whatever charset it names; XML is decoded as its
  first line says. What is no text comes as `response.bodyBase64`. An integer of more than 64 bits is the text
  of its digits.
- Several `Set-Cookie` are a list in `response.headers`; other repeated headers are joined by `, `.
- gzip and deflate are read; any other coding is the incident `ENCODING_NOT_SUPPORTED`, never noise.
- Five redirects are followed. A POST that is answered 301 or 302 becomes a GET, and so does every method
  after 303; PUT, PATCH and DELETE keep method and body otherwise.
- Private addresses are refused unless the deployment allows them.""",
)
