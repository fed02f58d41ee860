"""Reading a JSON Schema before it is used: its shape, its references, its patterns.

All of it is checked when a flow is published, so that no value can meet a broken schema later.
"""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

import re2
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from workers.flow.path import join, shown
from workers.flow.schema.bounds import Bounds
from workers.flow.schema.run import canonical

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")

_IN_VALUE = frozenset(
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
_IN_LIST = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_IN_MAP = frozenset({"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"})
# Keywords whose subschemas look at the value itself, not at a part of it.
_IN_PLACE = frozenset({"allOf", "anyOf", "dependentSchemas", "else", "if", "not", "oneOf", "then"})


class SchemaError(ValueError):
    """A JSON Schema that cannot be used: `path` says where (`properties.age.type`), `message` why."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


@dataclass(frozen=True, slots=True)
class Prepared:
    """A schema ready to validate with: a private copy, and what belongs to its places."""

    root: Any
    registry: Any  # knows the document's own resources and fetches nothing
    uri: str
    patterns: dict[str, Any] = field(default_factory=dict)
    choices: dict[int, frozenset[str]] = field(default_factory=dict)


def prepare(document: Any, bounds: Bounds) -> Prepared:
    """Check the whole schema.

    Raises:
        SchemaError: a keyword has the wrong shape, a pattern is not RE2's, a reference leads out of the
            document or nowhere or only back to itself, or the schema is too large or too deep.
    """
    _check_nesting(document, bounds.nesting)
    root = deepcopy(document)
    places = _read(root, "", bounds.subschemas)
    prepared = Prepared(root, *_register(root))
    refuse_circles(_follow_references(prepared, places, bounds.subschemas), places)
    _compile_values(prepared, places, bounds)
    return prepared


def _check_nesting(document: Any, most: int) -> None:
    level = [document]
    for _ in range(most + 1):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    if level:
        raise SchemaError("", f"the schema is nested deeper than {most} levels")


def _read(root: Any, path: str, most: int) -> dict[int, tuple[str, dict[str, Any]]]:
    """Every subschema that is an object, by its id(), with its path; each is checked by its keywords."""
    places: dict[int, tuple[str, dict[str, Any]]] = {}
    left: list[tuple[str, Any]] = [(path, root)]
    while left:
        path, schema = left.pop()
        if isinstance(schema, bool):
            continue
        if not isinstance(schema, dict):
            raise SchemaError(path, f"a schema must be an object or a boolean, not {shown(schema)}")
        places[id(schema)] = (path, schema)
        if len(places) + len(left) > most:
            raise SchemaError("", f"the schema has more than {most:,} subschemas")
        for keyword, value in schema.items():
            wanted = _SHAPES.get(keyword)
            if wanted and not wanted[1](value):
                raise SchemaError(join(path, keyword), f"must be {wanted[0]}, not {shown(value)}")
        left.extend((where, each) for _, where, each in _children(path, schema))
        # The library would leave its bounds and take up those of the named dialect.
        schema.pop("$schema", None)
    return places


def _register(root: Any) -> tuple[Any, str]:
    resource = DRAFT202012.create_resource(root)
    uri = resource.id() or ""
    try:
        return Registry().with_resource(uri, resource).crawl(), uri
    except ValueError as error:
        raise SchemaError("", f"an `$id` is not an address: {error}") from None


def _children(path: str, schema: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for keyword, value in schema.items():
        where = join(path, keyword)
        if keyword in _IN_VALUE:
            yield keyword, where, value
        elif keyword in _IN_LIST:
            yield from ((keyword, join(where, index), each) for index, each in enumerate(value))
        elif keyword in _IN_MAP:
            yield from ((keyword, join(where, name), each) for name, each in value.items())


def _follow_references(
    prepared: Prepared, places: dict[int, tuple[str, dict[str, Any]]], most: int
) -> dict[int, set[int]]:
    """Resolve each reference within the document. Of each subschema: those that look at the same value."""
    again: dict[int, set[int]] = {}
    seen: set[int] = set()
    left: list[tuple[str, Any, Any]] = [("", prepared.root, prepared.registry.resolver(prepared.uri))]
    while left:
        path, schema, resolver = left.pop()
        if isinstance(schema, bool) or id(schema) in seen:
            continue
        seen.add(id(schema))
        here = again.setdefault(id(schema), set())
        for keyword in {"$ref", "$dynamicRef"} & schema.keys():
            target = _resolve(join(path, keyword), schema[keyword], resolver)
            if isinstance(target.contents, dict) and id(target.contents) not in places:
                places |= _read(target.contents, schema[keyword], most)  # it lies where no keyword leads
            left.append((schema[keyword], target.contents, target.resolver))
            if keyword == "$ref":
                here.add(id(target.contents))
        for keyword, where, each in _children(path, schema):
            left.append((where, each, resolver.in_subresource(DRAFT202012.create_resource(each))))
            if keyword in _IN_PLACE:
                here.add(id(each))
    return again


def refuse_circles(again: dict[int, set[int]], places: dict[int, tuple[str, dict[str, Any]]]) -> None:
    """Raise `SchemaError` where subschemas that look at the same value come back to themselves."""
    try:
        TopologicalSorter(again).prepare()
    except CycleError as error:
        where = next((places[each][0] for each in error.args[1] if each in places), "")
        raise SchemaError(where, "refers to itself endlessly without looking deeper into the value") from None


def _resolve(path: str, reference: str, resolver: Any) -> Any:
    try:
        target = resolver.lookup(reference)
    except (Unresolvable, LookupError, TypeError, ValueError):
        raise SchemaError(
            path,
            f"{shown(reference)} leads to nothing in this schema; only references within it"
            ' are followed, such as "#/$defs/address"',
        ) from None
    if not isinstance(target.contents, bool | dict):
        raise SchemaError(path, f"{shown(reference)} leads to something that is not a schema")
    return target


def _compile_values(
    prepared: Prepared, places: dict[int, tuple[str, dict[str, Any]]], bounds: Bounds
) -> None:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 128 * 1024
    options.never_capture = True
    program = 0
    for path, schema in places.values():
        if "enum" in schema:
            prepared.choices[id(schema["enum"])] = frozenset(map(canonical, schema["enum"]))
        if "const" in schema:
            prepared.choices[id(schema)] = frozenset({canonical(schema["const"])})
        sources = [
            (source, join(path, "patternProperties")) for source in schema.get("patternProperties", ())
        ]
        sources += [(schema["pattern"], join(path, "pattern"))] if "pattern" in schema else []
        for source, where in sources:
            if source in prepared.patterns:
                continue
            try:
                prepared.patterns[source] = re2.compile(source.encode("utf-8", "surrogatepass"), options)
            except re2.error as error:
                reason = error.args[0].decode("utf-8", "replace") if error.args else "not understood"
                raise SchemaError(where, f"{shown(source)} is not a pattern of RE2: {reason[:200]}") from None
            program += prepared.patterns[source].programsize
            if program > bounds.program or len(prepared.patterns) > bounds.patterns:
                raise SchemaError(where, "the patterns of the schema are too many or too large")


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
_SHAPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "$schema": (f'"{DIALECT}", or absent', lambda value: value in (DIALECT, DIALECT + "#")),
    "$id": (
        "an address without a fragment, of at most 500 characters",
        lambda value: isinstance(value, str) and re.fullmatch(r"[^#\s]{0,500}#?", value) is not None,
    ),
    "$anchor": _ANCHOR,
    "$dynamicAnchor": _ANCHOR,
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
        _IN_LIST, ("an array of at least one schema", lambda value: isinstance(value, list) and value != [])
    ),
    **dict.fromkeys(_IN_MAP, ("an object of schemas", _is_map)),
    **dict.fromkeys(("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"), _NUMBER),
    **dict.fromkeys(("maxLength", "minLength", "maxItems", "minItems", "maxContains", "minContains"), _COUNT),
    **dict.fromkeys(("maxProperties", "minProperties"), _COUNT),
    **dict.fromkeys(("uniqueItems", "deprecated", "readOnly", "writeOnly"), _FLAG),
    **dict.fromkeys(("$ref", "$dynamicRef", "$comment", "title", "description", "pattern", "format"), _TEXT),
    **dict.fromkeys(("contentEncoding", "contentMediaType"), _TEXT),
}
