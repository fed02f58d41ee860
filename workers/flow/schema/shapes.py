"""What each keyword of JSON Schema 2020-12 holds: subschemas, or a value of some shape."""

import re
from collections.abc import Callable
from typing import Any, Final

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")

IN_VALUE = frozenset(
    {
        "additionalProperties",
        "contains",
        "contentSchema",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
IN_LIST = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
IN_MAP = frozenset({"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"})
# Keywords whose subschemas look at the value itself, not at a part of it.
IN_PLACE = frozenset({"allOf", "anyOf", "dependentSchemas", "else", "if", "not", "oneOf", "then"})


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value  # noqa: PLR0124


def _is_count(value: Any) -> bool:
    return _is_number(value) and value >= 0 and value == value // 1


def _is_names(value: Any) -> bool:
    return (
        isinstance(value, list) and all(isinstance(x, str) for x in value) and len(set(value)) == len(value)
    )


def _is_type(value: Any) -> bool:
    return (
        value in TYPES
        if isinstance(value, str)
        else _is_names(value) and bool(value) and set(value) <= {*TYPES}
    )


def _is_map(value: Any) -> bool:
    return isinstance(value, dict)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


_TEXT: tuple[str, Callable[[Any], bool]] = ("a string", _is_text)
_NUMBER: tuple[str, Callable[[Any], bool]] = ("a number", _is_number)
_COUNT: tuple[str, Callable[[Any], bool]] = ("a whole number, zero or more", _is_count)
_FLAG: tuple[str, Callable[[Any], bool]] = ("true or false", _is_flag)
_LIST: tuple[str, Callable[[Any], bool]] = ("an array", lambda value: isinstance(value, list))
_ANCHOR: tuple[str, Callable[[Any], bool]] = (
    "a name of letters, digits, `-`, `_` and `.`",
    lambda value: isinstance(value, str) and re.fullmatch(r"[A-Za-z_][-A-Za-z0-9._]*", value) is not None,
)

# What each keyword must be, in words and as a test; subschemas are read one by one.
SHAPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "$schema": (f'"{DIALECT}", or absent', lambda value: value in (DIALECT, DIALECT + "#")),
    "$id": (
        "an address without a fragment, of at most 500 characters",
        lambda value: isinstance(value, str) and re.fullmatch(r"[^#\s]{0,500}#?", value) is not None,
    ),
    "$anchor": _ANCHOR,
    "$dynamicAnchor": _ANCHOR,
    "items": ("a schema", lambda value: isinstance(value, bool | dict)),
    "type": (f"one of {', '.join(TYPES)}, or an array of these without repetition", _is_type),
    "enum": _LIST,
    "multipleOf": ("a number above zero", lambda value: _is_number(value) and value > 0),
    "required": ("an array of different property names", _is_names),
    "dependentRequired": (
        "an object of arrays of different property names",
        lambda value: _is_map(value) and all(map(_is_names, value.values())),
    ),
    "examples": _LIST,
    **dict.fromkeys(
        IN_LIST, ("an array of at least one schema", lambda value: isinstance(value, list) and value != [])
    ),
    **dict.fromkeys(IN_MAP, ("an object of schemas", _is_map)),
    **dict.fromkeys(("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"), _NUMBER),
    **dict.fromkeys(("maxLength", "minLength", "maxItems", "minItems", "maxContains", "minContains"), _COUNT),
    **dict.fromkeys(("maxProperties", "minProperties"), _COUNT),
    **dict.fromkeys(("uniqueItems", "deprecated", "readOnly", "writeOnly"), _FLAG),
    **dict.fromkeys(("$ref", "$dynamicRef", "$comment", "title", "description", "pattern", "format"), _TEXT),
    **dict.fromkeys(("contentEncoding", "contentMediaType"), _TEXT),
}

KEYWORDS: Final = SHAPES.keys() | IN_VALUE | {"$vocabulary", "const", "default"}

_FORMER_SHAPES: Final[dict[str, tuple[type, str]]] = {
    "exclusiveMaximum": (bool, "it is the bound itself since draft 6, instead of `maximum`"),
    "exclusiveMinimum": (bool, "it is the bound itself since draft 6, instead of `minimum`"),
    "items": (list, "an array of schemas is `prefixItems` since draft 2020-12"),
    "required": (bool, "the object that has the property lists its name in `required` since draft 4"),
}


def former_shape(keyword: str, value: Any) -> str:
    """The end of a message about a keyword of a wrong shape, where an earlier draft had that shape."""
    type_, now = _FORMER_SHAPES.get(keyword, (type(None), ""))
    return f": {now}" if now and isinstance(value, type_) else ""
