"""What the views need, made once for each process."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from flask import current_app
from redis import RedisError

from app.authoring.compiler import Compiler
from models.db import Database
from models.secret import Vault
from models.settings import Settings
from workers.broker import Doorbell, make_broker, make_client
from workers.engine.engine import Engine
from workers.tasks import load_task_modules, registered_tasks

#: How many follow-ups of a call a web process does itself before it answers; sweepers do the rest.
FOLLOW_UPS = 10


@dataclass(frozen=True, slots=True)
class Services:
    """What one process shares.

    `task_names` are the registered python tasks. `redis_answers` says whether the doorbell works; no
    answer to a caller depends on it.
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
    """The services of one process. A database or an engine that exists already can be passed in."""
    load_task_modules(settings.task_modules)
    database = database or Database(settings)
    return Services(
        settings=settings,
        database=database,
        engine=engine or Engine(settings, database, Doorbell(make_broker(settings)), follow_ups=FOLLOW_UPS),
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
