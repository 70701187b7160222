"""Spans: under exactly what is asked for, however the value is written."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.diagnostics.model import Span
from penstock.source.model import Document, Pointer, SourceFile
from penstock.source.reading.yaml_reader import read_documents

TEXT = """\
# a comment
kind: Dataset
metadata: {name: flights, "owner": me}
spec:
  rules:
    - {id: quality}

    - id: speed   # in time
      sql: |
        select é
          from x

  shared: &one
    deep: 'it''s'
  again: *one
  escaped: "a\\tb\\u00e9 \\"c\\""
  folded: >-
    one
    two

  plain: first
    second
"""


def documents(text: str = TEXT) -> list[Document]:
    found, diagnostics = read_documents(SourceFile("specs/a.yaml", "", text))
    assert diagnostics == []
    return found


def text_of(span: Span, text: str = TEXT) -> str:
    """What stands in the source between the ends of a span."""
    lines = text.split("\n")
    if span.line == span.end_line:
        return lines[span.line - 1][span.column - 1 : span.end_column - 1]
    middle = lines[span.line : span.end_line - 1]
    return "\n".join(
        [lines[span.line - 1][span.column - 1 :], *middle, lines[span.end_line - 1][: span.end_column - 1]]
    )


@pytest.mark.parametrize(
    ("pointer", "of", "expected"),
    [
        (("kind",), "value", "Dataset"),
        (("kind",), "key", "kind"),
        (("metadata",), "value", '{name: flights, "owner": me}'),
        (("metadata", "owner"), "key", '"owner"'),
        (("spec", "rules", 0), "value", "{id: quality}"),
        (("spec", "rules", 1, "id"), "value", "speed"),
        (("spec", "rules", 1), "value", "id: speed   # in time\n      sql: |\n        select é\n          from x"),
        (("spec", "rules", 1, "sql"), "value", "|\n        select é\n          from x"),
        (("spec", "shared"), "value", "deep: 'it''s'"),
        (("spec", "again", "deep"), "value", "'it''s'"),
        (("spec", "plain"), "value", "first\n    second"),
        (
            ("spec", "rules", 1, "missing", "more"),
            "value",
            "id: speed   # in time\n      sql: |\n        select é\n          from x",
        ),
        (("spec", "shared", "missing"), "value", "shared"),
        (("nothing",), "value", "kind"),
    ],
)
def test_a_pointer_leads_to_its_text(pointer: Pointer, of: Literal["value", "key"], expected: str) -> None:
    [document] = documents()
    found = text_of(document.span(pointer, of))
    if pointer[-1:] == ("more",):
        assert expected.startswith(found)
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("pointer", "part", "expected"),
    [
        (("kind",), "tase", "tase"),
        (("spec", "rules", 1, "sql"), "é", "é"),
        (("spec", "rules", 1, "sql"), "from x", "from x"),
        (("spec", "shared", "deep"), "'s", "''s"),
        (("spec", "escaped"), "b", "b"),
        (("spec", "escaped"), "é", "\\u00e9"),
        (("spec", "escaped"), '"c"', '\\"c\\"'),
        (("spec", "folded"), "two", "two"),
        (("spec", "plain"), "second", "second"),
        (("spec", "plain"), "st second", "st\n    second"),
    ],
)
def test_a_part_of_a_text_leads_to_what_it_was_written_with(pointer: Pointer, part: str, expected: str) -> None:
    [document] = documents()
    value = document.value
    for step in pointer:
        value = value[step]  # type: ignore[call-overload]
    start = str(value).index(part)
    assert text_of(document.span(pointer, within=(start, start + len(part)))) == expected


def test_each_document_of_a_file_has_its_own_places() -> None:
    first, second = documents("a: 1\n---\n\na: 2\n")
    assert str(first.span(("a",))) == "specs/a.yaml:1:4"
    assert str(second.span(("a",))) == "specs/a.yaml:4:4"


def test_places_are_right_behind_a_document_with_a_syntax_error() -> None:
    found, _ = read_documents(SourceFile("specs/a.yaml", "", "a: [\n---\nb: 1\nc: 2\n"))
    assert str(found[0].span(("c",))) == "specs/a.yaml:4:4"


def test_an_offset_past_the_end_is_the_end() -> None:
    [document] = documents("a: text\n")
    assert document.span(("a",), within=(2, 99)) == Span("specs/a.yaml", 1, 6, 1, 8)
    assert document.span(("a",), within=(99, 99)) == Span("specs/a.yaml", 1, 8, 1, 8)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab 'é\"\\\t"), min_size=1, max_size=12), st.sampled_from(["'", '"']), st.data())
def test_every_visible_character_of_a_quoted_text_is_found(text: str, quote: str, data: st.DataObject) -> None:
    if quote == "'":
        written = "'" + text.replace("'", "''") + "'"
    else:
        written = '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"'
    [document] = documents(f"a: {written}\n")
    at = data.draw(st.integers(0, len(text) - 1))
    found = text_of(document.span(("a",), within=(at, at + 1)), f"a: {written}\n")
    if not text[at].isspace():
        assert found in (text[at], text[at] * 2, "\\" + text[at])
