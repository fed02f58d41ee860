"""What can be said of an HTTP request before its placeholders are filled."""

import re
from urllib.parse import quote, urlsplit

from workers.flow.catalogue.http_task import HttpRequest
from workers.flow.compiler.media_type import FORM, media_type, takes_only_text
from workers.flow.json_value import JsonValue
from workers.flow.problem import Place, quoted, suggestion
from workers.flow.values.path import shown

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def percent_encoded(text: str) -> str:
    """What is put into a URL: it stays within its segment or value, whatever it is."""
    return quote(text, safe="")


def check_request(place: Place, request: HttpRequest) -> None:
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
