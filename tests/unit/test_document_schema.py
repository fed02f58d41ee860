"""The public JSON Schema says what compiles, of every type of node."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.examples import RUNS, definition_of
from tests.flows import Json
from tests.unit.test_compile_hostile import damage
from tests.unit.whole import WHOLE
from workers.flow.catalogue.models import EVENTS, NODES, public_schema
from workers.flow.compiler.compile import compile_flow

SCHEMA = public_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
EXAMPLES = sorted((Path(__file__).parent.parent.parent / "examples").glob("*.json"))
DOCUMENTS = [WHOLE, *(json.loads(file.read_text()) for file in EXAMPLES), *map(definition_of, RUNS)]

#: What a schema can see.
STRUCTURAL = {"UNKNOWN_PROPERTY", "MISSING_PROPERTY"}


def test_the_schema_is_one_itself_and_says_which() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"]


def test_every_part_and_every_property_is_described() -> None:
    for name, model in {"Flow": SCHEMA, **SCHEMA["$defs"]}.items():
        assert model["description"].endswith("."), name
        for key, part in model.get("properties", {}).items():
            assert part["title"] == key
            assert part["description"].endswith("."), (name, key)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document["name"]))
def test_what_compiles_is_valid(document: Json) -> None:
    assert compile_flow(document)[0] is not None
    assert VALIDATOR.is_valid(document)


def test_the_whole_language_is_in_the_documents_that_are_tried() -> None:
    nodes = [each for document in DOCUMENTS for each in objects(document["nodes"])]
    assert {each["type"] for each in nodes if {"id", "type"} <= each.keys()} == set(NODES)
    events = {type for types in EVENTS.values() for type in types}
    assert {each["event"]["type"] for each in nodes if "event" in each} == events


def objects(value: Any) -> Iterator[Json]:
    """The objects in a list of nodes that the language has names for."""
    if isinstance(value, list):
        for each in value:
            yield from objects(each)
    elif isinstance(value, dict):
        yield value
        for key in ("nodes", "sequenceFlows", "associations", "event", "loop", "throws", "retry"):
            yield from objects(value.get(key))


def test_a_misspelt_property_is_refused_wherever_it_stands() -> None:
    document = deepcopy(WHOLE)
    everything = [document, *objects(document["nodes"]), *objects(document["sequenceFlows"])]
    for each in everything:
        each["idd"] = "x"
    problems = [problem for problem in compile_flow(document)[1] if problem.code == "UNKNOWN_PROPERTY"]
    assert len({problem.path for problem in problems}) == len(everything)
    closed = {name for name, model in SCHEMA["$defs"].items() if model.get("additionalProperties") is False}
    assert closed == SCHEMA["$defs"].keys() - {"JsonValue"}
    assert not VALIDATOR.is_valid({**WHOLE, "idd": "x"})


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(DOCUMENTS))
def test_schema_and_compiler_agree_on_damaged_documents(data: st.DataObject, document: Json) -> None:
    damaged = deepcopy(document)
    damage(damaged, data)
    graph, problems = compile_flow(damaged)
    if graph is not None:
        assert VALIDATOR.is_valid(damaged)
    if {problem.code for problem in problems} & STRUCTURAL:
        assert not VALIDATOR.is_valid(damaged)
