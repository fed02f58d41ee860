"""Why an outbound call has no answer."""

from models.incident_code import IncidentCode

#: For every other code the same request would be refused again.
_MAY_SUCCEED_LATER = (IncidentCode.TIMEOUT, IncidentCode.CONNECTION_FAILED)


class OutboundError(Exception):
    """No answer came; `retryable` tells whether the same request may succeed later.

    `message` names host and port at most, never a path, a query or an address that a name resolved to.
    """

    def __init__(self, code: IncidentCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def retryable(self) -> bool:
        return self.code in _MAY_SUCCEED_LATER
