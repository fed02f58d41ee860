"""The leaves of a definition: expressions, templates, durations, schemas and names, each where it stands.

A problem is reported at its place; the function that compiles the leaf then returns None.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

from workers.flow.json_value import JsonValue
from workers.flow.limits import RESERVED_NAMES
from workers.flow.problem import Place, quoted, sentence
from workers.flow.schema import Schema, SchemaError, compile_schema
from workers.flow.values.cycle import parse_cycle
from workers.flow.values.duration import (
    add_duration,
    is_duration,
    parse_duration,
    parse_moment,
    write_duration,
)
from workers.flow.values.expression import Expression, ExpressionSyntaxError, compile_expression
from workers.flow.values.template import Quote, Templated, TemplateSyntaxError, compile_template
from workers.flow.values.zone import find_zone

Moment = Literal["duration", "date", "cycle"]
"""How a time can be written."""

_MOMENTS: dict[Moment, Callable[[str], object]] = {
    "duration": lambda text: add_duration(datetime(2000, 1, 31, tzinfo=UTC), text, signed=True),
    "date": lambda text: parse_moment(text, UTC),
    "cycle": parse_cycle,
}


def expression(place: Place, source: str | None) -> Expression | None:
    """A condition, a script or another property that is always JSONata, and so begins with `=`."""
    if source is None:
        return None
    if not source.startswith("="):
        message = f"This is an expression and has to begin with `=`: {quoted('= ' + source.strip())}."
        place.error("INVALID_EXPRESSION", message)
        return None
    try:
        return compile_expression(source)
    except ExpressionSyntaxError as error:
        place.error("INVALID_EXPRESSION", f"{quoted(source)} is not JSONata: {error}.")
        return None


def template(
    place: Place, value: JsonValue, *, secrets: bool = False, quote: Quote | None = None
) -> Templated | None:
    """A templated property; `secrets` says whether it may hold `{secrets.NAME}`. Absent is null."""
    if value is None:
        return None
    try:
        return compile_template(value, allow_secrets=secrets, quote=quote)
    except TemplateSyntaxError:
        for where, text in _texts(place, value):
            _check_text(where, text, secrets)
        return None


def _check_text(place: Place, text: str, secrets: bool) -> None:
    try:
        templated = compile_template(text, allow_secrets=True)
    except TemplateSyntaxError as error:
        place.error("INVALID_TEMPLATE", f"{quoted(text)} cannot be expanded: {error}.")
        return
    if templated.secrets and not secrets:
        message = (
            "`{secrets.NAME}` works only in the `input` of a serviceTask: anywhere else it would be kept."
        )
        place.error("SECRET_NOT_ALLOWED", message)


def _texts(place: Place, value: JsonValue) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(place.at(index), item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(place.at(key), item)


def is_literal(text: str, templated: Templated) -> bool:
    """Whether a templated text is the same at every evaluation."""
    return not (text.startswith("=") or templated.placeholders or templated.secrets)


def moment(place: Place, text: str, kinds: Collection[Moment]) -> None:
    """A time that is written out: a duration, a date or a cycle, whichever `kinds` allow."""
    kind: Moment = "duration" if "duration" in kinds and (is_duration(text) or len(kinds) == 1) else "date"
    if "cycle" in kinds:
        kind = "cycle"
    try:
        _MOMENTS[kind](text)
    except ValueError as error:
        also = "; a duration such as PT48H would do too" if kind == "date" and "duration" in kinds else ""
        place.error(f"INVALID_{kind.upper()}", sentence(f"{error}{also}"))


def zone(place: Place, name: str | None, default: tzinfo) -> tzinfo:
    """A time zone by its name, else the default."""
    if name is None:
        return default
    try:
        return find_zone(name)
    except ValueError as error:
        place.error("INVALID_TIME_ZONE", sentence(str(error)))
        return default


def span(
    place: Place, text: str, *, longest: timedelta, shortest: timedelta = timedelta(microseconds=1)
) -> timedelta | None:
    """A fixed length of time, above zero by default. It takes no placeholders."""
    try:
        found = parse_duration(text)
    except ValueError as error:
        place.error("INVALID_DURATION", f"{error}.")
        return None
    if shortest <= found <= longest:
        return found
    least = "longer than nothing and " if shortest else ""
    place.error("INVALID_DURATION", f"{quoted(text)} must be {least}at most {write_duration(longest)}.")
    return None


def schema(place: Place, document: JsonValue) -> Schema | None:
    """A JSON Schema. Absent is null."""
    if document is None:
        return None
    try:
        compiled = compile_schema(document)
    except SchemaError as error:
        where = f"at {quoted(error.path)}, " if error.path else ""
        place.error("INVALID_SCHEMA", f"This JSON Schema cannot be used: {where}{error.message}.")
        return None
    for path, message in compiled.ignored:
        place.warn("SCHEMA_KEYWORD_IGNORED", f"In this JSON Schema, at {quoted(path)}: {message}.")
    return compiled


def variable_names(place: Place, names: Iterable[str]) -> None:
    """Names of variables, at a place that has a property of each name."""
    for name in names:
        variable_name(place.at(name), name)


def variable_name(place: Place, name: str) -> None:
    if name in RESERVED_NAMES:
        place.error("RESERVED_NAME", f"{quoted(name)} is a variable of the system and cannot be set.")
    elif not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,254}", name):
        message = (
            f"{quoted(name)} cannot be a variable: a name is a letter or `_`, then letters, digits, `_`, `-`."
        )
        place.error("INVALID_NAME", message)


def reserved_properties(place: Place, document: JsonValue) -> None:
    """The properties of a schema whose values become variables by their names."""
    properties = document.get("properties") if isinstance(document, dict) else None
    if isinstance(properties, dict):
        variable_names(place.at("properties"), RESERVED_NAMES & properties.keys())
