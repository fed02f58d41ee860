"""`flows`, `flow_versions`, `flow_environments`: what a start runs. Authoring writes them."""

from dataclasses import dataclass
from typing import Any

from workers.engine.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Version:
    """A published version as it was stored; `calls` names the version that each call activity calls."""

    definition: Any
    calls: dict[str, str] | None
    time_zone: str | None


@dataclass(frozen=True, slots=True)
class CalledVersion:
    """What a call activity calls."""

    flow_id: str
    version_number: int


def find(transaction: Transaction, id: str) -> Version | None:
    rows = transaction.rows("SELECT definition, calls, time_zone FROM flow_versions WHERE id = :id", id=id)
    return Version(**rows[0]) if rows else None


def find_called(transaction: Transaction, id: str) -> CalledVersion:
    """A version that a call activity was pinned to when its flow was published: it is never deleted."""
    rows = transaction.rows("SELECT flow_id, version_number FROM flow_versions WHERE id = :id", id=id)
    return CalledVersion(**rows[0])
