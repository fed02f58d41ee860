"""Writes rows as the engine leaves them, for tests of what readers see."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session

from models.tables import Flow, FlowVersion, Instance, Task, Token
from tests.integration.api import Api

NOON = datetime(2026, 2, 20, 12, tzinfo=UTC)


class Rows:
    """Writes into a session; each instance and task is a minute younger than the one before."""

    def __init__(self, api: Api, session: Session) -> None:
        self.session = session
        self.organization_id = api.organization_id
        self.minutes = 0
        self.version_ids: dict[str, str] = {}

    def instance(self, instance_id: str, *states: str, flow: str = "flow", **values: Any) -> Instance:
        """An instance that started a minute after the one before, with a token in each of the states."""
        self.minutes += 1
        started = NOON + timedelta(minutes=self.minutes)
        instance = Instance(
            id=instance_id,
            organization_id=self.organization_id,
            flow_id=flow,
            version_id=self._version(flow),
            **{"version_number": 1, "environment": "PRODUCTION", "started_at": started, **values},
        )
        self.session.add(instance)
        self.session.flush()
        for number, state in enumerate(states):
            self.token(instance, f"tok_{instance_id}_{number}", state)
        return instance

    def token(self, instance: Instance, token_id: str, state: str, **values: Any) -> None:
        self.session.add(
            Token(
                id=token_id,
                instance_id=instance.id,
                version_id=instance.version_id,
                queue="default",
                state=state,
                **{
                    "scope_id": instance.id,
                    "node_id": "work",
                    "entered_at": instance.started_at,
                    "available_at": instance.started_at,
                    **values,
                },
            )
        )

    def task(self, instance: Instance, task_id: str, **values: Any) -> None:
        self.minutes += 1
        self.session.add(
            Task(
                id=task_id,
                organization_id=instance.organization_id,
                instance_id=instance.id,
                token_id="tok",
                node_id="approve",
                created_at=NOON + timedelta(minutes=self.minutes),
                **values,
            )
        )

    def _version(self, flow: str) -> str:
        if flow not in self.version_ids:
            self.session.add(Flow(id=flow, organization_id=self.organization_id, name="x", created_at=NOON))
            self.session.flush()
            version = FlowVersion(flow_id=flow, version_number=1, definition={}, created_at=NOON)
            self.session.add(version)
            self.session.flush()
            self.version_ids[flow] = version.id
        return self.version_ids[flow]
