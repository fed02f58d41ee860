"""The properties of a model as a table, with those of the objects in it."""

from collections.abc import Collection
from inspect import get_annotations

from workers.flow.catalogue.fields import Field, fields_of
from workers.flow.document.element import Element

#: Properties that say which model it is, and those that have a place of their own in the reference.
_TOLD_ELSEWHERE = frozenset({"type", "implementation"})
_HEAD = "| property | type | default | meaning |\n|---|---|---|---|"


def table(model: type[Element], without: Collection[str] = ()) -> str:
    """The rows of a model, without some of its properties; nothing if none is left."""
    left_out = {*without, *_TOLD_ELSEWHERE}
    rows = [_row(field) for field in fields_of(model) if _first(field) not in left_out]
    return "\n".join([_HEAD, *rows]) if rows else ""


def base_table(model: type[Element], base: type[Element]) -> str:
    """The rows of a model that come from a base."""
    return table(model, {field.name for field in fields_of(model)} - shared(model, base))


def shared(model: type[Element], base: type[Element]) -> set[str]:
    """The properties that a base gives to a model, and that mean the same there."""
    given = {
        str(field.alias): " ".join((field.description or "").split())
        for name, field in base.model_fields.items()
        if name in get_annotations(base)
    }
    return {field.name for field in fields_of(model) if given.get(field.name) == field.help}


def _first(field: Field) -> str:
    """The property of the model itself that a field is, or is part of."""
    return field.name.partition(".")[0].removesuffix("[]")


def _row(field: Field) -> str:
    kind = "[a loop](#loops)" if field.kind == "a loop" else field.kind
    default = "**required**" if field.required else _default(field.default)
    return f"| `{field.name}` | {kind} | {default} | {_cell(field.help)} |"


def _default(value: object) -> str:
    match value:
        case None | [] | {}:
            return "none"
        case dict():
            return "see below"
        case bool():
            return f"`{str(value).lower()}`"
    return f"`{value}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
