"""YAML with comments is read back as the data that it was made of, whatever names and texts are in it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from penstock.scaffolding.commented import Noted, commented_yaml, plain
from penstock.source.model import SourceFile
from penstock.source.reading.yaml_reader import read_documents

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
SCALARS = TEXTS | st.booleans() | st.integers(-(2**40), 2**40) | st.none()
LEAVES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(TEXTS, SCALARS, max_size=3)
NOTED = LEAVES | st.builds(Noted, LEAVES, TEXTS)
DOCUMENTS = st.dictionaries(TEXTS, NOTED | st.dictionaries(TEXTS, NOTED, max_size=4), min_size=1, max_size=4)


def read(text: str) -> Any:
    """The one document of a text, which the strict reader has nothing to say of."""
    documents, diagnostics = read_documents(SourceFile("specs/a.yaml", "", text))
    assert diagnostics == []
    (document,) = documents
    return document.value


@given(DOCUMENTS)
@settings(max_examples=200, deadline=None)
@example({"spec": {"no": Noted("yes", "Was `no\n- a: b`.")}})
@example({"spec": Noted({"columns": {f"a: {number} #": 0 for number in range(300)}}, "\x1b[0m\u2028 x")})
@example({"spec": [{"a": Noted("b" * 200, "why"), "c": ["d"]}]})
def test_it_is_read_as_what_it_was_made_of(document: dict[str, Any]) -> None:
    assert read(commented_yaml(document)) == plain(document)


def test_a_comment_stands_above_its_key_and_no_line_is_long() -> None:
    text = commented_yaml({"spec": {"a": Noted(1, "word " * 60 + "\nand more")}})
    lines = text.splitlines()
    assert lines[-1] == "  a: 1"
    assert lines[-2] == "  # and more"
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("name", ["a\nb: c", "# x", "'", '"', "\t", "- a", "{", "\x00", "é", "no", "1_000", "1:30"])
def test_a_name_in_a_comment_ends_no_line(name: str) -> None:
    assert read(commented_yaml({name: Noted({name: name}, f"`{name}` is out.")})) == {name: {name: name}}
