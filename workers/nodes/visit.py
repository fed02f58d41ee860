"""The input that a visit to a node with outside effect keeps, so that each attempt does the same."""

import hashlib

import orjson

from workers.flow.json_value import JsonValue
from workers.semantics.step import Step


def keep_input(step: Step, value: JsonValue, secrets: JsonValue) -> dict[str, JsonValue]:
    """What the token keeps: the input with its secrets masked, what puts them in, and the Idempotency-Key."""
    told = [step.token.id, step.token.activation, value, secrets]
    return {"value": value, "secrets": secrets, "key": hashlib.sha256(orjson.dumps(told)).hexdigest()[:40]}
