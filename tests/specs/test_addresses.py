"""An address names one place, and a place has one address."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.specs.addresses import Address, AddressError, locate, resolve

GATE = {"model": "delay", "rules": [{"id": "quality", "atLeast": 0.7}, {"id": "speed", "latency": {"p99": "20ms"}}]}

WORDS = st.from_regex(r"[A-Za-z_]\w{0,6}", fullmatch=True)
TEXTS = st.text(st.sampled_from("ab1_ .-[]{}/é"), min_size=1, max_size=6).filter(
    lambda text: "]." not in text and "][" not in text
)
"""Names of columns are whatever a file calls them: `No.`, `Price [EUR]`."""
KEYS = st.one_of(WORDS, TEXTS)
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)


def _items(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    named = st.lists(st.tuples(NAMES, inner), max_size=3, unique_by=lambda pair: pair[0]).map(
        lambda pairs: [{"id": name, "value": value} for name, value in pairs]
    )
    return st.one_of(st.lists(st.integers(), max_size=3), named)


SPECS = st.recursive(
    st.integers(), lambda inner: st.one_of(st.dictionaries(KEYS, inner, max_size=3), _items(inner)), max_leaves=12
)


def pointers(value: Any) -> list[tuple[str | int, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(), *((step, *rest) for step, item in below for rest in pointers(item))]


@given(SPECS, st.data())
def test_resolve_is_the_inverse_of_locate(spec: Any, data: st.DataObject) -> None:
    pointer = data.draw(st.sampled_from(pointers(spec)))
    address = locate("Gate", "release", spec, pointer)
    assert resolve(address, spec) == pointer
    assert Address.parse(str(address)) == address


def test_items_are_known_by_their_id_whatever_their_position() -> None:
    address = Address.parse("Gate/release.rules[speed].latency.p99")
    assert resolve(address, GATE) == ("rules", 1, "latency", "p99")
    assert resolve(address, {**GATE, "rules": GATE["rules"][::-1]}) == ("rules", 0, "latency", "p99")


@pytest.mark.parametrize("name", ["No.", ".5", "Price [EUR]", "[EUR]", "a b", "a.b", "[", "]"])
def test_a_key_of_any_characters_has_an_address(name: str) -> None:
    spec = {"columns": {name: {"type": "int"}}}
    address = locate("Dataset", "prices", spec, ("columns", name, "type"))
    assert resolve(Address.parse(str(address)), spec) == ("columns", name, "type")


def test_a_place_that_is_not_there_resolves_to_nothing() -> None:
    assert resolve(Address.parse("Gate/release.rules[nope]"), GATE) is None
    assert resolve(Address.parse("Gate/release.model.deeper"), GATE) is None


@pytest.mark.parametrize(
    "wrong", ["", "gate/release", "Gate", "Gate/release..x", "Gate/release.rules[", "Gate/Release"]
)
def test_what_is_no_address_says_what_one_looks_like(wrong: str) -> None:
    with pytest.raises(AddressError, match="is not a valid address"):
        Address.parse(wrong)
