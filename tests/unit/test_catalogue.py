"""The catalogue says of each type of node and each kind of event all that a palette and a panel show."""

import re
from typing import Any

import pytest

from workers.flow.catalogue import TYPES
from workers.flow.catalogue.events import EVENT_TYPES
from workers.flow.catalogue.fields import Field, fields_of
from workers.flow.catalogue.http_task import HttpTask
from workers.flow.catalogue.models import EVENTS, NODES
from workers.flow.catalogue.node_type import NodeType
from workers.flow.catalogue.palette import GROUPS, Entry, palette
from workers.flow.catalogue.script_task import ScriptTask
from workers.flow.document.element import constant

ENTRIES = [entry for entries in palette().values() for entry in entries]

#: The icons of bpmn-font that are used, by what their names begin with.
_ICONS = {
    "": "task user-task manual-task script-task service-task send-task receive-task transaction",
    "call-": "activity",
    "gateway-": "xor or parallel eventbased",
    "start-event-": "none message timer escalation condition error compensation signal",
    "end-event-": "none message escalation error cancel compensation signal terminate",
    "intermediate-event-": "none",
    "intermediate-event-catch-": "message timer escalation condition link error cancel compensation signal",
    "intermediate-event-throw-": "message escalation link compensation signal",
    "subprocess-": "expanded",
    "event-subprocess-": "expanded",
}
ICONS = {f"bpmn-icon-{stem}{end}" for stem, ends in _ICONS.items() for end in ends.split()}


def test_the_palette_has_each_type_and_each_event_that_a_node_may_have_in_its_group() -> None:
    assert tuple(palette()) == GROUPS
    names = [entry.name for entry in ENTRIES]
    assert len(names) == len(set(names))
    assert {entry.node.type for entry in ENTRIES} == set(NODES)
    pairs = {f"{type_} {event}" for type_, model in NODES.items() for event in EVENTS.get(model, ())}
    assert pairs <= set(names)
    for group, entries in palette().items():
        assert all(entry.node.group == group for entry in entries)


def test_every_event_that_a_node_may_have_is_a_kind_of_the_catalogue() -> None:
    models = {model for each in EVENT_TYPES for model in each.models}
    assert {model for events in EVENTS.values() for model in events.values()} == models
    for each in EVENT_TYPES:
        assert {constant(model, "type") for model in each.models} == {each.type}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: str(entry.name))
def test_an_entry_has_a_title_a_help_and_an_icon_of_the_font(entry: Entry) -> None:
    assert entry.title[0].isupper()
    assert entry.help.endswith(".")
    assert entry.icon in ICONS


def test_entries_of_one_group_have_titles_that_differ() -> None:
    for entries in palette().values():
        titles = [entry.title for entry in entries]
        assert len(titles) == len(set(titles))


@pytest.mark.parametrize("type_", TYPES, ids=lambda type_: str(type_.name))
def test_a_panel_has_a_field_with_a_label_and_help_for_each_property_of_a_type(type_: NodeType[Any]) -> None:
    fields = {field.name: field for field in fields_of(type_.model)}
    aliases = {field.alias: field.is_required() for field in type_.model.model_fields.values()}
    assert {name: fields[str(name)].required for name in aliases} == aliases
    for field in fields.values():
        assert field.help.endswith(".")
        assert re.fullmatch(r"[A-Z][a-z0-9 ]*", field.label)


def test_a_field_says_what_it_may_be_and_leads_into_objects() -> None:
    script = {field.name: field for field in fields_of(ScriptTask)}
    assert script["resultVariable"] == Field(
        "resultVariable",
        "string",
        "The variable that gets the result; without it, an object merges into the variables by key.",
        required=False,
        default=None,
    )
    assert script["resultVariable"].label == "Result variable"
    http = {field.name: (field.kind, field.required) for field in fields_of(HttpTask)}
    assert http["input.url"] == ("string", True)
    assert http["retry.maxAttempts"] == ("integer, 1 to 100", False)
    assert http["throws[].when"] == ("string", True)
