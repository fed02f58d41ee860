"""What forms, start data and messages are checked with."""

import re
import socket
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from workers.flow.schema import Bounds, SchemaError, compile_schema, ignored
from workers.flow.schema.document import refuse_circles

APPROVAL: Any = {
    "type": "object",
    "required": ["decision"],
    "properties": {
        "decision": {"enum": ["approved", "rejected"]},
        "items": {"type": "array", "items": {"type": "object", "properties": {"price": {"type": "number"}}}},
    },
    "additionalProperties": False,
}


def test_a_value_that_fits_has_no_errors() -> None:
    assert compile_schema(APPROVAL).errors({"decision": "approved", "items": [{"price": 1.5}]}) == []


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        ({}, "decision", "is required"),
        ({"decision": "maybe"}, "decision", 'must be one of "approved", "rejected"'),
        (
            {"decision": "approved", "items": [{"price": "1"}]},
            "items[0].price",
            "must be of type number, and is a string",
        ),
        ({"decision": "approved", "a note": 1}, '["a note"]', "is not allowed"),
        ([], "", "must be of type object, and is an array"),
        (None, "", "must be of type object, and is null"),
    ],
)
def test_an_error_says_where_and_what(value: Any, path: str, message: str) -> None:
    assert compile_schema(APPROVAL).errors(value) == [(path, message)]


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"properties": {"a": False}}, "a"),
        ({"patternProperties": {"^a": False}}, "a"),
        ({"propertyNames": {"maxLength": 0}}, ""),
        ({"unevaluatedProperties": False}, "a"),
        ({"dependentRequired": {"a": ["b"]}}, "b"),
    ],
)
def test_what_is_forbidden_or_missing_is_reported_at_its_own_path(schema: Any, path: str) -> None:
    assert [where for where, _ in compile_schema(schema).errors({"a": 1})] == [path]


def test_true_allows_everything_and_false_nothing() -> None:
    assert compile_schema(True).errors({"a": [1]}) == []
    assert compile_schema(False).errors(1) == [("", "is not allowed")]


def test_decimals_are_multiples_as_people_count() -> None:
    price = compile_schema({"multipleOf": 0.01})
    assert price.errors(19.99) == []
    assert price.errors(19.999) == [("", "must be a multiple of 0.01")]


def test_one_is_one_point_zero_but_not_true() -> None:
    assert compile_schema({"enum": [1]}).errors(1.0) == []
    assert compile_schema({"enum": [1]}).errors(True) != []
    assert compile_schema({"uniqueItems": True}).errors([1, 1.0]) != []
    assert compile_schema({"uniqueItems": True}).errors([1, True, "1", [1], {"a": 1}]) == []


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "strin"}, "type"),
        ({"properties": {"a": {"minLength": -1}}}, "properties.a.minLength"),
        ({"properties": []}, "properties"),
        ({"items": [{}]}, "items"),
        ({"allOf": []}, "allOf"),
        ({"required": ["a", "a"]}, "required"),
        ({"properties": {"a": 5}}, "properties.a"),
        ({"properties": {"a": {"pattern": "(?=x)"}}}, "properties.a.pattern"),
        ({"patternProperties": {"(a": {}}}, "patternProperties"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "$schema"),
        ({"items": {"$ref": "https://example.com/schema"}}, "items.$ref"),
        ({"$ref": "https://json-schema.org/draft/2020-12/schema"}, "$ref"),
        ({"$ref": "#/$defs/missing"}, "$ref"),
        ({"$ref": "#/x-parts/name", "x-parts": {"name": {"type": "text"}}}, "#/x-parts/name.type"),
        ({"$dynamicRef": "#nowhere"}, "$dynamicRef"),
        ("object", ""),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_with_its_path(schema: Any, path: str) -> None:
    with pytest.raises(SchemaError) as refused:
        compile_schema(schema)
    assert refused.value.path == path


