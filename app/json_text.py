"""Reads JSON strictly, and writes any value as JSON without an error."""

import json
from typing import Any

import orjson

from models.errors import BadRequest, Unprocessable
from workers.flow.json_value import JsonValue, MalformedJson, UnkeepableJson, loads_strict

#: How many characters of a caller's field name an answer shows.
MOST_OF_A_NAME = 100


def parse(text: bytes) -> JsonValue:
    """The value of a JSON text.

    Raises:
        BadRequest: the text is not JSON.
        Unprocessable: it holds a value that cannot be stored, such as NUL; the error names the field.
    """
    try:
        return loads_strict(text)
    except MalformedJson as error:
        raise BadRequest(f"This is not JSON: {error}") from None
    except UnkeepableJson as error:
        field = shortened(error.path) or "body"
        raise Unprocessable(f"{field} cannot be kept.", [(field, error.message)]) from None


def dump(value: Any) -> bytes:
    """UTF-8 JSON. Integers beyond 64 bits stay exact; lone surrogates, unknown to UTF-8, are escaped."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode()


def shortened(name: str) -> str:
    return name if len(name) <= MOST_OF_A_NAME else name[:MOST_OF_A_NAME] + "…"
