"""GET /health/live and /health/ready, for monitors of the process; no credential is needed."""

from typing import Literal

from flask_openapi.blueprint import APIBlueprint
from sqlalchemy import text

from app.api.tags import HEALTH
from app.http.operation import operation
from app.http.schemas import Answer
from app.services import current_services
from models.db import translated_errors

api = APIBlueprint("health", __name__, url_prefix="/health", abp_tags=[HEALTH])


class Live(Answer):
    """The process answers."""

    status: Literal["live"]


class Ready(Answer):
    """The database answers. Redis is only the doorbell: without it everything is accepted, and later done."""

    status: Literal["ready"]
    redis: Literal["up", "down"]


@operation(api, "GET", "/live", permit=None)
def get_live() -> Live:
    """Whether the process answers."""
    return Live(status="live")


@operation(api, "GET", "/ready", permit=None)
def get_ready() -> Ready:
    """Whether requests can be served: 503 while the database is away."""
    services = current_services()
    with translated_errors(), services.database.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    return Ready(status="ready", redis="up" if services.redis_answers() else "down")
