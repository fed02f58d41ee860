"""The request id, one log line a request, and the headers of every answer."""

import re
from time import perf_counter
from urllib.parse import quote

import structlog
from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars

from models.types import new_id

log = structlog.get_logger(__name__)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


def install(app: Flask) -> None:
    """Installs the first step of every request and the last step of every answer."""
    app.before_request(_begin)
    app.after_request(_finish)


def _begin() -> None:
    sent = request.headers.get("X-Request-ID", "")
    g.request_id = sent if _REQUEST_ID.fullmatch(sent) else new_id()
    g.began = perf_counter()
    clear_contextvars()
    bind_contextvars(request_id=g.request_id)


def _finish(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")
    caller = g.get("caller")
    # The query is left out, because callers put private data there.
    log.info(
        "request",
        method=request.method,
        path=quote(request.path),  # a line feed in the path must not break the line
        status=response.status_code,
        ms=round((perf_counter() - g.began) * 1000, 1),
        caller=caller.label if caller else None,
    )
    return response
