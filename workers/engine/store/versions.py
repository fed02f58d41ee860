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
class StartedVersion:
    """The version that a start runs."""

    id: str
    number: int


@dataclass(frozen=True, slots=True)
class StartedFlow:
    """A flow that is to start, and the version that a start runs, if there is one; read at `now`."""

    organization_id: str
    version: StartedVersion | None
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
    if not rows:
        return None
    row = rows[0]
    found = None if row["version_id"] is None else StartedVersion(row["version_id"], row["version_number"])
    return StartedFlow(row["organization_id"], found, transaction.read_at(row))


def find(transaction: Transaction, id: str) -> Version | None:
    rows = transaction.rows("SELECT definition, calls, time_zone FROM flow_versions WHERE id = :id", id=id)
    return Version(**rows[0]) if rows else None


def find_called(transaction: Transaction, id: str) -> CalledVersion:
    """A version that a call activity was pinned to when its flow was published: it is never deleted."""
    rows = transaction.rows("SELECT flow_id, version_number FROM flow_versions WHERE id = :id", id=id)
    return CalledVersion(**rows[0])
