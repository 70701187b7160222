"""Values by name as text: the same as a mapping would give, of few names and of many, whatever the names hold."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.source import keyed_jsonl
from penstock.source.keyed_jsonl import KeyedLines
from source.strategies import texts, values

mappings = st.dictionaries(texts, values.filter(lambda value: value is not None), max_size=6)
changes = st.dictionaries(texts, values, max_size=6)


@pytest.fixture(params=[0, 1000], ids=["as many", "as few"])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has every number of names handled the one way or the other."""
    monkeypatch.setattr(keyed_jsonl, "FEW", request.param)


def same(values: Any) -> Any:
    """Values as JSON gives them back."""
    return orjson.loads(orjson.dumps(values))


@pytest.mark.usefixtures("few")
def test_what_was_written_is_found() -> None:
    @given(mappings)
    def check(written: dict[str, Any]) -> None:
        found = KeyedLines().updated(written)
        assert dict(found.decoded()) == found.get_many(written) == same(written)
        assert {name: found.get(name) for name in written} == same(written)
        assert len(found) == len(written)

    check()


@pytest.mark.usefixtures("few")
def test_a_change_leaves_the_others_as_they_were() -> None:
    @given(mappings, changes)
    def check(before: dict[str, Any], change: dict[str, Any]) -> None:
        found = KeyedLines().updated(before).updated(change)
        wanted = {name: value for name, value in {**before, **change}.items() if value is not None}
        assert dict(found.decoded()) == same(wanted)

    check()


@pytest.mark.usefixtures("few")
def test_whoever_mentions_a_text_is_found() -> None:
    @given(st.dictionaries(texts, st.lists(texts), max_size=6), st.lists(texts, max_size=4))
    def check(written: dict[str, list[str]], sought: list[str]) -> None:
        holding = {name for name, held in written.items() if not set(sought).isdisjoint(held)}
        assert holding <= KeyedLines().updated(written).keys_mentioning(sought)

    check()


@pytest.mark.usefixtures("few")
def test_a_text_that_is_only_part_of_another_is_not_mentioned() -> None:
    found = KeyedLines().updated({"one": ["spec:Model/a"], "spec:Model/b": [], "two": ["spec:Model/ab", "x"]})
    assert found.keys_mentioning(["spec:Model/a", "spec:Model/b"]) == {"one"}


@pytest.mark.usefixtures("few")
def test_a_text_with_quotes_is_found_among_the_others() -> None:
    found = KeyedLines().updated({"one": ['file:a "b".py'], "two": ["file:a"], "three": ["b"]})
    assert found.keys_mentioning(['file:a "b".py', "file:a"]) == {"one", "two"}


def test_a_change_that_is_none_gives_the_very_same() -> None:
    found = KeyedLines().updated({"a": 1, "b": [2]})
    assert found.updated({"b": [2]}) is found.updated({}) is found
