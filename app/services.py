"""What the views need, made once for each process."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from flask import current_app
from redis import RedisError

from app.authoring import Compiler
from models.db import Database
from models.secret import Vault
from models.settings import Settings
from workers.broker import Doorbell, make_broker, make_client
from workers.engine.engine import Engine as WorkflowEngine
from workers.engine.requests import Access, MessageRequest, Published, Started, StartRequest
from workers.flow.json_value import JsonValue
from workers.tasks import load_task_modules, registered_tasks


class Engine(Protocol):
    """What moves instances: `workers.engine.engine.Engine`, of which the app needs this much."""

    def start(self, request: StartRequest) -> Started: ...

    def complete_task(
        self,
        access: Access,
        instance_id: str,
        node_id: str,
        data: dict[str, JsonValue],
        *,
        task_id: str | None = None,
        by: str | None = None,
    ) -> None: ...

    def cancel_task(
        self,
        access: Access,
        instance_id: str,
        node_id: str,
        *,
        task_id: str | None = None,
        by: str | None = None,
    ) -> str: ...

    def publish_message(self, request: MessageRequest) -> Published: ...

    def cancel(self, access: Access, instance_id: str, by: str | None = None) -> None: ...

    def retry(self, access: Access, instance_id: str) -> None: ...

    def set_variables(self, access: Access, instance_id: str, values: dict[str, JsonValue]) -> None: ...


@dataclass(frozen=True, slots=True)
class Services:
    """What one process shares.

    `task_names` are the registered python tasks. `redis_answers` says whether the doorbell works; nothing
    that a caller asks for rests on it.
    """

    settings: Settings
    database: Database
    engine: Engine
    vault: Vault
    task_names: Collection[str]
    redis_answers: Callable[[], bool]

    @property
    def compiler(self) -> Compiler:
        return Compiler(self.settings.queues, self.task_names)


def make_services(
    settings: Settings, *, database: Database | None = None, engine: Engine | None = None
) -> Services:
    """The services of one process; what another part of it has made already can be handed in."""
    load_task_modules(settings.task_modules)
    database = database or Database(settings)
    return Services(
        settings=settings,
        database=database,
        engine=engine or WorkflowEngine(settings, database, Doorbell(make_broker(settings))),
        vault=Vault(settings.encryption_keys),
        task_names=registered_tasks(),
        redis_answers=_ping(settings),
    )


def current_services() -> Services:
    """The services of the app that serves this request."""
    services: Services = current_app.extensions["procession"]
    return services


def _ping(settings: Settings) -> Callable[[], bool]:
    client = make_client(settings)

    def answers() -> bool:
        try:
            return bool(client.ping())
        except (RedisError, OSError):
            return False

    return answers
