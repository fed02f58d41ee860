"""The validation keywords of JSON Schema whose library version hostile data can abuse.

The library is right about what is valid, but for `format`. What is replaced here either runs Python's
backtracking regular expressions, compares all pairs, does decimal arithmetic in binary floats, or
writes whole values into messages.
"""

from collections.abc import Callable, Iterator, Sized
from decimal import Context, Decimal
from typing import Any

from jsonschema.exceptions import ValidationError

from workers.flow.schema.formats import EXAMPLES, FORMATS, cost
from workers.flow.values.path import shown

Errors = Iterator[ValidationError]
Keyword = Callable[[Any, Any, Any, Any], Errors | None]

_DECIMALS = Context(prec=800)  # enough for the quotient of any two floats


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
    check = FORMATS.get(name)
    if check is not None and isinstance(instance, str):
        validator.format_checker.spend(cost(name, instance))
        if not check(instance):
            yield ValidationError(f"must be of format {shown(name)}, such as {EXAMPLES[name]}")


def multiple_of(validator: Any, step: Any, instance: Any, _schema: Any) -> Errors:
    if not validator.is_type(instance, "number"):
        return
    # As written in decimals: 19.99 is a multiple of 0.01, which it is not among binary floats.
    if _DECIMALS.remainder(Decimal(str(instance)), Decimal(str(step))):
        yield ValidationError(f"must be a multiple of {shown(step)}")


def unique_items(validator: Any, wanted: Any, instance: Any, _schema: Any) -> Errors:
    if wanted and isinstance(instance, list):
        seen: dict[str, int] = {}
        for index, item in enumerate(instance):
            first = seen.setdefault(validator.format_checker.canonical(item), index)
            if first != index:
                yield ValidationError(f"must not repeat an item: [{index}] is equal to [{first}]")
                return


def others(validator: Any, instance: Any, schema: Any) -> Iterator[str]:
    """The properties that neither `properties` nor `patternProperties` speaks about."""
    named = schema.get("properties", {})
    sources = schema.get("patternProperties", {})
    for name in instance:
        if name not in named and not any(
            validator.format_checker.matches(source, name) for source in sources
        ):
            yield name


def properties(validator: Any, schemas: Any, instance: Any, _schema: Any) -> Errors:
    if isinstance(instance, dict):
        for name, subschema in schemas.items():
            if name in instance:
                yield from validator.descend(instance[name], subschema, path=name)


def pattern_properties(validator: Any, schemas: Any, instance: Any, _schema: Any) -> Errors:
    if isinstance(instance, dict):
        for source, subschema in schemas.items():
            for name, value in instance.items():
                if validator.format_checker.matches(source, name):
                    yield from validator.descend(value, subschema, path=name)


def additional_properties(validator: Any, subschema: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, dict):
        for name in others(validator, instance, schema):
            yield from validator.descend(instance[name], subschema, path=name)


def prefix_items(validator: Any, schemas: Any, instance: Any, _schema: Any) -> Errors:
    if isinstance(instance, list):
        for index, (item, subschema) in enumerate(zip(instance, schemas, strict=False)):
            yield from validator.descend(item, subschema, path=index)


def items(validator: Any, subschema: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, list):
        for index in range(len(schema.get("prefixItems", ())), len(instance)):
            yield from validator.descend(instance[index], subschema, path=index)


def valid(validator: Any, instance: Any, subschema: Any) -> bool:
    fits = next(validator.descend(instance, subschema), None) is None
    validator.format_checker.spend(0 if fits else 3)  # an error is made for nothing
    return fits


def any_of(validator: Any, schemas: Any, instance: Any, _schema: Any) -> Errors:
    if not any(valid(validator, instance, each) for each in schemas):
        yield ValidationError("fits none of the alternatives that `anyOf` allows")


def one_of(validator: Any, schemas: Any, instance: Any, _schema: Any) -> Errors:
    fits = 0
    for each in schemas:
        fits += valid(validator, instance, each)
        if fits > 1:
            yield ValidationError(
                "fits more than one of the alternatives of `oneOf`, and must fit exactly one"
            )
            return
    if not fits:
        yield ValidationError("fits none of the alternatives that `oneOf` allows")


def not_(validator: Any, subschema: Any, instance: Any, _schema: Any) -> Errors:
    if valid(validator, instance, subschema):
        yield ValidationError("is what `not` forbids")


def if_(validator: Any, condition: Any, instance: Any, schema: Any) -> Errors:
    branch = "then" if valid(validator, instance, condition) else "else"
    if branch in schema:
        yield from validator.descend(instance, schema[branch])


def contains(validator: Any, subschema: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, list):
        least, most = schema.get("minContains", 1), schema.get("maxContains", len(instance))
        fits = sum(valid(validator, item, subschema) for item in instance)
        if not least <= fits <= most:
            yield ValidationError(f"has {fits} items that fit `contains`, and must have {least} to {most}")


def reference(validator: Any, target: Any, instance: Any, _schema: Any) -> Errors:
    found = validator.format_checker.lookup(validator, target)
    return iter(validator.descend(instance, found.contents, resolver=found.resolver))


def sized(kind: type[Sized], unit: str, least: bool) -> Keyword:
    """A bound of the number of a value's characters, items or properties."""

    def keyword(_validator: Any, bound: Any, instance: Any, _schema: Any) -> Errors:
        if isinstance(instance, kind) and (len(instance) < bound if least else len(instance) > bound):
            yield ValidationError(f"must have at {'least' if least else 'most'} {shown(bound)} {unit}")

    return keyword
