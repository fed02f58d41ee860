"""The validation keywords of JSON Schema whose library version hostile data can abuse.

The library is right about what is valid. What is replaced here either runs Python's backtracking
regular expressions, compares all pairs, does decimal arithmetic in binary floats, or writes whole
values into messages. Every keyword, replaced or not, is paid for out of the run's budget.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import FormatError, ValidationError
from jsonschema.validators import extend
from referencing.jsonschema import DRAFT202012

from workers.flow.duration import parse_datetime
from workers.flow.path import shown

Errors = Iterator[ValidationError]
Keyword = Callable[[Any, Any, Any, Any], Errors | None]

# What the library checks by itself and in linear time, and date-time; other formats are annotations.
FORMATS = FormatChecker(("date", "email", "ipv4", "ipv6", "uuid"))
FORMATS.checks("date-time", raises=ValueError)(
    lambda value: not isinstance(value, str) or bool(parse_datetime(value))
)


def kind(value: Any) -> str:
    """JSON's name for the type of a value, with its article."""
    if value is None:
        return "null"
    for python, name in ((bool, "a boolean"), (str, "a string"), (list, "an array"), (dict, "an object")):
        if isinstance(value, python):
            return name
    return "a number"


def type_(validator: Any, types: Any, instance: Any, _schema: Any) -> Errors:
    names = [types] if isinstance(types, str) else types
    if not any(validator.is_type(instance, name) for name in names):
        yield ValidationError(f"must be of type {' or '.join(names)}, and is {kind(instance)}")


def enum(validator: Any, values: Any, instance: Any, _schema: Any) -> Errors:
    run = validator.format_checker
    if run.canonical(instance) not in run.choices[id(values)]:
        yield ValidationError(
            f"must be one of {', '.join(map(shown, values[:20]))}{', …' * (len(values) > 20)}"
        )


def const(validator: Any, value: Any, instance: Any, schema: Any) -> Errors:
    run = validator.format_checker
    if run.canonical(instance) not in run.choices[id(schema)]:
        yield ValidationError(f"must be {shown(value)}")


def required(_validator: Any, names: Any, instance: Any, _schema: Any) -> Errors:
    if isinstance(instance, dict):
        yield from (ValidationError("is required", path=[name]) for name in names if name not in instance)


