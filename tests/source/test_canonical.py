"""Canonical JSON: one byte string for each value, as RFC 8785 has it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.source.canonical import bytes_digest, canonical_json, digest
from penstock.source.writing.emit_json import emit_json
from source.strategies import values


def test_numbers_are_written_as_in_the_examples_of_the_rfc() -> None:
    numbers = {
        0.0: "0", 5e-324: "5e-324", -5e-324: "-5e-324", 1.7976931348623157e308: "1.7976931348623157e+308",
        9007199254740992.0: "9007199254740992", 295147905179352830000.0: "295147905179352830000",
        9.999999999999997e22: "9.999999999999997e+22", 1e23: "1e+23", 999999999999999700000.0: "999999999999999700000",
        1e21: "1e+21", 333333333.33333329: "333333333.3333333", 4.5: "4.5", 2e-3: "0.002", 1e-27: "1e-27",
        1e-6: "0.000001", 1e-7: "1e-7",
    }  # fmt: skip
    for number, text in numbers.items():
        assert canonical_json(number).decode() == text


def test_keys_are_in_the_order_of_their_utf16_code_units() -> None:
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\u00f6": 7}
    assert list(json.loads(canonical_json(value))) == ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_text_is_escaped_as_little_as_can_be() -> None:
    assert canonical_json('€$\u000f\nA\'B"\\"/\x7f') == b'"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\"/\x7f"'


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_kept(number: float) -> None:
    assert float(canonical_json(number)) == number


@given(values)
def test_everything_else_is_kept_too(value: Any) -> None:
    assert json.loads(canonical_json(value), parse_int=float) == json.loads(json.dumps(value), parse_int=float)


def test_a_digest_does_not_depend_on_order_or_on_how_a_number_is_written() -> None:
    assert digest({"a": 1, "b": [1.0, 2]}) == digest({"b": (1, 2.0), "a": 1.0})
    assert digest({"a": [1, 2]}) != digest({"a": [2, 1]})
    assert (
        digest({}) == bytes_digest(b"{}") == "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    )


@pytest.mark.parametrize("value", [math.nan, [math.inf]])
def test_what_json_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="not finite"):
        canonical_json(value)


@pytest.mark.parametrize("value", [{1: 2}, {"a": {1, 2}}, {"a": 2**64}, {"a": b""}])
def test_what_is_no_plain_data_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)
    with pytest.raises(TypeError):
        emit_json(value)


def test_json_for_people_has_an_entry_a_line_where_a_line_does_not_hold_them_all() -> None:
    value = {"b": [1, 2.50], "a": {"é": None}, "long": ["x" * 60, {"y": "z" * 60}]}
    assert emit_json({"b": [1, 2.50]}) == '{"b":[1,2.5]}'
    assert emit_json(value).splitlines() == [
        "{", '  "b": [1,2.5],', '  "a": {"é":null},', '  "long": [', f'    "{"x" * 60}",', f'    {{"y":"{"z" * 60}"}}',
        "  ]", "}",
    ]  # fmt: skip


@given(values)
def test_json_for_people_keeps_every_value(value: Any) -> None:
    assert json.loads(emit_json(value)) == json.loads(json.dumps(value))
