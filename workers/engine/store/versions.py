"""`flows`, `flow_versions`, `flow_environments`: what a start runs. Authoring writes them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.flow import version_int
from workers.engine.store.dialect import Transaction


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


@dataclass(frozen=True, slots=True)
class StartedFlow:
    """A flow, and the version of it that a start runs, or None; `now` is when it was read."""

    organization_id: str
    version_id: str | None
    version_number: int | None
    now: datetime


def find_to_start(
    transaction: Transaction, flow_id: str, environment: str, version_number: str | None
) -> StartedFlow | None:
    """The flow with the version that is active in the environment, or with the one of that number."""
    if version_number is None:
        version = "e.version_id, e.version_number"
        join = "flow_environments e ON e.flow_id = f.id AND e.environment = :environment"
        params: dict[str, object] = {"environment": environment}
    else:
        version = "e.id AS version_id, e.version_number"
        join = "flow_versions e ON e.flow_id = f.id AND e.version_number = :number"
        params = {"number": version_int(version_number)}
    rows = transaction.rows(
        f"""SELECT f.organization_id, {version}, {{clock}} AS now
        FROM flows f LEFT JOIN {join} WHERE f.id = :flow_id""",
        flow_id=flow_id,
        **params,
    )
    return StartedFlow(**{**rows[0], "now": transaction.read_at(rows[0])}) if rows else None


def find(transaction: Transaction, id: str) -> Version | None:
    rows = transaction.rows("SELECT definition, calls, time_zone FROM flow_versions WHERE id = :id", id=id)
    return Version(**rows[0]) if rows else None


def find_called(transaction: Transaction, id: str) -> CalledVersion:
    """A version that a call activity was pinned to when its flow was published: it is never deleted."""
    rows = transaction.rows("SELECT flow_id, version_number FROM flow_versions WHERE id = :id", id=id)
    return CalledVersion(**rows[0])
