import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.flow.json_value import MalformedJson, UnkeepableJson, check_keepable, dumps, loads_strict


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"a": [1, 2.5, true, false, null, "x"]}', {"a": [1, 2.5, True, False, None, "x"]}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b' "\\ud83d\\ude00" ', "😀"),
        ('"é"'.encode(), "é"),
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775808", -(2**63)),
        (b"1.10", 1.1),
        (b"149.99", 149.99),
        (b"1e20", 1e20),
        (b"100000000000000000000.0", 1e20),
        (b"5e-324", 5e-324),
        (b"1.7976931348623157e308", 1.7976931348623157e308),
        (b"0.1", 0.1),
        (b"-0", 0),
        (b"[" * 64 + b"]" * 64, json.loads("[" * 64 + "]" * 64)),
    ],
)
def test_what_every_store_can_keep_is_read(data: bytes, expected: Any) -> None:
    value = loads_strict(data)
    assert value == expected
    assert type(value) is type(expected)


SYNTAX = [b"", b" ", b"{", b"{'a': 1}", b'{"a": 1,}', b"[1] 2", b"nul", b"01", b"1.", b".5", b"+1", b'"\t"']
CONSTANTS = [b"NaN", b"Infinity", b"-Infinity", b'{"a": NaN}']
ENCODINGS = [b'"\xff"', b'"\xed\xa0\x80"', b"\xef\xbb\xbf1", '{"a": 1}'.encode("utf-16")]


@pytest.mark.parametrize("data", [*SYNTAX, *CONSTANTS, *ENCODINGS])
def test_what_is_no_json_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedJson):
        loads_strict(data)


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        (b'{"data": {"items": [1, {"price": 1e400}]}}', "data.items[1].price", "out of range"),
        (b'{"n": 9223372036854775808}', "n", "64 bits"),
        (b'{"n": -9223372036854775809}', "n", "64 bits"),
        (b"[" + b"9" * 30 + b"]", "[0]", "64 bits"),
        (b'{"n": 0.1234567890123456789}', "n", "more digits"),
        (b'{"n": 12345678901234567.5}', "n", "more digits"),
        (b'{"n": 1e-400}', "n", "more digits"),
        (b'{"n": 1e-99999999999999999999}', "n", "more digits"),
        (b'{"n": 0.' + b"1" * 900 + b"}", "n", "more digits"),
        (b'{"a": "x\\u0000y"}', "a", "NUL"),
        (b'{"a\\u0000": 1}', "", "NUL"),
        (b'{"a": "\\ud800"}', "a", "surrogate"),
        (b'{"b": {"\\udc00": 1}}', "b", "surrogate"),
        (b'{"odd key": [{"": "\\u0000"}]}', '["odd key"][0][""]', "NUL"),
        (b'{"' + b"k" * 100_000 + b'": [1, "\\u0000"]}', '["' + "k" * 100 + '…"][1]', "NUL"),
        (b'{"a":' + b"[" * 64 + b"]" * 64 + b"}", "a" + "[0]" * 63, "deeper than 64"),
        (b"[" * 65 + b"]" * 65, "[0]" * 64, "deeper than 64"),
    ],
)
def test_what_a_store_cannot_keep_is_refused_with_its_path(data: bytes, path: str, message: str) -> None:
    with pytest.raises(UnkeepableJson) as caught:
        loads_strict(data)
    assert caught.value.path == path
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"a": float("nan")}, "data.a"),
        ({"a": [float("inf")]}, "data.a[0]"),
        ({"a": 2**63}, "data.a"),
        ({"a": (1, 2)}, "data.a"),
        ({"a": {1, 2}}, "data.a"),
        ({"a": b"x"}, "data.a"),
        ({1: "a"}, "data"),
        ({"a": "\udfff"}, "data.a"),
        (object(), "data"),
    ],
)
def test_a_value_of_python_that_is_not_json_is_refused(value: Any, path: str) -> None:
    with pytest.raises(UnkeepableJson) as caught:
        check_keepable(value, "data")
    assert caught.value.path == path
    with pytest.raises(UnkeepableJson):
        dumps(value)


def test_a_value_that_holds_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(UnkeepableJson, match="deeper than 64"):
        check_keepable(value)


def test_what_is_written_is_compact() -> None:
    assert dumps({"a": [1, "é", None, True]}) == '{"a":[1,"é",null,true]}'


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
)
keys = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=20)


@given(values)
def test_what_is_written_reads_back_as_the_same_value(value: Any) -> None:
    read = loads_strict(dumps(value).encode())
    assert repr(read) == repr(value)
