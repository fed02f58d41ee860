"""The caller's request, and each hop of it as it is sent."""

import json
import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

import httpx2
from pydantic import JsonValue

from models.incident_code import IncidentCode
from workers.flow.values.media_type import FORM, media_type
from workers.outbound.error import OutboundError

_TOKEN = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
_HEADER_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]*")
_HOST_NAME = re.compile(r"[0-9a-z_]([0-9a-z_.-]*[0-9a-z_.])?")
# Parsers differ in what a backslash or an `@` ahead of the path means, so neither may stand there.
_ABSOLUTE_URL = re.compile(r"https?://[^/?#@\\\s]+([/?#].*)?", re.IGNORECASE | re.DOTALL)

#: Headers that frame the message or name the host; only this client sets them.
_FRAMING = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "keep-alive"}
    | {"proxy-connection", "te", "trailer", "upgrade"}
)
#: The headers of the caller that another origin may see after a redirect.
_PLAIN = frozenset({"accept", "content-type", "user-agent", "idempotency-key"})

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class OutboundRequest:
    """One call.

    `query` is added to the query of `url`: a list repeats its name, None leaves it out, other values are
    written as JSON. Of `body`, None is no body, a string is sent as it is (`text/plain` unless `headers` say
    otherwise), an object under the content type of a form as that form, its values written as in the query,
    anything else as JSON (`application/json` unless `headers` say otherwise). `body_base64` is sent as the
    bytes that it stands for, instead of a body. `timeout` is in seconds for the whole exchange, redirects
    included.
    """

    method: str
    url: str
    query: Mapping[str, object]
    headers: Mapping[str, str]
    body: JsonValue | None
    timeout: float
    body_base64: str | None = None


@dataclass(frozen=True)
class Hop:
    """One request to one server: the caller's headers by lower-case name, the body as bytes."""

    method: str
    url: httpx2.URL
    headers: Mapping[str, tuple[str, str]]
    content: bytes | None

    @property
    def port(self) -> int:
        """The port that is connected to, written in the URL or not."""
        return _port(self.url)

    @property
    def origin(self) -> tuple[bytes, bytes, int]:
        """Scheme, host and port. The caller's headers are meant for this origin only."""
        return self.url.raw_scheme, self.url.raw_host, self.port

    def wire_headers(self) -> list[tuple[bytes, bytes]]:
        """Everything that is sent ahead of the body. No connection serves twice, so each is closed."""
        fixed = {"Host": self.url.netloc, "Connection": b"close", "Accept-Encoding": b"gzip"}
        if self.content is not None or self.method in {"POST", "PUT", "PATCH"}:
            fixed["Content-Length"] = str(len(self.content or b"")).encode()
        defaults = {"Accept": b"*/*", "User-Agent": b"Procession"}
        fixed |= {name: value for name, value in defaults.items() if name.lower() not in self.headers}
        return [(name.encode(), value) for name, value in fixed.items()] + [
            (name.encode(), value.strip(" \t").encode()) for name, value in self.headers.values()
        ]

    def redirected(self, status: int, location: bytes | None) -> "Hop | None":
        """Where an answer sends this hop, or None if it is the answer to the caller.

        As in browsers, a POST that is answered 301 or 302 goes on with GET and without its body, and so does
        every method but HEAD after 303; everything else keeps its method and body. Another origin gets none
        of the caller's headers but plain ones.

        Raises:
            OutboundError: the target is not a URL that may be called.
        """
        if status not in {301, 302, 303, 307, 308} or location is None:
            return None
        try:
            url = parse_url(str(self.url.join(location.decode())))
        except (httpx2.InvalidURL, ValueError):
            raise OutboundError(
                IncidentCode.INVALID_REQUEST, "redirected to a URL that is not valid"
            ) from None
        if (self.url.scheme, url.scheme) == ("https", "http"):
            raise OutboundError(IncidentCode.ADDRESS_NOT_ALLOWED, "redirected from https to http")
        target = replace(self, url=url)
        if self.method not in {"GET", "HEAD"} and (
            status == 303 or (status in {301, 302} and self.method == "POST")
        ):
            headers = {name: pair for name, pair in self.headers.items() if not name.startswith("content-")}
            target = replace(target, method="GET", headers=headers, content=None)
        if target.origin != self.origin:
            plain = {name: pair for name, pair in target.headers.items() if name in _PLAIN}
            target = replace(target, headers=plain)
        return target


