"""The input that a visit to a node with outside effect keeps, so that each attempt does the same."""

import hashlib
from collections.abc import Mapping

import orjson

from workers.flow.json_value import JsonValue
from workers.flow.values.template import Part
from workers.semantics.memory import VisitInput
from workers.semantics.step import Step


def visit_input(step: Step, value: JsonValue, secrets: Mapping[str, list[Part]]) -> VisitInput:
    """The input with its secrets masked, what puts them in, and an Idempotency-Key that tells this visit."""
    told = [step.token.id, step.token.activation, value, secrets]
    return VisitInput(value, secrets, hashlib.sha256(orjson.dumps(told)).hexdigest()[:40])
