"""Declares an operation once: its route, what it asks for, and what /openapi.json says of it."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from inspect import cleandoc
from types import NoneType
from typing import Any, TypeVar, get_args

from flask import Response, g
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.operation import Operation
from flask_openapi.utils import get_responses
from pydantic import BaseModel

from app.http.caller import Permit
from app.http.requests import Declaration

View = TypeVar("View", bound=Callable[..., BaseModel | Response | None])

_BPMN = {"type": "string", "description": "BPMN 2.0"}

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
    itself raises. The view is called only when every check of `app.http.requests` has passed.
    """

    def decorate(view: View) -> View:
        hints = view.__annotations__
        declaration = Declaration(
            permit,
            hints.get("path"),
            hints.get("query"),
            hints.get("header"),
            _body_model(hints.get("body")),
            takes_xml="xml" in hints,
        )

        @wraps(view)
        def serve(**_: str) -> Response:
            return _response(view(**g.arguments), status)

        serve.declaration = declaration  # type: ignore[attr-defined]
        # The library describes JSON bodies only, and takes the types from the function's annotations.
        del serve.__wrapped__
        described = {**hints, "body": declaration.body}
        serve.__annotations__ = {name: hint for name, hint in described.items() if hint is not None}
        serve.__annotations__.pop("xml", None)
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
            **_request_body(declaration),
            responses={status: _answer(api, hints["return"], status), **_problems(declaration, errors)},
        )(serve)
        return view

    return decorate


def _response(result: BaseModel | Response | None, status: int) -> Response:
    if result is None:
        return Response(status=204)
    if isinstance(result, Response):
        return result
    return Response(result.model_dump_json(by_alias=True), status, content_type="application/json")


def _body_model(hint: Any) -> Any:
    """The model in an annotation; a body that may come as XML instead is annotated as optional."""
    return next((each for each in get_args(hint) if each is not NoneType), hint)


def _answer(api: APIBlueprint, hint: Any, status: int) -> Any:
    """The model of a JSON answer; a view that may answer with BPMN instead says `Model | Response`."""
    model = next((each for each in get_args(hint) if each is not Response), hint)
    if model is hint:
        return model
    described = Operation()
    get_responses({str(status): model}, api.components_schemas, described)
    answer = described.model_dump(by_alias=True, exclude_none=True)["responses"][str(status)]
    answer["content"]["application/xml"] = {"schema": _BPMN}
    return answer


def _request_body(declaration: Declaration) -> dict[str, Any]:
    """Corrects the description: the library describes every body as required and as JSON."""
    if declaration.body is None or not (declaration.body_may_be_absent or declaration.takes_xml):
        return {}
    schema = {"$ref": f"#/components/schemas/{declaration.body.__name__}"}
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if declaration.takes_xml:
        content["application/xml"] = {"schema": _BPMN}
    return {"request_body": {"content": content, "required": not declaration.body_may_be_absent}}


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
