"""Secrets do not show in what is kept."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from pydantic import JsonValue

from workers.mask import mask

SECRET = 'p/ß+ "q"\n=😀~?>x'


def test_every_string_and_key_is_searched() -> None:
    value: JsonValue = {"a hush": ["hush", {"b": "Bearer hush, hush"}], "n": 1, "t": True, "z": None}
    assert mask(value, ["hush"]) == {"a ***": ["***", {"b": "Bearer ***, ***"}], "n": 1, "t": True, "z": None}


def test_what_holds_no_secret_stays_as_it_is() -> None:
    value: JsonValue = {"a": ["b", 1.5, {}], "": []}
    assert mask(value, []) == value
    assert mask(value, ["", "other"]) == value


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote(SECRET, safe="").lower(),
        quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        json.dumps(SECRET)[1:-1].replace("/", r"\/").replace(">", r"\u003E"),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
        quote(base64.b64encode(SECRET.encode()).decode(), safe=""),
    ],
)
def test_a_secret_is_found_in_each_of_its_spellings(form: str) -> None:
    assert mask(f"<{form}>", [SECRET]) == "<***>"


def test_the_longest_secret_wins_and_overlaps_leave_nothing() -> None:
    assert mask("token-and-more", ["token", "token-and-more"]) == "***"
    assert mask("1234567890", ["12345", "34567890"]) == "***"
    assert mask("tokentoken", ["token"]) == "******"


def test_a_short_secret_is_masked_only_as_a_whole_value() -> None:
    assert mask({"abc": ["abc", "abcd", "xabc", "YWJj"]}, ["abc"]) == {"abc": ["***", "abcd", "xabc", "***"]}
    assert mask("abcd-abcde", ["abcd"]) == "***-***e"


def test_characters_that_mean_something_to_a_pattern_are_only_characters() -> None:
    assert mask("a.c* axcc", ["a.c*"]) == "*** axcc"
    assert mask(r"\d{4} 1234", [r"\d{4}"]) == "*** 1234"
    assert mask("\ud800abc!", ["\ud800abc"]) == "***!"
