"""Why an outbound call has no answer."""

from typing import Literal

Code = Literal[
    "ADDRESS_NOT_ALLOWED",  # not a public address, or a redirect from https to http
    "INVALID_REQUEST",  # url, method, header, query, body or timeout cannot be sent
    "TIMEOUT",  # the whole exchange took longer than `timeout`
    "CONNECTION_FAILED",  # name unknown, refused, reset, TLS, an answer that is not HTTP or breaks off
    "RESPONSE_TOO_LARGE",  # headers or body, also after decompression
    "ENCODING_NOT_SUPPORTED",  # an answer compressed by what was not asked for
    "TOO_MANY_REDIRECTS",
]


class OutboundError(Exception):
    """No answer came; `retryable` tells whether the same request may succeed later.

    `message` names host and port at most, never a path, a query or an address that a name resolved to.
    """

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message

    @property
    def retryable(self) -> bool:
        """True for TIMEOUT and CONNECTION_FAILED; every other refusal would be repeated."""
        return self.code in {"TIMEOUT", "CONNECTION_FAILED"}
