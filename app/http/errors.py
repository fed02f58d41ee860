"""Every error as an RFC 9457 problem, those of the framework included. Never a stack trace."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

import structlog
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from app.json_text import dump
from models.db import meaning
from models.errors import Busy, ProcessionError, TooManyRequests, Unavailable

log = structlog.get_logger(__name__)

#: `Retry-After` in seconds, while the database is away or others hold the same rows.
RETRY_AFTER = 2

_CHALLENGE = 'ApiKey realm="procession", Bearer realm="procession"'

# Our codes and texts for errors that the framework raises.
_FRAMEWORK = {
    404: ("NOT_FOUND", "There is nothing at this path."),
    405: ("METHOD_NOT_ALLOWED", "This path does not know the method."),
    413: ("BODY_TOO_LARGE", "The body is larger than this server takes."),
    415: ("UNSUPPORTED_MEDIA_TYPE", "Send JSON: Content-Type: application/json."),
}


def install(app: Flask) -> None:
    """Every error that leaves a view of this app becomes a problem."""
    app.register_error_handler(ProcessionError, _of_ours)
    app.register_error_handler(HTTPException, _of_the_framework)
    app.register_error_handler(Exception, _unexpected)


def problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    *,
    extra: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One problem; its fields always come in the same order."""
    body = {
        "type": f"/problems/{code.lower().replace('_', '-')}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": quote(request.path),
        "code": code,
        "requestId": g.get("request_id", ""),
        **(extra or {}),
    }
    response = Response(dump(body), status=status, content_type="application/problem+json")
    response.headers.update(headers or {})
    if status == 401:
        response.headers["WWW-Authenticate"] = _CHALLENGE
    return response


def _of_ours(error: ProcessionError) -> Response:
    headers = {}
    if isinstance(error, Busy | Unavailable):
        log.warning("not served now", code=error.code, cause=repr(error.__cause__))
        headers["Retry-After"] = str(RETRY_AFTER)
    elif isinstance(error, TooManyRequests):
        headers["Retry-After"] = str(error.retry_after)
    elif error.status >= 500:
        return _unexpected(error)
    return problem(error.status, error.code, error.title, error.detail, extra=error.extra, headers=headers)


def _of_the_framework(error: HTTPException) -> Response | HTTPException:
    status = error.code or 500
    if status < 400:
        return error  # a redirect
    phrase = HTTPStatus(status).phrase
    code, detail = _FRAMEWORK.get(status, (phrase.upper().replace(" ", "_").replace("-", "_"), phrase))
    if error.description and error.description != type(error).description:
        detail = error.description
    headers = {name.title(): value for name, value in error.get_headers(request.environ)}
    headers.pop("Content-Type", None)
    return problem(status, code, phrase, detail, headers=headers)


def _unexpected(error: Exception) -> Response:
    ours = meaning(error)
    if ours is not None:
        ours.__cause__ = error
        return _of_ours(ours)
    log.error("request failed", exc_info=error)
    detail = "Something went wrong in the server. The request id finds it in the log."
    return problem(500, ProcessionError.code, ProcessionError.title, detail)
