"""The formats of JSON Schema 2020-12, case by case: what its test suite asks of them, in texts of our own."""

import json
from pathlib import Path
from typing import Any

import pytest

from workers.flow.schema import Bounds, compile_schema
from workers.flow.schema.formats import EXAMPLES, FORMATS

#: Of each format: texts that fit it as its RFC has it, and texts that do not.
CASES: dict[str, dict[str, list[str]]] = json.loads(
    Path(__file__).with_name("formats.json").read_text("utf-8")
)


def test_every_format_that_is_asserted_has_its_cases() -> None:
    assert CASES.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", CASES)
def test_what_the_rfc_allows_fits_its_format(name: str) -> None:
    schema = compile_schema({"format": name})
    assert [text for text in CASES[name]["fits"] if schema.errors(text)] == []


@pytest.mark.parametrize("name", CASES)
def test_what_the_rfc_does_not_allow_is_wrong(name: str) -> None:
    schema = compile_schema({"format": name})
    assert [text for text in CASES[name]["wrong"] if not schema.errors(text)] == []


@pytest.mark.parametrize("name", CASES)
def test_a_message_shows_a_text_that_would_fit(name: str) -> None:
    schema = compile_schema({"format": name})
    [(path, message)] = schema.errors("\\ ")
    assert (path, message) == ("", f'must be of format "{name}", such as {EXAMPLES[name]}')
    assert schema.errors(EXAMPLES[name]) == []


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_about_texts_only(name: str) -> None:
    values: list[Any] = [None, True, 7, 1.5, [], {}]
    assert [compile_schema({"format": name}).errors(value) for value in values] == [[]] * 6


@pytest.mark.parametrize("name", ["regex", "phone"])
def test_another_format_is_an_annotation(name: str) -> None:
    assert compile_schema({"format": name}).errors("(") == []


@pytest.mark.parametrize(
    ("name", "text", "steps"),
    [
        ("uri", "https://example.com/" + "a%20" * 12_500, 1_000),
        ("email", "a." * 25_000 + "a@example.com", 1_000),
        ("json-pointer", "/~0" * 16_000, 1_000),
        ("ipv6", "1:" * 25_000, 1_000),
        ("date-time", "2026-01-31T09:15:00." + "1" * 50_000, 1_000),
        ("idn-hostname", "ä" * 50_000, 2_000),
    ],
)
def test_a_long_text_costs_what_its_length_does(name: str, text: str, steps: int) -> None:
    large = [("", "is too large to be checked by this schema")]
    assert compile_schema({"format": name}, Bounds(steps=steps)).errors(text) != large
    assert compile_schema({"format": name}, Bounds(steps=steps // 4)).errors(text) == large


def test_a_host_name_of_another_script_costs_more_than_one_of_ascii() -> None:
    hosts = compile_schema({"items": {"format": "idn-hostname"}}, Bounds(steps=1_000))
    assert hosts.errors(["b" * 50] * 50) == []
    assert hosts.errors(["ü" * 50] * 50) == [("", "is too large to be checked by this schema")]
