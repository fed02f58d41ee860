"""The name of a message that only a message flow between pools gives: no other file's message has it."""

import re
from collections.abc import Iterable
from hashlib import sha256

_MARK = "pools:"
_LONGEST = 255  # of a message's name
_LONGEST_FLOW = 100


def pool_message(processes: Iterable[str], message_flow: str) -> str:
    """`pools:buy-customer+buy-shop/flow_2`, of the ids of the file's processes and that of a message flow.

    Ids that are too long for a name have a digest in their place.
    """
    pools = "+".join(_escaped(id_) for id_ in sorted(processes))
    flow = _escaped(message_flow)
    if len(flow) > _LONGEST_FLOW:
        flow = _digest(flow)
    if len(_MARK + pools + flow) >= _LONGEST:
        pools = _digest(pools)
    return f"{_MARK}{pools}/{flow}"


def is_pool_message(name: str) -> bool:
    return name.startswith(_MARK) and "/" in name


def is_of_pool(name: str, process: str | None) -> bool:
    """Whether a flow that came from a process with this id may have come from the message's file."""
    if process is None or not is_pool_message(name):
        return False
    pools = name.removeprefix(_MARK).partition("/")[0]
    # A digest does not tell which processes it stands for.
    return pools.startswith("~") or _escaped(process) in pools.split("+")


def _digest(text: str) -> str:
    return "~" + sha256(text.encode()).hexdigest()[:32]


def _escaped(id_: str) -> str:
    """An id without the signs that divide a name, and without those that no name has."""
    return re.sub(r"[%+/~\x00-\x1f\x7f-\x9f]", lambda sign: f"%{ord(sign[0]):02X}", id_)
