"""GET /schemas/flow.json: the JSON Schema of a definition, for editors and other tools that check one."""

from functools import cache

from flask import Response, request

from workers.flow.reference.schema import schema_text


def get_flow_schema() -> Response:
    response = Response(_text(), content_type="application/schema+json")
    response.cache_control.public = True
    response.cache_control.max_age = 3600
    response.add_etag()
    response.make_conditional(request)
    return response


@cache
def _text() -> str:
    return schema_text()
