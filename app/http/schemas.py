"""What requests and answers are made of: base models, shared field types, and the shape of a problem.

A body is strict: nothing is coerced, unknown fields and null are refused. JSON is camelCase outside,
snake_case inside.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    field_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from models.errors import Unprocessable
from workers.flow.limits import RESERVED_NAMES
from workers.flow.values.duration import parse_datetime

Environment = Literal["DEVELOPMENT", "PRODUCTION"]

_NUMBER = "[0-9]{1,12}"
_FRACTION = rf"{_NUMBER}([.,]{_NUMBER})?"

#: A duration of fixed length: whole numbers, but for the last, which may have a fraction.
DURATION = WithJsonSchema(
    {
        "type": "string",
        "format": "duration",
        "pattern": rf"^P(?=.)(?!.*[.,][0-9]+[A-Z].)({_FRACTION}W)?({_FRACTION}D)?"
        rf"(T(?=.)({_FRACTION}H)?({_FRACTION}M)?({_FRACTION}S)?)?$",
    }
)

_MOMENT = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,12})?)?"
    r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
)

_DIGITS = re.compile(r"[0-9]{1,9}", re.ASCII)


def wrong(message: str) -> PydanticCustomError:
    """An error of a validator. The caller sees its message unchanged."""
    return PydanticCustomError("procession", "{message}", {"message": message})


def format_time(moment: datetime) -> str:
    """UTC, ISO 8601 with milliseconds and `Z`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _parse_time(text: object) -> datetime:
    try:
        return parse_datetime(str(text)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong("must be a time with offset, such as 2026-02-20T10:00:00Z (send + as %2B)") from None


def _parse_whole_number(text: object) -> int:
    if isinstance(text, int):
        return text
    if isinstance(text, str) and _DIGITS.fullmatch(text):
        return int(text)
    raise wrong("must be a whole number")


#: A time in an answer.
Time = Annotated[
    datetime,
    PlainSerializer(format_time, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-02-20T10:00:00.123Z"]}),
]

#: A time in a query.
TimeQuery = Annotated[
    datetime,
    BeforeValidator(_parse_time),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": _MOMENT}),
]

#: A name or key of the caller's choice.
Text = Annotated[str, Field(min_length=1, max_length=255)]

#: Values by name.
Data = dict[str, Any]

#: Variables by name; some names are the system's.
Variables = Annotated[
    Data,
    Field(json_schema_extra={"not": {"anyOf": [{"required": [name]} for name in sorted(RESERVED_NAMES)]}}),
]

#: A place in a list: a cursor from an earlier answer.
Cursor = Annotated[str, Field(json_schema_extra={"pattern": "^[A-Za-z0-9_-]+$"})]

Limit = Annotated[
    int, BeforeValidator(_parse_whole_number), Field(ge=1, le=500, description="how many items at most")
]


def _without_titles(schema: dict[str, Any]) -> None:
    for field in schema.get("properties", {}).values():
        field.pop("title", None)


def without_null(schema: dict[str, Any]) -> None:
    _without_titles(schema)
    # A field that may be left out is `None` inside, but callers cannot send null: the schema must not say so.
    for field in schema.get("properties", {}).values():
        branches = [branch for branch in field.pop("anyOf", []) if branch != {"type": "null"}]
        if len(branches) == 1:
            field.update(branches[0])
        elif branches:
            field["anyOf"] = branches
        if field.get("default", ...) is None:
            del field["default"]
        if field.get("type") == "string" and field.keys().isdisjoint(("const", "enum", "pattern")):
            field["pattern"] = r"^[^\u0000]*$"  # PostgreSQL keeps no NUL


class _Input(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=to_camel, json_schema_extra=without_null
    )

    @field_validator("*", mode="before")
    @classmethod
    def _no_null(cls, value: object) -> object:
        if value is None:
            raise wrong("must not be null; leave the field out instead")
        return value


class Body(_Input):
    """The JSON object of a request."""

    model_config = ConfigDict(strict=True)


class Query(_Input):
    """The query parameters of a request; each may be given once."""


class PageQuery(Query):
    """Where in a list to go on, and how far."""

    after: Cursor | None = Field(default=None, description="a `nextCursor`: go on behind it")
    before: Cursor | None = Field(
        default=None, description="a cursor: what comes right before it; not together with `after`"
    )
    limit: Limit = 100


class ImportQuery(Query):
    """How a BPMN file is read where its engine would run code that is not in it; the file keeps it."""

    service_tasks: Literal["refuse", "external"] | None = Field(
        default=None, description="tasks that run a class, a bean or nothing that is named"
    )
    scripts: Literal["refuse", "external"] | None = Field(
        default=None, description="script tasks in languages that are not run here"
    )
    listeners: Literal["refuse", "warn"] | None = Field(
        default=None, description="execution and task listeners"
    )

    def options(self, *, xml: bool) -> dict[str, str]:
        """What is said, by its name; only of a file of BPMN."""
        given: dict[str, str] = self.model_dump(by_alias=True, exclude_none=True)
        if given and not xml:
            errors = [(name, "is only for BPMN") for name in given]
            raise Unprocessable("A definition in JSON is not imported.", errors)
        return given


class Path(BaseModel):
    """The parameters in the path of a request."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, json_schema_extra=_without_titles)


class Headers(BaseModel):
    """Headers that an operation reads."""

    model_config = ConfigDict(frozen=True, json_schema_extra=without_null)


class Answer(BaseModel):
    """The JSON of an answer."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, validate_by_name=True, json_schema_extra=_without_titles
    )


class FieldError(Answer):
    """One field that is wrong."""

    field: str = Field(examples=["data.items[3]"])
    message: str = Field(examples=["must be a string"])


class Problem(BaseModel):
    """RFC 9457, with a stable `code`. Some codes add fields of their own."""

    model_config = ConfigDict(alias_generator=to_camel, extra="allow", json_schema_extra=_without_titles)

    type: str = Field(examples=["/problems/flow-not-found"])
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no such flow."])
    instance: str = Field(examples=["/process/exec"], description="the path of the request")
    code: str = Field(examples=["FLOW_NOT_FOUND"])
    request_id: str = Field(examples=["01jd2v6m3y8e1q7r5s9t0vwxyz"])
    errors: list[FieldError] = Field(default=[], description="with 422: each field that is wrong")
