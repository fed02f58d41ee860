"""The library's validator with our keywords, each of which is paid for out of the run's budget."""

from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from workers.flow.schema import keywords, unevaluated
from workers.flow.schema.keywords import Errors, Keyword, sized
from workers.flow.schema.run import TooDeep

_REPLACED: dict[str, Keyword] = {
    "$dynamicRef": keywords.reference,
    "$ref": keywords.reference,
    "additionalProperties": keywords.additional_properties,
    "anyOf": keywords.any_of,
    "const": keywords.const,
    "contains": keywords.contains,
    "dependentRequired": keywords.dependent_required,
    "enum": keywords.enum,
    "format": keywords.format_,
    "if": keywords.if_,
    "items": keywords.items,
    "maxItems": sized(list, "items", least=False),
    "maxLength": sized(str, "characters", least=False),
    "maxProperties": sized(dict, "properties", least=False),
    "minItems": sized(list, "items", least=True),
    "minLength": sized(str, "characters", least=True),
    "minProperties": sized(dict, "properties", least=True),
    "multipleOf": keywords.multiple_of,
    "not": keywords.not_,
    "oneOf": keywords.one_of,
    "pattern": keywords.pattern,
    "patternProperties": keywords.pattern_properties,
    "prefixItems": keywords.prefix_items,
    "properties": keywords.properties,
    "required": keywords.required,
    "type": keywords.type_,
    "unevaluatedItems": unevaluated.unevaluated_items,
    "unevaluatedProperties": unevaluated.unevaluated_properties,
    "uniqueItems": keywords.unique_items,
}
_PRICES = {"$dynamicRef": 8, "$ref": 8, "format": 2, "multipleOf": 4}  # of about 2 microseconds; others 1


def _metered(name: str, keyword: Keyword) -> Keyword:
    price = _PRICES.get(name, 1)

    def run(validator: Any, value: Any, instance: Any, schema: Any) -> Errors | None:
        steps = price
        if isinstance(value, list | dict):
            steps += len(value) // 8
        if isinstance(instance, list | dict):
            steps += len(instance) // 32
        validator.format_checker.spend(steps)
        return keyword(validator, value, instance, schema)

    return run


# Its `format_checker` is always a Run: the one thing that the library hands down to every keyword.
Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        name: _metered(name, _REPLACED.get(name) or keyword)
        for name, keyword in Draft202012Validator.VALIDATORS.items()
        if keyword
    },
)


def _descend(
    validator: Any, instance: Any, schema: Any, path: Any = None, resolver: Any = None, **_: Any
) -> Errors:
    """The errors of a part; the library's own makes a validator for each value and quotes all of that."""
    if schema is False:
        yield ValidationError("is not allowed", path=() if path is None else (path,))
    elif schema is not True:
        run = validator.format_checker
        run.levels -= 1
        if run.levels < 0:
            raise TooDeep
        for error in run.place(validator, schema, resolver).iter_errors(instance):
            if path is not None:
                error.path.appendleft(path)
            run.levels += 1  # whoever asks may not come back
            yield error
            run.levels -= 1
        run.levels += 1


Validator.descend = _descend
