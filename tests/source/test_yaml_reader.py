"""The reader: values of a good document, bytes that are no text, and never a traceback."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from penstock.diagnostics.model import Diagnostic
from penstock.source.model import Document, SourceFile
from penstock.source.reading.characters import MAX_FILE_BYTES, decode
from penstock.source.reading.codes import READING
from penstock.source.reading.composition import MAX_DEPTH, MAX_NODES, MAX_SYNTAX_ERRORS
from penstock.source.reading.yaml_reader import read_documents
from penstock.source.writing.codes import WRITING
from penstock.source.writing.emit_yaml import emit_yaml
from source.strategies import TRICKY, mappings

KNOWN = {code.name for code in (*READING, *WRITING)}


def read(text: str) -> tuple[list[Any], list[Diagnostic]]:
    documents, diagnostics = read_documents(SourceFile("specs/a.yaml", "", text))
    return [document.value for document in documents], diagnostics


def read_bytes(data: bytes) -> tuple[list[Document], list[Diagnostic]]:
    file, diagnostics = decode("specs/a.yaml", data)
    if file is None:
        return [], diagnostics
    documents, found = read_documents(file)
    return documents, diagnostics + found


def test_plain_values_have_the_meaning_of_the_core_schema() -> None:
    text = "a: 5\nb: -3\nc: 0.70\nd: 1.5e-3\ne: true\nf: null\ng: 2h\nh: 25%\ni: 1.2.3\nj: y\nk: +4\nl: 3 of 5\n"
    value = {
        "a": 5, "b": -3, "c": 0.7, "d": 0.0015, "e": True, "f": None,
        "g": "2h", "h": "25%", "i": "1.2.3", "j": "y", "k": 4, "l": "3 of 5",
    }  # fmt: skip
    assert read(text) == ([value], [])


def test_aliases_are_written_out_and_share_nothing() -> None:
    [value], diagnostics = read("a: &x {b: [1]}\nc: *x\n")
    assert diagnostics == []
    value["c"]["b"].append(2)
    assert value == {"a": {"b": [1]}, "c": {"b": [1, 2]}}


def test_several_documents_of_a_file_know_their_lines() -> None:
    documents, _ = read_documents(SourceFile("a.yaml", "", "# first\n\nkind: A\n---\n# more\nkind: B\n"))
    assert [(document.index, document.line) for document in documents] == [(0, 3), (1, 6)]


def test_a_value_that_was_refused_is_marked_as_damaged_with_all_below_it() -> None:
    [document], _ = read_documents(SourceFile("a.yaml", "", "a: {b: no, c: 1}\nd: !x {e: 1}\n"))
    assert document.is_damaged(("a", "b"))
    assert not document.is_damaged(("a", "c"))
    assert document.is_damaged(("d", "e"))


def test_line_ends_of_windows_mean_the_same_as_those_of_git() -> None:
    text = "a: |\n  one\n  two\nb: x\n"
    assert read(text.replace("\n", "\r\n")) == read(text)


def test_columns_are_right_in_a_file_with_line_ends_of_windows() -> None:
    _, [found] = read("a: 1\r\nb: no\r\n")
    assert found.primary is not None
    assert str(found.primary.span) == "specs/a.yaml:2:4"


@pytest.mark.parametrize(
    ("data", "code", "place"),
    [
        (b"a: \xff\n", "not-utf8", (1, 4)),
        ("é: ok\nb: ".encode() + b"\xe9\n", "not-utf8", (2, 4)),
        ("a: 1\n".encode("utf-16"), "not-utf8", (1, 1)),
        ("a: 1\n".encode("utf-32"), "not-utf8", (1, 1)),
        (b"\xef\xbb\xbfa: 1\n", "byte-order-mark", (1, 1)),
        (b"a: x\0y\n", "control-character", (1, 5)),
        (b"a: \x1b[31mred\n", "control-character", (1, 4)),
        (b"a: 1\rb: 2\n", "control-character", (1, 5)),
        ("a: 1\nb: x\u2028y\n".encode(), "control-character", (2, 5)),
        ("a: x\x85y\n".encode(), "control-character", (1, 5)),
        ("a: admin\u202e\n".encode(), "hidden-character", (1, 9)),
        ("a: x\ufeff\n".encode(), "hidden-character", (1, 5)),
        (b"a: 1\n\tb: 2\n", "tab-indentation", (2, 1)),
        (b"a:\n\tb: 2\n", "tab-indentation", (2, 1)),
        (b"a: |\n\tb\n", "tab-indentation", (2, 1)),
        (b"#" * (MAX_FILE_BYTES + 1), "file-too-large", (1, 1)),
    ],
)
def test_bytes_that_are_no_specification(data: bytes, code: str, place: tuple[int, int]) -> None:
    _, [found] = read_bytes(data)
    assert found.code == code
    assert found.primary is not None
    assert (found.primary.span.line, found.primary.span.column) == place


def test_a_byte_order_mark_hides_nothing_behind_it() -> None:
    documents, _ = read_bytes(b"\xef\xbb\xbfkind: A\n")
    assert [document.value for document in documents] == [{"kind": "A"}]


def test_the_blob_id_is_the_one_that_git_computes() -> None:
    file, _ = decode("a.yaml", b"hello\n")
    assert file is not None
    assert file.blob == "ce013625030ba8dba906f756967f9e9ca394464a"


@pytest.mark.parametrize("text", ["[" * 200_000, "{a: " * 200_000, "- " * 200_000, "a: " + "[" * (MAX_DEPTH + 1)])
def test_deep_nesting_is_refused_before_it_can_exhaust_the_stack(text: str) -> None:
    program = (
        "import sys; from penstock.source.reading.yaml_reader import read_documents;"
        "from penstock.source.model import SourceFile;"
        "print([found.code for found in read_documents(SourceFile('a', '', sys.stdin.read()))[1]])"
    )
    done = subprocess.run([sys.executable, "-c", program], input=text, capture_output=True, text=True, check=True)
    assert done.stdout == "['too-deep']\n"


def test_a_document_with_too_many_values_is_refused() -> None:
    _, [found] = read("a: [" + "1," * MAX_NODES + "]\n")
    assert found.code == "too-many-values"


def test_a_file_of_nothing_but_errors_is_left_after_some() -> None:
    _, diagnostics = read("---\n[\n" * 5_000)
    assert len(diagnostics) == MAX_SYNTAX_ERRORS


def well_formed(diagnostics: list[Diagnostic], text: str) -> bool:
    lines = text.count("\n") + 1
    spans = [found.primary.span for found in diagnostics if found.primary is not None]
    return all(
        1 <= span.line <= lines + 1
        and span.column >= 1
        and (span.line, span.column) <= (span.end_line, span.end_column)
        for span in spans
    ) and all(found.code in KNOWN for found in diagnostics)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=60))
@example(b"a: *a &a [\n")
@example(b"? \n")
def test_any_bytes_are_read_or_diagnosed(data: bytes) -> None:
    _, diagnostics = read_bytes(data)
    assert well_formed(diagnostics, data.decode("utf-8", "replace"))


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.sampled_from([*TRICKY, "\n", "\n  ", "\n- ", ": ", ", ", '"', "'", "{", "}", "[", "]", "&a ", "*a", "<<: "]),
        max_size=14,
    )
)
def test_any_pieces_of_yaml_are_read_or_diagnosed(pieces: list[str]) -> None:
    text = "".join(pieces)
    _, diagnostics = read(text)
    assert well_formed(diagnostics, text)


@settings(max_examples=300, deadline=None)
@given(mappings, st.data())
def test_a_document_with_any_one_change_is_read_or_diagnosed(value: dict[str, Any], data: st.DataObject) -> None:
    text = emit_yaml(value)
    at = data.draw(st.integers(0, len(text)))
    change = data.draw(st.sampled_from(["", " ", "\t", "\n", ":", "-", '"', "'", "[", "}", "#", "\0", "\r", "&", "*"]))
    mutated = text[:at] + change + text[at + data.draw(st.integers(0, 3)) :]
    _, diagnostics = read(mutated)
    assert well_formed(diagnostics, mutated)


@settings(max_examples=300, deadline=None)
@given(mappings)
def test_what_we_read_without_complaint_is_what_pyyaml_reads(value: dict[str, Any]) -> None:
    text = yaml.safe_dump(value, allow_unicode=True)
    documents, diagnostics = read(text)
    if not diagnostics:
        assert repr(documents) == repr([yaml.safe_load(text)])
