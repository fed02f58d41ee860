"""The reference of the flow language is what the code gives, and has everything in it."""

import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from models.incident_code import IncidentCode
from workers.flow.catalogue.events import EVENT_TYPES
from workers.flow.catalogue.loop_type import LOOP_TYPES
from workers.flow.catalogue.models import EVENTS, IMPLEMENTATIONS, NODES, public_schema
from workers.flow.catalogue.palette import palette
from workers.flow.document.activity import LOOPS
from workers.flow.reference.__main__ import DOCS, texts
from workers.flow.reference.example import all_nodes, entries_of, read_examples
from workers.flow.reference.page import entry_names

EXAMPLES = read_examples(DOCS / "examples")
CODE = Path(__file__).parent.parent.parent / "workers"
FOLDERS = ("flow", "engine", "semantics", "outbound")

#: Never reached by a token: its handler is.
UNVISITED = {"boundaryEvent compensation"}


@pytest.mark.parametrize("name", ["flow.schema.json", "nodes.md", "incidents.md"])
def test_what_is_committed_is_what_make_docs_writes(name: str) -> None:
    assert (DOCS / name).read_text() == texts()[name], "run `make docs`"


def test_every_type_event_implementation_and_loop_is_an_entry() -> None:
    found = set(entry_names())
    assert found >= {f"serviceTask {name}" for name in IMPLEMENTATIONS} | {f"loop {kind}" for kind in LOOPS}
    pairs = ((type_, EVENTS.get(model, {})) for type_, model in NODES.items())
    assert found >= {f"{type_} {event}" for type_, events in pairs for event in events}


@pytest.mark.parametrize("entry", [*entry_names()])
def test_every_entry_has_an_example_in_which_a_token_comes_there(entry: str) -> None:
    shown = [example for example in EXAMPLES if entry in example.run["shows"]]
    reached = {
        node["id"]
        for example in shown
        for node in all_nodes(example.definition)
        if entry in entries_of(node) and (entry in UNVISITED or node["id"] in example.run["visits"])
    }
    assert reached


def test_every_example_is_valid_by_the_public_schema() -> None:
    validator = Draft202012Validator(public_schema())
    assert [example.name for example in EXAMPLES if not validator.is_valid(example.definition)] == []


def test_every_rule_belongs_to_an_entry_and_names_codes_that_there_are() -> None:
    entries = [entry for group in palette().values() for entry in group]
    types = {each.node.type for each in entries}
    assert {type_ for each in EVENT_TYPES for type_ in each.rules} <= types
    source = "".join(file.read_text() for folder in FOLDERS for file in _python(folder))
    app = "".join(file.read_text() for file in (CODE.parent / "app").rglob("*.py"))
    for rules in (*(each.rules for each in entries), *(each.rules for each in LOOP_TYPES)):
        for code in re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", rules):
            assert code in IncidentCode.__members__ or f'"{code}"' in source + app, code


def _python(folder: str) -> list[Path]:
    return sorted((CODE / folder).rglob("*.py"))
