"""Reading a JSON Schema before it is used: its shape, its references, its patterns.

All of it is checked when a flow is published, so that no value can meet a broken schema later.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import islice
from operator import itemgetter
from typing import Any

import re2
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from workers.flow.schema.bounds import Bounds
from workers.flow.schema.ignored import ignored
from workers.flow.schema.run import canonical
from workers.flow.schema.shapes import IN_LIST, IN_MAP, IN_PLACE, IN_VALUE, SHAPES, former_shape
from workers.flow.values.path import join, shown


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
    ignored: list[tuple[str, str]] = field(default_factory=list)


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
    prepared.ignored.extend(islice(ignored(sorted(places.values(), key=itemgetter(0))), bounds.ignored))
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
            wanted = SHAPES.get(keyword)
            if wanted and not wanted[1](value):
                message = f"must be {wanted[0]}, not {shown(value)}{former_shape(keyword, value)}"
                raise SchemaError(join(path, keyword), message)
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
        if keyword in IN_VALUE:
            yield keyword, where, value
        elif keyword in IN_LIST:
            yield from ((keyword, join(where, index), each) for index, each in enumerate(value))
        elif keyword in IN_MAP:
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
            if keyword in IN_PLACE:
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
