"""GET /, /openapi.json, /docs and /schemas: the API described, Swagger UI to try it, all served from here."""

from importlib.resources import files
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, render_template, send_from_directory
from flask_openapi.openapi import OpenAPI

from app.api.flow_schema import get_flow_schema
from app.http.requests import Declaration
from app.json_text import dump

pages = Blueprint("docs", __name__, static_folder=None, template_folder="../templates")

_SWAGGER = Path(str(files("flask_openapi_swagger"))) / "templates" / "swagger"
_OURS = Path(__file__).parents[1] / "static"

#: What the page loads, by the name under /docs/.
_ASSETS = {
    "swagger-ui.css": _SWAGGER / "css",
    "swagger-ui-bundle.js": _SWAGGER / "js",
    "docs.js": _OURS,
    "home.css": _OURS,
}

# Swagger UI writes style attributes and draws its icons from data: addresses.
_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"


def install(app: OpenAPI) -> None:
    """Must be installed last: the description is made here, once, from all registered routes."""
    for methods in app.api_doc["paths"].values():
        for described in methods.values():
            described.setdefault("security", [])  # the library leaves an empty list away
    app.extensions["openapi.json"] = dump(app.api_doc)
    app.register_blueprint(pages)


@pages.get("/")
def get_home() -> Response:
    page = Response(render_template("home.html"))
    page.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; frame-ancestors 'none'"
    return page


@pages.get("/openapi.json")
def get_openapi() -> Response:
    return Response(current_app.extensions["openapi.json"], content_type="application/json")


@pages.get("/docs")
def get_docs() -> Response:
    page = Response(render_template("docs.html"))
    page.headers["Content-Security-Policy"] = _POLICY
    return page


@pages.get("/docs/<any('swagger-ui.css', 'swagger-ui-bundle.js', 'docs.js', 'home.css'):name>")
def get_asset(name: str) -> Response:
    return send_from_directory(_ASSETS[name], name, max_age=3600)


pages.get("/schemas/flow.json")(get_flow_schema)

_VIEWS: tuple[Any, ...] = (get_home, get_openapi, get_docs, get_asset, get_flow_schema)
for _view in _VIEWS:
    _view.declaration = Declaration(None)