@pytest.mark.parametrize(
    ("schema", "now"),
    [
        ({"items": [{}]}, "an array of schemas is `prefixItems` since draft 2020-12"),
        ({"maximum": 9, "exclusiveMaximum": True}, "it is the bound itself since draft 6"),
        ({"minimum": 9, "exclusiveMinimum": False}, "it is the bound itself since draft 6"),
        ({"properties": {"a": {"required": True}}}, "the object that has the property lists its name"),
    ],
)
def test_a_keyword_in_the_shape_of_an_earlier_draft_is_refused_with_the_present_one(
    schema: Any, now: str
) -> None:
    with pytest.raises(SchemaError, match=now):
        compile_schema(schema)


@pytest.mark.parametrize(
    ("schema", "path", "message"),
    [
        ({"dependencies": {"a": ["b"]}}, "dependencies", "write `dependentRequired` for lists of names and"),
        (
            {"properties": {"a": {"id": "a"}}},
            "properties.a.id",
            "is of draft 4 and says nothing here; write `$id`",
        ),
        ({"additionalItems": False}, "additionalItems", "write `items` beside `prefixItems`"),
        (
            {"$recursiveRef": "#"},
            "$recursiveRef",
            "is of draft 2019-09 and says nothing here; write `$dynamicRef`",
        ),
        ({"$recursiveAnchor": True}, "$recursiveAnchor", "write `$dynamicAnchor`"),
        ({"divisibleBy": 2}, "divisibleBy", "write `multipleOf`"),
        ({"extends": {}}, "extends", "write `allOf`"),
        ({"disallow": "null"}, "disallow", "write `not`"),
        ({"optional": True}, "optional", "`required` of the object"),
        ({"type": "string", "nullable": True}, "nullable", 'write `"type": ["string", "null"]`'),
        ({"maxLenght": 3}, "maxLenght", "is no keyword and says nothing; did you mean `maxLength`?"),
        ({"oneof": []}, "oneof", "did you mean `oneOf`?"),
        ({"allOf": [{"ref": "#/$defs/a"}]}, "allOf[0].ref", "did you mean `$ref`?"),
        ({"then": {}}, "then", "says nothing without `if`"),
        ({"else": {}}, "else", "says nothing without `if`"),
        ({"minContains": 2}, "minContains", "says nothing without `contains`"),
        ({"maxContains": 2}, "maxContains", "says nothing without `contains`"),
        (
            {"type": "integer", "maxLength": 3},
            "maxLength",
            "is about values of type string, and `type` allows none",
        ),
        ({"type": ["string", "null"], "minimum": 1}, "minimum", "is about values of type number"),
        ({"type": "array", "properties": {}}, "properties", "is about values of type object"),
        ({"type": "object", "items": {}}, "items", "is about values of type array"),
        ({"type": "number", "format": "date"}, "format", "is about values of type string"),
        ({"format": "regex"}, "format", '"regex" is not checked'),
        ({"format": "datetime"}, "format", '"datetime" is not checked; did you mean "date-time"?'),
        ({"$defs": {"a": {"minItem": 1}}}, "$defs.a.minItem", "did you mean `minItems`?"),
        ({"$ref": "#/x-parts/a", "x-parts": {"a": {"extends": {}}}}, "#/x-parts/a.extends", "write `allOf`"),
    ],
)
def test_what_looks_like_a_rule_and_is_none_is_told_with_its_present_form(
    schema: Any, path: str, message: str
) -> None:
    [(where, told)] = compile_schema(schema).ignored
    assert where == path
    assert told.startswith(f"`{re.split('[.]', path)[-1]}` ")
    assert message in told


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {"properties": {"dependencies": {"type": "string"}, "maxLenght": {}}},
        {"type": ["integer", "string"], "maximum": 1, "pattern": "a", "format": "uri"},
        {"type": "integer", "minimum": 1, "multipleOf": 2},
        {"if": {}, "then": {}, "else": {}, "contains": {}, "minContains": 0},
        {
            "$id": "https://example.com/a",
            "$comment": "a",
            "title": "a",
            "default": 1,
            "examples": [1],
            "const": 1,
        },
        {"definitions": {"a": {}}, "$ref": "#/definitions/a"},
        {
            "x-title": "a",
            "ui:order": ["a"],
            "widget": "radio",
            "placeholder": "a",
            "enumNames": ["a"],
            "unit": "kg",
        },
    ],
)
def test_what_says_what_it_looks_like_is_not_told(schema: Any) -> None:
    assert compile_schema(schema).ignored == []


