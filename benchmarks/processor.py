"""What processes have cost, by the kernel's own count."""

import contextlib
import os
from pathlib import Path

from harness.processes import descendants


def processor_seconds(pid: int) -> float:
    """Seconds of processor time, user and system, that a process and all below it have taken so far.

    Each process counts with its children that have ended (`utime`, `stime`, `cutime`, `cstime` of proc(5)),
    so that what one took that ends meanwhile is not lost, as long as its parent waits for it. The kernel
    counts in ticks, usually of 10 ms.
    """
    ticks = 0
    for each in (pid, *descendants(pid)):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            # What follows the name of the program, which may hold anything, begins with field 3.
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")
