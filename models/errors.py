"""The one tree of errors that a caller may see. `app/http/errors.py` renders it as RFC 9457 problems."""

from collections.abc import Mapping, Sequence


class ProcessionError(Exception):
    """An error with a stable `code`; `status` is the HTTP status it is answered with."""

    status = 500
    code = "INTERNAL_ERROR"
    title = "Internal error"

    def __init__(
        self, detail: str, *, code: str | None = None, extra: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.extra = dict(extra or {})


class ConfigurationError(ProcessionError):
    """The deployment's settings are wrong; only commands meet it."""

    code = "CONFIGURATION"
    title = "Configuration"


class Unauthorized(ProcessionError):
    """No credential, or one that does not hold."""

    status = 401
    code = "UNAUTHORIZED"
    title = "Unauthorized"


class Forbidden(ProcessionError):
    """The credential holds but may not do this."""

    status = 403
    code = "FORBIDDEN"
    title = "Forbidden"


class BadRequest(ProcessionError):
    """The request is not what its syntax says."""

    status = 400
    code = "MALFORMED_JSON"
    title = "Bad request"


class NotFound(ProcessionError):
    """There is nothing with this id that the caller may see."""

    status = 404
    code = "NOT_FOUND"
    title = "Not found"


class Conflict(ProcessionError):
    """The state of what is named does not allow this."""

    status = 409
    code = "CONFLICT"
    title = "Conflict"


class Unprocessable(ProcessionError):
    """Fields are wrong; `errors` names each."""

    status = 422
    code = "VALIDATION_FAILED"
    title = "Unprocessable content"

    def __init__(
        self,
        detail: str,
        errors: Sequence[tuple[str, str]] = (),
        *,
        code: str | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        listed = [{"field": field, "message": message} for field, message in errors]
        super().__init__(detail, code=code, extra={**(extra or {}), "errors": listed})


class TooManyRequests(ProcessionError):
    """Too many requests at the moment: send the same one again after `retry_after` seconds."""

    status = 429
    code = "TOO_MANY_REQUESTS"
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after: int, code: str | None = None) -> None:
        super().__init__(detail, code=code, extra={"retryAfter": retry_after})
        self.retry_after = retry_after


class Unavailable(ProcessionError):
    """The database is away; the same request may be sent again."""

    status = 503
    code = "DATABASE_UNAVAILABLE"
    title = "Service unavailable"


class Busy(ProcessionError):
    """Another transaction held the same rows for too long. Nothing was done; other rows are not affected."""

    status = 503
    code = "BUSY"
    title = "Service unavailable"


class Contended(Busy):
    """The database ended this transaction in favour of another; a second try at once succeeds."""