def dependent_required(validator: Any, dependencies: Any, instance: Any, _schema: Any) -> Errors:
    if not isinstance(instance, dict):
        return
    for owner, names in dependencies.items():
        if owner in instance:
            validator.format_checker.spend(len(names) // 8)
            for name in names:
                if name not in instance:
                    yield ValidationError(f"is required when {shown(owner)} is given", path=[name])


def pattern(validator: Any, source: Any, instance: Any, _schema: Any) -> Errors:
    if isinstance(instance, str) and not validator.format_checker.matches(source, instance):
        yield ValidationError(f"must match the pattern {shown(source)}")


def format_(validator: Any, name: Any, instance: Any, _schema: Any) -> Errors:
    if isinstance(instance, str):
        validator.format_checker.spend(len(instance) // 64)
        try:
            FORMATS.check(instance, name)
        except FormatError:
            yield ValidationError(f"must be of format {shown(name)}")


def multiple_of(validator: Any, step: Any, instance: Any, _schema: Any) -> Errors:
    if not validator.is_type(instance, "number"):
        return
    # As written in decimals: 19.99 is a multiple of 0.01, which it is not among binary floats.
    whole, part = (Fraction(n) if isinstance(n, int) else Fraction(repr(n)) for n in (instance, step))
    if whole % part:
        yield ValidationError(f"must be a multiple of {shown(step)}")


def unique_items(validator: Any, wanted: Any, instance: Any, _schema: Any) -> Errors:
    if wanted and isinstance(instance, list):
        seen: dict[str, int] = {}
        for index, item in enumerate(instance):
            first = seen.setdefault(validator.format_checker.canonical(item), index)
            if first != index:
                yield ValidationError(f"must not repeat an item: [{index}] is equal to [{first}]")
                return


def _others(validator: Any, instance: Any, schema: Any) -> Iterator[str]:
    """The properties that neither `properties` nor `patternProperties` speaks about."""
    named = schema.get("properties", {})
    sources = schema.get("patternProperties", {})
    for name in instance:
        if name not in named and not any(
            validator.format_checker.matches(source, name) for source in sources
        ):
            yield name


def _part(validator: Any, place: str | int, value: Any, subschema: Any) -> Errors:
    """Errors of a part of the instance; the library forgets the place where the schema is `false`."""
    if subschema is False:
        yield ValidationError("is not allowed", path=[place])
    else:
        yield from validator.descend(value, subschema, path=place)


def properties(validator: Any, schemas: Any, instance: Any, _schema: Any) -> Errors:
    if isinstance(instance, dict):
        for name, subschema in schemas.items():
            if name in instance:
                yield from _part(validator, name, instance[name], subschema)


def pattern_properties(validator: Any, schemas: Any, instance: Any, _schema: Any) -> Errors:
    if isinstance(instance, dict):
        for source, subschema in schemas.items():
            for name, value in instance.items():
                if validator.format_checker.matches(source, name):
                    yield from _part(validator, name, value, subschema)


def additional_properties(validator: Any, subschema: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, dict):
        for name in _others(validator, instance, schema):
            yield from _part(validator, name, instance[name], subschema)


def prefix_items(validator: Any, schemas: Any, instance: Any, _schema: Any) -> Errors:
    if isinstance(instance, list):
        for index, (item, subschema) in enumerate(zip(instance, schemas, strict=False)):
            yield from _part(validator, index, item, subschema)


def items(validator: Any, subschema: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, list):
        for index in range(len(schema.get("prefixItems", ())), len(instance)):
            yield from _part(validator, index, instance[index], subschema)


def _valid(validator: Any, instance: Any, subschema: Any) -> bool:
    return next(validator.descend(instance, subschema), None) is None


def any_of(validator: Any, schemas: Any, instance: Any, _schema: Any) -> Errors:
    if not any(_valid(validator, instance, each) for each in schemas):
        yield ValidationError("fits none of the alternatives that `anyOf` allows")


def one_of(validator: Any, schemas: Any, instance: Any, _schema: Any) -> Errors:
    fits = 0
    for each in schemas:
        fits += _valid(validator, instance, each)
        if fits > 1:
            yield ValidationError(
                "fits more than one of the alternatives of `oneOf`, and must fit exactly one"
            )
            return
    if not fits:
        yield ValidationError("fits none of the alternatives that `oneOf` allows")


def not_(validator: Any, subschema: Any, instance: Any, _schema: Any) -> Errors:
    if _valid(validator, instance, subschema):
        yield ValidationError("is what `not` forbids")


def unevaluated_items(validator: Any, subschema: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, list):
        done = _evaluated(validator, instance, {k: v for k, v in schema.items() if k != "unevaluatedItems"})
        for index, item in enumerate(instance):
            if index not in done:
                yield from _part(validator, index, item, subschema)


def unevaluated_properties(validator: Any, subschema: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, dict):
        done = _evaluated(
            validator, instance, {k: v for k, v in schema.items() if k != "unevaluatedProperties"}
        )
        for name, value in instance.items():
            if name not in done:
                yield from _part(validator, name, value, subschema)


def _evaluated(validator: Any, instance: Any, schema: Any) -> set[Any]:
    """The keys or indexes of `instance` that `schema`, which it fits, has looked at."""
    validator.format_checker.spend(1 + len(instance) // 32)
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
        done.update(i for i, item in enumerate(instance) if _valid(validator, item, schema["contains"]))
    return done


def _evaluated_properties(validator: Any, instance: Any, schema: Any) -> set[Any]:
    if "additionalProperties" in schema or "unevaluatedProperties" in schema:
        return set(instance)
    return set(instance) - set(_others(validator, instance, schema))


def _in_place(validator: Any, instance: Any, schema: Any) -> Iterator[tuple[Any, Any]]:
    """The subschemas that `schema` applies to `instance` itself, each with the validator of its place."""
    resolver = validator._resolver  # noqa: SLF001 - the library shows it to keywords in no other way
    chosen = list(schema.get("allOf", ()))
    chosen += [
        each for k in ("anyOf", "oneOf") for each in schema.get(k, ()) if _valid(validator, instance, each)
    ]
    if "if" in schema:
        fits = _valid(validator, instance, schema["if"])
        chosen += [schema["if"]] * fits + [schema.get("then" if fits else "else", True)]
    chosen += [each for name, each in schema.get("dependentSchemas", {}).items() if name in instance]
    for each in chosen:
        place = resolver.in_subresource(DRAFT202012.create_resource(each))
        yield validator.evolve(schema=each, _resolver=place), each
    for keyword in ("$ref", "$dynamicRef"):
        if keyword in schema:
            target = resolver.lookup(schema[keyword])
            yield validator.evolve(schema=target.contents, _resolver=target.resolver), target.contents


def _metered(name: str, keyword: Keyword) -> Keyword:
    price = 8 if name in {"$ref", "$dynamicRef"} else 1  # about 3 microseconds each

    def run(validator: Any, value: Any, instance: Any, schema: Any) -> Errors | None:
        steps = price
        if isinstance(value, list | dict):
            steps += len(value) // 8
        if isinstance(instance, list | dict):
            steps += len(instance) // 32
        validator.format_checker.spend(steps)
        return keyword(validator, value, instance, schema)

    return run


_REPLACED: dict[str, Keyword] = {
    "additionalProperties": additional_properties,
    "anyOf": any_of,
    "const": const,
    "dependentRequired": dependent_required,
    "enum": enum,
    "format": format_,
    "items": items,
    "multipleOf": multiple_of,
    "not": not_,
    "oneOf": one_of,
    "pattern": pattern,
    "patternProperties": pattern_properties,
    "prefixItems": prefix_items,
    "properties": properties,
    "required": required,
    "type": type_,
    "unevaluatedItems": unevaluated_items,
    "unevaluatedProperties": unevaluated_properties,
    "uniqueItems": unique_items,
}

# Its `format_checker` is always a Run: the one thing that the library hands down to every keyword.
Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        name: _metered(name, _REPLACED.get(name) or keyword)
        for name, keyword in Draft202012Validator.VALIDATORS.items()
        if keyword
    },
)
