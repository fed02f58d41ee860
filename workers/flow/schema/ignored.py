"""What in a JSON Schema looks like a rule and is none in draft 2020-12. It is told when a flow is published.

The standard lets a schema hold any other word, so none of this is refused.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from workers.flow.problem import nearest, quoted
from workers.flow.schema.formats import FORMATS
from workers.flow.schema.shapes import KEYWORDS
from workers.flow.values.path import join, shown

# What had a meaning before, or has one in OpenAPI 3.0: where it comes from, and how it is written now.
_FORMER: Final = {
    "$recursiveAnchor": ("draft 2019-09", "`$dynamicAnchor`"),
    "$recursiveRef": ("draft 2019-09", "`$dynamicRef`"),
    "additionalItems": ("draft 2019-09", "`items` beside `prefixItems`"),
    "dependencies": (
        "draft 7",
        "`dependentRequired` for lists of names and `dependentSchemas` for schemas",
    ),
    "disallow": ("draft 3", "`not`"),
    "divisibleBy": ("draft 3", "`multipleOf`"),
    "extends": ("draft 3", "`allOf`"),
    "id": ("draft 4", "`$id`"),
    "nullable": ("OpenAPI 3.0", '`"type": ["string", "null"]`, with the type in question'),
    "optional": ("draft 2", "the names of the others in `required` of the object"),
}
# What says nothing without another keyword beside it.
_BESIDE: Final = {"else": "if", "maxContains": "contains", "minContains": "contains", "then": "if"}
# The only type that a keyword is about.
_ABOUT: Final = {
    **dict.fromkeys(("contains", "items", "maxItems", "minItems", "prefixItems", "uniqueItems"), "array"),
    **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"), "number"),
    **dict.fromkeys(("additionalProperties", "dependentRequired", "dependentSchemas"), "object"),
    **dict.fromkeys(("maxProperties", "minProperties", "patternProperties"), "object"),
    **dict.fromkeys(("properties", "propertyNames", "required"), "object"),
    **dict.fromkeys(("format", "maxLength", "minLength", "pattern"), "string"),
}

MAX_GUESSES: Final = 200
"""Unknown words of a schema that are compared with those there are: each takes about a millisecond."""


def ignored(schemas: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[tuple[str, str]]:
    """What says nothing in subschemas, which are given with their paths: (path of a keyword, message)."""
    guesses: dict[str, str | None] = {}
    for path, schema in schemas:
        for keyword, value in schema.items():
            message = _known(keyword, value, schema) if keyword in KEYWORDS else _unknown(keyword, guesses)
            if message:
                yield join(path, keyword), f"{quoted(keyword)} {message}"


def _known(keyword: str, value: Any, schema: dict[str, Any]) -> str | None:
    beside, about = _BESIDE.get(keyword), _ABOUT.get(keyword)
    if beside is not None and beside not in schema:
        return f"says nothing without {quoted(beside)}"
    if keyword == "format" and value not in FORMATS:
        meant = nearest(value, FORMATS, cutoff=0.75)
        return f"{shown(value)} is not checked" + (f"; did you mean {shown(meant)}?" if meant else "")
    types = schema.get("type", about)
    names = {
        "number" if name == "integer" else name
        for name in ([types] if isinstance(types, str) else types or ())
    }
    if about is not None and about not in names:
        return f"is about values of type {about}, and `type` allows none"
    return None


def _unknown(keyword: str, guesses: dict[str, str | None]) -> str | None:
    if keyword in _FORMER:
        draft, now = _FORMER[keyword]
        return f"is of {draft} and says nothing here; write {now}"
    if keyword.startswith("x-") or ":" in keyword:
        return None  # as extensions are named
    if keyword not in guesses and len(guesses) < MAX_GUESSES:
        guesses[keyword] = nearest(keyword, KEYWORDS, cutoff=0.75)
    meant = guesses.get(keyword)
    return f"is no keyword and says nothing; did you mean {quoted(meant)}?" if meant else None
