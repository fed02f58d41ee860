"""The deadline of an exchange, from the lookup of the name to the last byte of the answer."""

import time

from models.incident_code import IncidentCode
from workers.outbound.error import OutboundError


class Deadline:
    """`seconds` from now, by the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._at = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, above zero.

        Raises:
            OutboundError: TIMEOUT when none are.
        """
        left = self._at - time.monotonic()
        if left <= 0:
            raise self.error()
        return left

    def error(self) -> OutboundError:
        """The error of an exchange that took too long."""
        return OutboundError(IncidentCode.TIMEOUT, f"no complete answer within {self._seconds:g} s")