def test_no_more_of_it_is_told_than_the_bounds_allow() -> None:
    schema: Any = {"properties": {f"p{number}": {"extends": {}} for number in range(9)}}
    assert len(compile_schema(schema, Bounds(ignored=5)).ignored) == 5


def test_only_so_many_unknown_words_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ignored, "MAX_GUESSES", 2)
    schema: Any = {"aaaa": 1, "bbbb": 1, "maxLenght": 1, "extends": {}}
    assert [path for path, _ in compile_schema(schema).ignored] == ["extends"]


@pytest.mark.parametrize("again", [{1: {1}}, {1: {2}, 2: {3}, 3: {1}}])
def test_references_that_only_come_back_to_themselves_are_refused(again: dict[int, set[int]]) -> None:
    with pytest.raises(SchemaError, match="a: refers to itself endlessly"):
        refuse_circles(again, {1: ("a", {})})
    refuse_circles({1: {2, 3}, 2: {3}, 3: set()}, {})


def test_a_recursive_schema_follows_its_value() -> None:
    tree = compile_schema({"type": "object", "properties": {"child": {"$ref": "#"}}})
    assert tree.errors({"child": {"child": {}}}) == []
    assert [path for path, _ in tree.errors({"child": {"child": 1}})] == ["child.child"]


def test_no_reference_opens_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("a schema reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(SchemaError):
        compile_schema({"$id": "https://example.com/a", "$ref": "b"})


def test_an_id_within_the_document_is_followed() -> None:
    schema = compile_schema(
        {"$id": "https://example.com/a", "$ref": "b", "$defs": {"b": {"$id": "b", "type": "integer"}}}
    )
    assert schema.errors(1) == []
    assert schema.errors("1") != []


def test_a_subschema_cannot_bring_back_the_library_s_own_dialect() -> None:
    dialect = "https://json-schema.org/draft/2020-12/schema"
    # What RE2 knows and Python's own expressions do not.
    schema = compile_schema({"properties": {"a": {"$schema": dialect, "pattern": "^\\pL+$"}}})
    assert schema.errors({"a": "Grüße"}) == []
    assert schema.errors({"a": "1"}) != []


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"pattern": "^(a|b)*$"}, "a" * 200 + "c"),
        ({"patternProperties": {"^\\pL+$": True}, "additionalProperties": False}, {"a1": 1}),
        ({"patternProperties": {"^\\pL+$": True}, "unevaluatedProperties": False}, {"a1": 1}),
        ({"uniqueItems": True}, [*range(200), *({"a": n} for n in range(200)), 1]),
        ({"uniqueItems": True}, [*(n * 1_000 for n in range(200)), 0]),
        ({"unevaluatedItems": False, "contains": {"type": "null"}}, [*range(200)]),
        ({"items": {"anyOf": [{"type": "null"}, {"type": "string"}]}}, [[nested(10)] * 20] * 20),
        ({"multipleOf": 0.1}, 10**400 + 1),
    ],
)
def test_what_the_library_does_in_its_own_way_is_within_few_steps(schema: Any, value: Any) -> None:
    errors = compile_schema(schema, Bounds(steps=3_000)).errors(value)
    assert "too large" not in str(errors)
    assert schema == {"multipleOf": 0.1} or errors


def test_a_schema_that_branches_at_each_level_gives_up_with_an_error() -> None:
    branch: Any = {"type": "array", "items": {"$ref": "#"}, "minItems": 2}
    schema: Any = {"anyOf": [branch, branch, {"const": 1, "not": True}]}
    errors = compile_schema(schema, Bounds(steps=500)).errors(nested(8))  # at 60 levels there are 2^60 ways
    assert errors == [("", "is too large to be checked by this schema")]


