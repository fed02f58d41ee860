"""When a failed attempt is repeated."""

import zlib
from datetime import datetime, timedelta

from workers.semantics.step import Step

#: The longest that an answer's Retry-After is followed.
MAX_RETRY_AFTER = timedelta(days=1)


def next_attempt(step: Step, retry_after: timedelta | None, left: int | None = None) -> datetime | None:
    """When to try again after one more failure, or None when the attempts are used up.

    So many are `left` as an external worker has said, else as the node's `retry` says.
    The pause doubles with each attempt up to `maxBackoff`, then loses up to a quarter by chance, so that
    what failed together does not come back together. Retry-After makes it longer, never shorter.
    """
    retry, failures = step.node.retry, step.token.attempts + 1
    if left is None:
        left = retry.max_attempts - failures
    if left <= 0:
        return None
    pause = min(retry.backoff * 2 ** min(failures - 1, 30), retry.max_backoff)
    # The plan is pure: its chance comes from what tells this attempt from every other.
    chance = zlib.crc32(f"{step.token.id}:{step.token.activation}:{failures}".encode()) / 2**32
    pause *= 1 - chance / 4
    if retry_after is not None:
        pause = max(pause, min(retry_after, MAX_RETRY_AFTER))
    again_at: datetime = step.now + pause
    return again_at
