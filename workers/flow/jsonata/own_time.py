"""The processor time that a thread spends on its own work.

Python's garbage collector runs in the midst of whatever thread fills it up, and on the heap of the whole
process: what it takes there is not the fault of the expression that is being evaluated.
"""

import gc
import threading
from time import thread_time


class _Collecting(threading.local):
    since: float | None = None
    total: float = 0.0


_collecting = _Collecting()


def own_time() -> float:
    """Seconds of processor time of this thread, without those of the garbage collector."""
    return thread_time() - _collecting.total


def _note(phase: str, _: object) -> None:
    since, _collecting.since = _collecting.since, thread_time() if phase == "start" else None
    if since is not None and phase == "stop":  # the start of one deep in a recursion is not always noted
        _collecting.total += thread_time() - since


gc.callbacks.append(_note)
