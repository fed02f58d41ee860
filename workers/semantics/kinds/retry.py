"""When a failed attempt is repeated."""

import zlib
from datetime import datetime, timedelta

from workers.semantics.step import Step

#: The longest that an answer's Retry-After is followed.
MAX_RETRY_AFTER = timedelta(days=1)


def next_attempt(step: Step, retry_after: timedelta | None, left: int | None = None) -> datetime | None:
    """When to try again after one more failure, or None when the attempts are used up.

    `left` is the number of attempts that an external worker says remain; None: the node's `retry` counts.
    The pause doubles with each attempt up to `maxBackoff`, then loses up to a quarter by chance, so that
    nodes that failed together are not retried together. Retry-After makes the pause longer, never shorter.
    """
    retry, failures = step.node.retry, step.token.attempts + 1
    if left is None:
        left = retry.max_attempts - failures
    if left <= 0:
        return None
    pause = min(retry.backoff * 2 ** min(failures - 1, 30), retry.max_backoff)
    # The plan is pure: its chance is drawn from the numbers that no other attempt has.
    chance = zlib.crc32(f"{step.token.id}:{step.token.activation}:{failures}".encode()) / 2**32
    pause *= 1 - chance / 4
    if retry_after is not None:
        pause = max(pause, min(retry_after, MAX_RETRY_AFTER))
    again_at: datetime = step.now + pause
    return again_at
