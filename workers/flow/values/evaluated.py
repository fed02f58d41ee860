"""The value of a templated property, and how its secrets are put in just before a call."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote as percent_quote

from workers.flow.json_value import JsonValue
from workers.flow.values.expression import Undefined

MASK = "***"
"""The text that stands in the place of a secret."""

Quote = Callable[[str], str]
Part = str | dict[str, JsonValue]
"""Literal text, or `{"secret": NAME}`, with `"quoted": true` where the secret is to be quoted."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The value of a templated property, without any secret. Both fields can be stored as JSON.

    `secrets` has, by JSON pointer, the parts of each text of `value` that has a mask. Because it goes by
    place, no text in the data can be taken for a secret.
    """

    value: "JsonValue | Undefined"
    secrets: dict[str, list[Part]] = field(default_factory=dict)


def reveal(evaluated: Evaluated, lookup: Callable[[str], str], *, quote: Quote | None = None) -> JsonValue:
    """The value with its secrets put in, quoted by `quote` (percent encoding) where the template was.

    What `lookup` raises for an unknown name passes through. Undefined becomes null.
    """
    texts: dict[str, Any] = {}
    for pointer, parts in evaluated.secrets.items():
        made = [part if isinstance(part, str) else _secret(part, lookup, quote) for part in parts]
        inside, *steps = pointer.split("/")
        around = texts
        for step in steps:
            around = around.setdefault(inside, {})
            inside = step.replace("~1", "/").replace("~0", "~")
        around[inside] = "".join(made)
    value = None if isinstance(evaluated.value, Undefined) else evaluated.value
    return _replaced(value, texts[""]) if texts else value


def percent_encode(text: str) -> str:
    """The text as a part of a URL: everything but unreserved characters is percent-encoded."""
    return percent_quote(text, safe="")


def _secret(part: dict[str, JsonValue], lookup: Callable[[str], str], quote: Quote | None) -> str:
    text = lookup(str(part["secret"]))
    return (quote or percent_encode)(text) if part.get("quoted") else text


def _replaced(value: JsonValue, texts: Any) -> JsonValue:
    """The value with texts in their places, copied along the ways there."""
    if isinstance(texts, str):
        return texts
    if isinstance(value, dict):
        return {**value, **{key: _replaced(value[key], inside) for key, inside in texts.items()}}
    if isinstance(value, list):
        copy = [*value]
        for at, inside in texts.items():
            copy[int(at)] = _replaced(copy[int(at)], inside)
        return copy
    raise ValueError("the secrets do not belong to this value")
