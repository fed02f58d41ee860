"""What every part of the document is: a closed model, and the kinds of values that its properties have.

A model's docstring and those of its properties are the text of the public JSON Schema.
"""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, ClassVar, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, JsonValue, StringConstraints, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

Id = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
JsonObject = dict[str, JsonValue]
JsonSchema = JsonValue  # read by compile_schema, which says more precisely what is wrong


def _must_be(wanted: str, holds: Callable[[JsonValue], bool]) -> AfterValidator:
    def check(value: JsonValue) -> JsonValue:
        if not holds(value):
            raise PydanticCustomError("value_or_template", "must be {wanted}", {"wanted": wanted})
        return value

    return AfterValidator(check)


def _is_texts(value: JsonValue) -> bool:
    return all(isinstance(each, str) for each in (value if isinstance(value, list) else [value]))


def _is_count(value: JsonValue) -> bool:
    return isinstance(value, str) or (type(value) is int and value >= 0)


def _is_whole(value: JsonValue) -> bool:
    return isinstance(value, str) or (type(value) is int and -(2**31) <= value < 2**31)


ObjectOrTemplate = Annotated[
    JsonValue,
    _must_be("an object, or a template that gives one", lambda value: isinstance(value, dict | str)),
    WithJsonSchema({"type": ["object", "string"]}),
]
TextsOrTemplate = Annotated[
    JsonValue,
    _must_be("an array of strings, or a template that gives one", _is_texts),
    WithJsonSchema({"type": ["array", "string"], "items": {"type": "string"}}),
]
ListOrTemplate = Annotated[
    JsonValue,
    _must_be("an array, or a template that gives one", lambda value: isinstance(value, list | str)),
    WithJsonSchema({"type": ["array", "string"]}),
]
CountOrTemplate = Annotated[
    JsonValue,
    _must_be("a whole number from 0, or a template that gives one", _is_count),
    WithJsonSchema({"type": ["integer", "string"], "minimum": 0}),
]
WholeOrTemplate = Annotated[
    JsonValue,
    _must_be("a whole number of 32 bits, or a template that gives one", _is_whole),
    WithJsonSchema({"type": ["integer", "string"], "minimum": -(2**31), "maximum": 2**31 - 1}),
]


class Element(BaseModel):
    """A part of the document: closed, immutable, camelCase outside, and of exactly the types it names."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, alias_generator=to_camel, use_attribute_docstrings=True
    )

    #: Names that the language has elsewhere and not here.
    refused: ClassVar[frozenset[str]] = frozenset()


class NodeElement(Element):
    """A node."""

    id: Id
    """Names the node, and differs from every other id of nodes, flows and associations in the document."""
    type: str
    """The kind of node."""
    name: str | None = None
    """What people read, a template."""
    documentation: str | None = None
    """Notes for those who read the definition; they mean nothing to the engine."""

    refused = frozenset(
        {"input", "output", "retry", "throws", "default", "queue", "loop", "isForCompensation", "event"}
    )


def models_in(annotation: Any) -> Iterator[type[Element]]:
    """The models that the annotation of a property is made of."""
    if isinstance(annotation, type) and issubclass(annotation, Element):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


def constant(model: type[Element], name: str) -> str:
    """The one value that a property of a model has."""
    value: str = get_args(model.model_fields[name].annotation)[0]
    return value
