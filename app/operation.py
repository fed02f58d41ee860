"""Declares an operation once: its route, what it asks for, and what /openapi.json says of it."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from inspect import cleandoc
from typing import Any, TypeVar

from flask import Response, g
from flask_openapi.blueprint import APIBlueprint
from pydantic import BaseModel

from app.caller import Permit
from app.requests import Declaration

View = TypeVar("View", bound=Callable[..., BaseModel | Response | None])

_SECURITY: list[dict[str, list[Any]]] = [{"apiKey": []}, {"bearer": []}]

_ALWAYS = (422, 500, 503)  # an unknown query parameter is a 422 everywhere


def operation(
    api: APIBlueprint,
    method: str,
    rule: str,
    *,
    permit: Permit | None,
    status: int = 200,
    errors: tuple[int, ...] = (),
) -> Callable[[View], View]:
    """Serves a view at a route.

    The view's annotations say the rest: `path`, `query`, `header` and `body` are models of what is sent, the
    annotation of the result is the model of the answer (None: 204). `errors` are the statuses that the view
    itself raises. The view is called only when every check of `app.requests` has passed.
    """

    def decorate(view: View) -> View:
        hints = view.__annotations__
        declaration = Declaration(
            permit, hints.get("path"), hints.get("query"), hints.get("header"), hints.get("body")
        )

        @wraps(view)
        def serve(**_: str) -> Response:
            return _response(view(**g.arguments), status)

        serve.declaration = declaration  # type: ignore[attr-defined]
        # The library would validate again, more loosely and with other errors.
        serve.__delay_validate_request__ = True  # type: ignore[attr-defined]

        summary, _, rest = cleandoc(view.__doc__ or "").partition("\n")
        declare = getattr(api, method.lower())
        declare(
            rule,
            operation_id=_camel(view.__name__),
            summary=summary,
            description=_description(rest, permit),
            security=_SECURITY if permit is not None else None,
            **_optional_body(declaration),
            responses={status: hints["return"], **_problems(declaration, errors)},
        )(serve)
        return view

    return decorate


def _response(result: BaseModel | Response | None, status: int) -> Response:
    if result is None:
        return Response(status=204)
    if isinstance(result, Response):
        return result
    return Response(result.model_dump_json(by_alias=True), status, content_type="application/json")


def _optional_body(declaration: Declaration) -> dict[str, Any]:
    """The library takes every body for required."""
    if declaration.body is None or not declaration.body_may_be_absent:
        return {}
    schema = {"$ref": f"#/components/schemas/{declaration.body.__name__}"}
    return {"request_body": {"content": {"application/json": {"schema": schema}}, "required": False}}


def _problems(declaration: Declaration, errors: tuple[int, ...]) -> dict[int, dict[str, Any]]:
    statuses = {*errors, *_ALWAYS}
    if declaration.permit is not None:
        statuses |= {401, 403}
    if declaration.body is not None:
        statuses |= {400, 413, 415}
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {"application/problem+json": {"schema": schema}},
        }
        for status in sorted(statuses)
    }


def _description(rest: str, permit: Permit | None) -> str:
    needs = f"Permission: `{permit.permission}`." if permit is not None and permit.permission else ""
    return "\n\n".join(part for part in (rest.strip(), needs) if part)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.title() for other in others)
