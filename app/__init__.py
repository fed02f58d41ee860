"""The Flask app lets people and programs ask; `workers` moves instances, `models` says what is true."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from flask_openapi.models.info import Info
from flask_openapi.models.license import License
from flask_openapi.models.security_scheme import SecurityScheme
from flask_openapi.models.server import Server
from flask_openapi.openapi import OpenAPI

from app.api import (
    docs,
    flows,
    health,
    history,
    instances,
    jobs,
    login,
    messages,
    operate,
    process,
    secrets,
    tasks,
    versions,
)
from app.http import errors, jwt, request_log, requests
from app.http.schemas import Problem
from app.services import Services, make_services
from models.logging import configure_logging
from models.settings import load_settings

_DESCRIPTION = """Starts, looks at, resumes and authors workflows.

Every call takes an API key (`X-API-Key: apk_<keyId>_<secret>`) or a JWT (`Authorization: Bearer …`);
where both are sent, the API key is the one that is checked. Times are UTC, ISO 8601 with milliseconds and
`Z`; ids are opaque. Every error is a problem of RFC 9457 with a stable `code`.
A string holds no NUL and no half of a character, a number is one that JSON keeps, and values nest at most 64
deep, wherever they stand in a body. The JSON Schema of a flow's definition is at /schemas/flow.json.
"""


def create_app(services: Services | None = None) -> OpenAPI:
    """The app. Without `services` it makes them from the environment, and configures logging."""
    if services is None:
        settings = load_settings()
        configure_logging(settings)
        services = make_services(settings)
    app = OpenAPI(
        __name__,
        info=Info(
            title="Procession",
            version=_version(),
            description=_DESCRIPTION,
            license=License(name="MIT", identifier="MIT"),
        ),
        servers=[Server(url="/", description="where this document comes from")],
        security_schemes=_security_schemes(),
        validation_error_model=Problem,
        doc_ui=False,
        static_folder=None,
    )
    app.openapi_version = "3.1.0"  # the version that generators and validators support
    app.extensions["procession"] = services
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False  # a method that is not described is a 405
    jwt.install(app, services.settings)
    request_log.install(app)
    requests.install(app)
    errors.install(app)
    execution = (process, operate, messages, jobs, instances, history, tasks)
    for module in (*execution, flows, versions, secrets, login, health):
        app.register_api(module.api)
    docs.install(app)
    return app


def _security_schemes() -> dict[str, SecurityScheme | dict[str, Any]]:
    key = {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "`apk_<keyId>_<secret>`"}
    bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "POST /auth/login"}
    return {"apiKey": SecurityScheme.model_validate(key), "bearer": SecurityScheme.model_validate(bearer)}


def _version() -> str:
    try:
        return version("procession")
    except PackageNotFoundError:
        return "0"
