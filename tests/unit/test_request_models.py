"""What requests may hold is said by their schemas: the server refuses nothing that these let pass."""

from collections.abc import Iterator

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ValidationError

import app as whole  # imports every call
from app.http.schemas import Body, Query
from workers.flow.json_value import UnkeepableJson, check_keepable

PROBES: list[object] = [
    "", "a", "1", "x" * 255, "x" * 256, "x" * 100_000, "a\0b", "not a cursor!", "COMPLETE", "PRODUCTION",
    "PT1S", "PT10S", "P", "PT", "P1M", "P1Y", "PT1.5S", "PT1.5H1S", "PT-1S", "P1DT", "1h",
    "2026-01-31T12:00:00Z", "2026-01-31T12:00:00", "2026-01-31", "2026-01-31T12:00:00+01:00", "now",
    -1, 0, 1, 100, 101, 500, 501, 1.5, True, None, [], ["PRODUCTION"], ["PRODUCTION"] * 3, ["x"],
    {}, {"a": 1},
]  # fmt: skip
"""Values that some field or other takes, and values right beside those.

How long a duration may be is said in words: no keyword of JSON Schema bounds one.
"""


def subclasses(base: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for each in base.__subclasses__():
        yield each
        yield from subclasses(each)


def fields(*bases: type[BaseModel]) -> list[tuple[type[BaseModel], str]]:
    models = {model for base in bases for model in subclasses(base) if model.__module__.startswith("app.")}
    return [
        (model, field.alias or name)
        for model in sorted(models, key=lambda model: (model.__module__, model.__name__))
        for name, field in model.model_fields.items()
    ]


def is_taken(model: type[BaseModel], name: str, value: object) -> bool:
    """Whether the server takes a value for a field."""
    try:
        check_keepable(value)
        model.model_validate({name: value})
    except ValidationError as error:
        return all(item["loc"][:1] != (name,) for item in error.errors())
    except UnkeepableJson:
        return False
    return True


def allows(model: type[BaseModel], name: str, value: object) -> bool:
    """Whether the schema allows it; its `format` is held by no validator."""
    schema = model.model_json_schema()
    field = {**schema["properties"][name], "$defs": schema.get("$defs", {})}
    return Draft202012Validator(field).is_valid(value)


def test_the_app_declares_request_models() -> None:
    assert whole.__name__ == "app"
    assert len(fields(Body, Query)) > 30


@pytest.mark.parametrize(("model", "name"), fields(Body))
def test_a_value_that_the_schema_of_a_body_allows_is_taken(model: type[BaseModel], name: str) -> None:
    allowed = [value for value in PROBES if allows(model, name, value)]
    assert [value for value in allowed if not is_taken(model, name, value)] == []


@pytest.mark.parametrize(("model", "name"), fields(Query))
def test_a_value_that_the_schema_of_a_query_allows_is_taken(model: type[BaseModel], name: str) -> None:
    for text in (value for value in PROBES if isinstance(value, str)):
        seen = int(text) if text.isdecimal() else text
        if allows(model, name, seen) or allows(model, name, text):
            assert is_taken(model, name, text), text


def test_no_two_models_share_a_name() -> None:
    """The document would show one of them for both."""
    models = {model for model in subclasses(BaseModel) if model.__module__.startswith("app.")}
    names = [model.__name__ for model in models]
    assert {name for name in names if names.count(name) > 1} == set()
