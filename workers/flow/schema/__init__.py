"""JSON Schema 2020-12 for start data, forms and messages: checked once, bounded whenever it is asked."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from jsonschema.exceptions import ValidationError

from workers.flow.json_value import JsonValue
from workers.flow.schema.bounds import BOUNDS, Bounds
from workers.flow.schema.document import Prepared, SchemaError, prepare
from workers.flow.schema.run import Run, TooDeep, TooMuchWork
from workers.flow.schema.validator import Validator
from workers.flow.values.path import join

__all__ = ["Bounds", "Schema", "SchemaError", "compile_schema"]


@dataclass(frozen=True, slots=True)
class Schema:
    """A compiled schema, shared by all threads. `document` is what it was made from: do not change it."""

    document: JsonValue
    _prepared: Prepared
    _validator: Any
    _bounds: Bounds

    @property
    def ignored(self) -> list[tuple[str, str]]:
        """What looks like a rule in the document and is none, as (path, message): see `ignored.py`."""
        return self._prepared.ignored

    def errors(self, value: JsonValue) -> list[tuple[str, str]]:
        """Say what is wrong with a value, as (path, message); an empty list if nothing is.

        A path is like `items[0].price`, "" for the value itself; what is missing is reported at the path
        it should have. At most 20 are returned. A value that costs too much to check is wrong.
        """
        most = self._bounds.errors
        run = Run(self._bounds, self._prepared.patterns, self._prepared.choices)
        found: list[tuple[str, str]] = []
        try:
            validator = self._validator.evolve(format_checker=run)
            found.extend(map(_explained, islice(validator.iter_errors(value), most)))
        except (TooDeep, RecursionError):  # of a value that no JSON could bring
            found.append(("", "is nested too deeply to be checked"))
        except TooMuchWork:
            found.append(("", "is too large to be checked by this schema"))
        except (ArithmeticError, ValueError):
            found.append(("", "holds a number that cannot be checked"))
        return found[-most:]


def compile_schema(document: JsonValue, bounds: Bounds = BOUNDS) -> Schema:
    """Check and compile a JSON Schema; true and false are schemas too.

    `pattern` is RE2's language. `format` is asserted for those that `FORMATS` names, and is an annotation
    otherwise.

    Raises:
        SchemaError: see `prepare`; nothing is ever fetched from elsewhere.
    """
    prepared = prepare(document, bounds)
    resolver = prepared.registry.resolver(prepared.uri)
    validator = Validator(prepared.root, registry=prepared.registry, _resolver=resolver)
    return Schema(document, prepared, validator, bounds)


def _explained(error: ValidationError) -> tuple[str, str]:
    path = ""
    for step in error.absolute_path:
        path = join(path, step)
    message = error.message if error.validator else "is not allowed"
    return path, message