def first_hop(request: OutboundRequest) -> Hop:
    """Checks the request and spells it out.

    Raises:
        OutboundError: INVALID_REQUEST, with what is wrong but none of the values.
    """
    method = request.method.upper()
    if not _TOKEN.fullmatch(method) or method in {"CONNECT", "TRACE"}:
        raise OutboundError(
            IncidentCode.INVALID_REQUEST, "the method is not an HTTP method that may be called"
        )
    headers = _checked_headers(request.headers)
    try:
        url = parse_url(request.url)
        if pairs := list(_query_pairs(request.query)):
            added = urlencode(pairs, quote_via=quote, safe="").encode()
            url = url.copy_with(query=b"&".join(filter(None, [url.query, added])))
    except (httpx2.InvalidURL, TypeError, ValueError):
        raise OutboundError(IncidentCode.INVALID_REQUEST, "the url or the query is not valid") from None
    content, content_type = _spelled_body(request, headers.get("content-type", ("", ""))[1])
    if content is not None:
        headers.setdefault("content-type", ("Content-Type", content_type))
    return Hop(method, url, headers, content)


def parse_url(text: str) -> httpx2.URL:
    """An absolute http or https URL without user information.

    Raises:
        httpx2.InvalidURL, ValueError: it is not.
    """
    if not _ABSOLUTE_URL.fullmatch(text):
        raise ValueError("not an absolute http or https URL, or with user information")
    url = httpx2.URL(text)
    host = url.raw_host.decode("ascii")
    # The scope of an IPv6 address (`%eth0`) means nothing to the server that is named.
    valid = "%" not in host if ":" in host else _HOST_NAME.fullmatch(host) is not None
    if not valid or not 0 < _port(url) < 65536:
        raise ValueError("no valid host or port")
    return url


def _port(url: httpx2.URL) -> int:
    return _DEFAULT_PORTS[url.scheme] if url.port is None else url.port


def _checked_headers(headers: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    checked: dict[str, tuple[str, str]] = {}
    for name, value in headers.items():
        key = name.lower()
        if not _TOKEN.fullmatch(name):
            raise OutboundError(IncidentCode.INVALID_REQUEST, "a header has a name that is not valid")
        if key in _FRAMING:
            raise OutboundError(IncidentCode.INVALID_REQUEST, f"the header {name} is not the caller's to set")
        if key in checked:
            raise OutboundError(IncidentCode.INVALID_REQUEST, f"the header {name} is given twice")
        if not _HEADER_VALUE.fullmatch(value):
            raise OutboundError(
                IncidentCode.INVALID_REQUEST, f"the header {name} has characters that no header may have"
            )
        checked[key] = (name, value)
    # This client decompresses answers, so it decides which codings it asks for.
    checked.pop("accept-encoding", None)
    return checked


def _query_pairs(query: Mapping[str, object]) -> Iterable[tuple[str, str]]:
    for name, value in query.items():
        for item in value if isinstance(value, list | tuple) else [value]:
            if item is not None:
                yield name, item if isinstance(item, str) else _compact_json(item)


def _spelled_body(request: OutboundRequest, content_type: str) -> tuple[bytes | None, str]:
    """The body as bytes, and its content type where the caller names none."""
    body = request.body
    try:
        if request.body_base64 is not None:
            if body is not None:
                raise OutboundError(IncidentCode.INVALID_REQUEST, "body and bodyBase64 are both given")
            return b64decode(request.body_base64, validate=True), "application/octet-stream"
        if body is None:
            return None, ""
        if isinstance(body, str):
            return body.encode(), "text/plain; charset=utf-8"
        if isinstance(body, dict) and media_type(content_type) == FORM:
            return urlencode(list(_query_pairs(body))).encode(), content_type
        return _compact_json(body).encode(), "application/json"
    except (RecursionError, TypeError, ValueError):
        raise OutboundError(
            IncidentCode.INVALID_REQUEST, "the body is not JSON, or bodyBase64 no Base64"
        ) from None


def _compact_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
