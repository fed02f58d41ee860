"""The order of checks that every request goes through before a view sees it.

Credential (401), permission (403), size (413), content type (415), JSON (400), fields (422). The view
itself checks existence (404) and state (409).
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask, current_app, g, request
from pydantic import BaseModel, RootModel
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from app.http.auth import authenticate
from app.http.caller import Permit
from app.http.schemas import Body, Headers, Path, Query
from app.http.validation import Errors, path_of, validate
from app.json_text import parse
from app.services import current_services
from models.errors import NotFound, Unprocessable
from workers.flow.json_value import JsonValue, UnkeepableJson, check_keepable

#: What BPMN 2.0 is sent as.
XML_TYPES = frozenset({"application/xml", "text/xml", "application/bpmn+xml"})

_JSON_TYPE = re.compile(r"application/(json|[a-z0-9.!#$&^_-]+\+json)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Declaration:
    """What an operation asks for; `permit` None means that it needs no credential."""

    permit: Permit | None
    path: type[Path] | None = None
    query: type[Query] | None = None
    headers: type[Headers] | None = None
    body: type[Body | RootModel[Any]] | None = None
    takes_xml: bool = False  # instead of the JSON body

    @property
    def body_may_be_absent(self) -> bool:
        """A body may be left out when all of its fields are optional."""
        return self.body is not None and not any(
            field.is_required() for field in self.body.model_fields.values()
        )


def install(app: Flask) -> None:
    """Checks every request of the app; a route without a declaration is not served."""
    app.before_request(_check)


def _check() -> None:
    if request.url_rule is None or request.endpoint is None:
        return  # Flask answers 404 or 405
    declaration = getattr(current_app.view_functions[request.endpoint], "declaration", None)
    if not isinstance(declaration, Declaration):
        raise NotFound("There is nothing at this path.")
    if declaration.permit is not None:
        g.caller = authenticate()
        declaration.permit.check(g.caller)
    limit = current_services().settings.max_body_bytes
    _check_size(request.content_length or 0, limit)
    if declaration.takes_xml and request.mimetype in XML_TYPES:
        arguments: dict[str, Any] = {**_arguments(replace(declaration, body=None), None)}
        g.arguments = {**arguments, "body": None, "xml": _bytes(limit)}
        return
    body = _body(declaration, limit) if declaration.body is not None else None
    g.arguments = _arguments(declaration, body)
    if declaration.takes_xml:
        g.arguments["xml"] = None


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise RequestEntityTooLarge(f"The body is larger than {limit} bytes.")


def _bytes(limit: int) -> bytes:
    # Werkzeug cuts a body of unknown length off at its maximum. Reading one byte beyond ours shows an excess.
    request.max_content_length = limit + 1
    data = request.get_data(cache=False)
    _check_size(len(data), limit)
    _check_encoding()
    return data


def _body(declaration: Declaration, limit: int) -> JsonValue:
    data = _bytes(limit)
    if not data and declaration.body_may_be_absent:
        return {}
    if data or request.mimetype:
        _check_content_type(declaration.takes_xml)
    return parse(data)


def _check_content_type(takes_xml: bool) -> None:
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if not _JSON_TYPE.fullmatch(request.mimetype) or charset not in ("utf-8", "utf8"):
        or_bpmn = ", or BPMN 2.0: Content-Type: application/xml" if takes_xml else ""
        raise UnsupportedMediaType(f"Send JSON in UTF-8: Content-Type: application/json{or_bpmn}.")


def _check_encoding() -> None:
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body as it is, without Content-Encoding.")


def _arguments(declaration: Declaration, body: JsonValue) -> dict[str, BaseModel | None]:
    errors: Errors = []
    arguments: dict[str, BaseModel | None] = {}
    if declaration.path is not None:
        # No id contains NUL, and PostgreSQL would refuse the query.
        values = {name: value.replace("\0", "\ufffd") for name, value in (request.view_args or {}).items()}
        arguments["path"] = validate(declaration.path, values, errors)
    # Calls without a credential may add any parameter, for example to get around a cache.
    query = _query(errors) if declaration.permit is not None or declaration.query is not None else {}
    checked_query = validate(declaration.query or Query, query, errors)
    if declaration.query is not None:
        arguments["query"] = checked_query
    if declaration.headers is not None:
        arguments["header"] = validate(declaration.headers, _headers(declaration.headers), errors)
    if declaration.body is not None:
        if isinstance(body, dict):
            arguments["body"] = validate(declaration.body, body, errors)
        else:
            errors.append(("body", "must be an object"))
    if errors:
        raise _unprocessable(errors)
    return arguments


def _query(errors: Errors) -> Mapping[str, str]:
    counts = Counter(name for name, _ in request.args.items(multi=True))
    errors += [(path_of((name,)), "is given more than once") for name, count in counts.items() if count > 1]
    values = request.args.to_dict()
    for name, value in values.items():
        try:
            check_keepable(value)
        except UnkeepableJson as error:
            errors.append((path_of((name,)), error.message))
    return values


def _headers(model: type[Headers]) -> Mapping[str, str]:
    names = [field.alias or name for name, field in model.model_fields.items()]
    return {name: request.headers[name] for name in names if name in request.headers}


def _unprocessable(errors: Errors) -> Unprocessable:
    fields = ", ".join(dict.fromkeys(field for field, _ in errors[:5]))
    return Unprocessable(f"These fields are wrong: {fields}.", errors)
