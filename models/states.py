"""The states that rows go through, in the words that are stored and shown."""

from enum import StrEnum


class InstanceStatus(StrEnum):
    """Of an instance: it runs until it ends one way or the other."""

    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


class ShownStatus(StrEnum):
    """The status that a reader sees of a RUNNING instance whose tokens all wait, or of which one is stuck."""

    WAITING = "WAITING"
    INCIDENT = "INCIDENT"


class TokenState(StrEnum):
    """Of a token: ready for a worker, claimed by one, waiting for what is to come, or an incident."""

    READY = "ready"
    RUNNING = "running"
    WAITING = "waiting"
    INCIDENT = "incident"