def test_nesting_too_deep_is_an_error_and_not_an_exception() -> None:
    follows = compile_schema({"items": {"$ref": "#"}}, Bounds(depth=20))
    assert follows.errors(nested(30)) == [("", "is nested too deeply to be checked")]
    assert follows.errors(nested(9)) == []


def test_errors_and_their_messages_are_bounded() -> None:
    schema = compile_schema({"items": {"maxLength": 1, "minItems": 9}})
    errors = schema.errors([*(["x" * 100_000] * 50), [[1] * 100_000]])
    assert len(errors) == 20
    assert all(len(message) < 200 for _, message in errors)


def test_threads_share_a_schema() -> None:
    schema = compile_schema(APPROVAL)
    wrong: list[object] = []

    def check(number: int) -> None:
        for _ in range(50):
            found = schema.errors({"decision": "approved" if number % 2 else "no"})
            if len(found) != 1 - number % 2:
                wrong.append(found)

    threads = [threading.Thread(target=check, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


VALUES = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 1.0, 2, 2.5, "", "a", "b", "ab"]),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.sampled_from("abc"), each, max_size=3),
    max_leaves=6,
)
COUNTS = st.integers(0, 3)


def schemas() -> st.SearchStrategy[Any]:
    def extend(each: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        parts = st.dictionaries(st.sampled_from("abc"), each, max_size=2)
        several = st.lists(each, min_size=1, max_size=3)
        return st.fixed_dictionaries(
            {},
            optional={
                "type": st.sampled_from(
                    ["object", "array", "integer", "string", ["null", "boolean", "number"]]
                ),
                "enum": st.lists(VALUES, max_size=3),
                "const": VALUES,
                "required": st.lists(st.sampled_from("abc"), unique=True, max_size=2),
                "properties": parts,
                "patternProperties": parts,
                "additionalProperties": each,
                "propertyNames": each,
                "dependentSchemas": parts,
                "dependentRequired": st.just({"a": ["b"]}),
                "items": each,
                "prefixItems": several,
                "contains": each,
                "minContains": COUNTS,
                "maxContains": COUNTS,
                "uniqueItems": st.booleans(),
                "minItems": COUNTS,
                "maxProperties": COUNTS,
                "minLength": COUNTS,
                "pattern": st.sampled_from(["^a", "b$"]),
                "multipleOf": st.sampled_from([1, 2, 0.5]),
                "minimum": COUNTS,
                "exclusiveMaximum": COUNTS,
                "allOf": several,
                "anyOf": several,
                "oneOf": several,
                "not": each,
                "if": each,
                "then": each,
                "else": each,
                "unevaluatedItems": each,
                "unevaluatedProperties": each,
                "$ref": st.sampled_from(["#/$defs/a", "#/$defs/b"]),
            },
        )

    inner = st.recursive(st.booleans(), extend, max_leaves=5)
    plain = inner.map(without_references)
    return st.builds(
        lambda schema, a, b: {
            **(schema if isinstance(schema, dict) else {"not": not schema}),
            "$defs": {"a": a, "b": b},
        },
        inner,
        plain,
        plain,
    )


def without_references(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {key: without_references(value) for key, value in schema.items() if key != "$ref"}
    return [without_references(each) for each in schema] if isinstance(schema, list) else schema


@settings(max_examples=150, deadline=None)
@given(schemas(), VALUES)
def test_what_is_valid_is_what_the_library_says(schema: Any, value: Any) -> None:
    assert (compile_schema(schema).errors(value) == []) == Draft202012Validator(schema).is_valid(value)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["type", "enum", "required", "properties", "items", "allOf", "minLength", "pattern", "$ref"]
        ),
        VALUES | st.just("array") | st.just(["string"]),
        max_size=3,
    )
)
def test_a_schema_is_accepted_only_if_the_metaschema_accepts_it(schema: Any) -> None:
    try:
        compile_schema(schema)
    except SchemaError:
        return
    Draft202012Validator.check_schema(schema)
