"""Turns what pydantic finds into `(field, message)`, and names what a caller may have meant."""

from collections.abc import Mapping
from itertools import islice
from typing import Any, TypeVar

from pydantic import BaseModel, RootModel, ValidationError
from pydantic_core import ErrorDetails

from app.json_text import shortened
from workers.flow.problem import suggestion

Errors = list[tuple[str, str]]
Model = TypeVar("Model", bound=BaseModel)

#: The most errors that one answer lists.
MOST_ERRORS = 50

_MESSAGES = {
    "missing": "is required",
    "string_type": "must be a string",
    "int_type": "must be a whole number",
    "dict_type": "must be an object",
    "list_type": "must be a list",
    "literal_error": "must be {expected}",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match {pattern}",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "too_long": "must have at most {max_length} items",
}


def validate(model: type[Model], value: Mapping[str, Any], errors: Errors) -> Model | None:
    """An instance of the model, or None after adding to `errors` whatever is wrong.

    Unknown names are looked for first, so that a thousand of them cost as little as fifty.
    """
    if not issubclass(model, RootModel):
        known = _names(model)
        unknown = value.keys() - known
        if unknown:
            strange = (name for name in value if name in unknown)
            errors += [(shortened(name), _unknown(name, known)) for name in islice(strange, MOST_ERRORS)]
            value = {name: value[name] for name in value if name not in unknown}
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False)
        errors += [(path_of(item["loc"]), _message(item)) for item in found[:MOST_ERRORS]]
        return None


def path_of(location: tuple[int | str, ...]) -> str:
    """`("data", "items", 3)` is `data.items[3]`; an empty location is the body itself."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part != "[key]":
            path += f".{shortened(part)}" if path else shortened(part)
    return path or "body"


def _names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _unknown(name: str, known: list[str]) -> str:
    return f"is unknown; {suggestion(name, known)}"


def _message(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if error["input"] is None and kind.endswith("_type"):
        return f"{_MESSAGES.get(kind, 'has the wrong type')}, not null"
    if kind == "string_too_short":
        return "must not be empty"
    if kind in _MESSAGES:
        return _MESSAGES[kind].format(**context)
    return error["msg"]
