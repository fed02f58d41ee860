"""What of a value no other keyword has looked at: `unevaluatedItems` and `unevaluatedProperties`."""

from collections.abc import Iterator
from typing import Any

from referencing.jsonschema import DRAFT202012

from workers.flow.schema.keywords import Errors, others, valid


def unevaluated_items(validator: Any, subschema: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, list):
        done = _evaluated(validator, instance, {k: v for k, v in schema.items() if k != "unevaluatedItems"})
        for index, item in enumerate(instance):
            if index not in done:
                yield from validator.descend(item, subschema, path=index)


def unevaluated_properties(validator: Any, subschema: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, dict):
        done = _evaluated(
            validator, instance, {k: v for k, v in schema.items() if k != "unevaluatedProperties"}
        )
        for name, value in instance.items():
            if name not in done:
                yield from validator.descend(value, subschema, path=name)


def _evaluated(validator: Any, instance: Any, schema: Any) -> set[Any]:
    """The keys or indexes of `instance` that `schema`, which it fits, has looked at."""
    validator.format_checker.spend(4 + len(instance) // 8)
    if not isinstance(schema, dict):
        return set()
    here = _evaluated_items if isinstance(instance, list) else _evaluated_properties
    done = here(validator, instance, schema)
    for where, subschema in _in_place(validator, instance, schema):
        done |= _evaluated(where, instance, subschema)
    return done


def _evaluated_items(validator: Any, instance: Any, schema: Any) -> set[Any]:
    if "items" in schema or "unevaluatedItems" in schema:
        return set(range(len(instance)))
    done = set(range(min(len(schema.get("prefixItems", ())), len(instance))))
    if "contains" in schema:
        done.update(i for i, item in enumerate(instance) if valid(validator, item, schema["contains"]))
    return done


def _evaluated_properties(validator: Any, instance: Any, schema: Any) -> set[Any]:
    if "additionalProperties" in schema or "unevaluatedProperties" in schema:
        return set(instance)
    return set(instance) - set(others(validator, instance, schema))


def _in_place(validator: Any, instance: Any, schema: Any) -> Iterator[tuple[Any, Any]]:
    """The subschemas that `schema` applies to `instance` itself, each with the validator of its place."""
    resolver = validator._resolver  # noqa: SLF001 - the library shows it to keywords in no other way
    chosen = list(schema.get("allOf", ()))
    chosen += [
        each for k in ("anyOf", "oneOf") for each in schema.get(k, ()) if valid(validator, instance, each)
    ]
    if "if" in schema:
        fits = valid(validator, instance, schema["if"])
        chosen += [schema["if"]] * fits + [schema.get("then" if fits else "else", True)]
    chosen += [each for name, each in schema.get("dependentSchemas", {}).items() if name in instance]
    for each in chosen:
        place = resolver.in_subresource(DRAFT202012.create_resource(each))
        yield validator.evolve(schema=each, _resolver=place), each
    for keyword in ("$ref", "$dynamicRef"):
        if keyword in schema:
            target = resolver.lookup(schema[keyword])
            yield validator.evolve(schema=target.contents, _resolver=target.resolver), target.contents
