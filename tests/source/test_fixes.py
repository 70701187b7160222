"""Fixes in files: the safe ones, each whole or not at all, and not a byte beside them."""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.diagnostics.model import Diagnostic, Edit, Fix, Safety, Span
from penstock.source.writing.fixes import Mended, mend
from penstock.source.writing.rewrite import rewrite

PATH = "specs/a.yaml"


def edit(line: int, column: int, end: int, replacement: str, path: str = PATH, end_line: int | None = None) -> Edit:
    return Edit(Span(path, line, column, end_line or line, end), replacement)


def fix(*edits: Edit, safety: Safety = Safety.SAFE) -> Diagnostic:
    return Diagnostic.error("code", "headline", edits[0].span, fix=Fix(safety, "write it", edits))


def mended(data: bytes, *diagnostics: Diagnostic) -> Mended:
    return mend(diagnostics, {PATH: data}.get)


@pytest.mark.parametrize(
    ("data", "result"),
    [
        (b"a: 1\nmodle: x\n", b"a: 1\nmodel: x\n"),
        (b"a: 1\r\nmodle: x\r\n", b"a: 1\r\nmodel: x\r\n"),
        (b"a: 1\nmodle: x", b"a: 1\nmodel: x"),
        ("ä: \U0001f600\nmodle: ö  \t# é".encode(), "ä: \U0001f600\nmodel: ö  \t# é".encode()),
        (codecs.BOM_UTF8 + b"\nmodle: x\n", codecs.BOM_UTF8 + b"\nmodel: x\n"),
    ],
)
def test_only_the_bytes_of_the_span_change(data: bytes, result: bytes) -> None:
    assert mended(data, fix(edit(2, 1, 6, "model"))).files == {PATH: result}


def test_columns_are_characters_and_not_bytes() -> None:
    data = "{ä: é, modle: x}\n".encode()
    assert mended(data, fix(edit(1, 8, 13, "model"))).files == {PATH: "{ä: é, model: x}\n".encode()}


@pytest.mark.parametrize("safety", [Safety.UNSAFE, Safety.DISPLAY])
def test_what_a_person_has_to_look_at_is_left(safety: Safety) -> None:
    assert mended(b"modle: x\n", fix(edit(1, 1, 6, "model"), safety=safety)) == Mended((), {})


@pytest.mark.parametrize(
    "second",
    [
        edit(1, 1, 6, "model"),
        edit(1, 3, 9, "x"),
        edit(1, 2, 4, "x"),
        edit(1, 1, 9, "x"),
        edit(1, 4, 4, "x"),
    ],
)
def test_of_two_that_overlap_the_second_waits(second: Edit) -> None:
    first, late = fix(edit(1, 1, 6, "model")), fix(second)
    assert mended(b"modle: xyz\n", first, late) == Mended((first,), {PATH: b"model: xyz\n"})


def test_two_that_insert_at_one_place_do_not_both() -> None:
    first = fix(edit(1, 1, 1, "a"))
    assert mended(b"x\n", first, fix(edit(1, 1, 1, "b"))) == Mended((first,), {PATH: b"ax\n"})


def test_neighbours_are_both_made_in_any_order() -> None:
    left, right = fix(edit(1, 1, 2, "LL")), fix(edit(1, 2, 3, "R"))
    assert mended(b"lr\n", left, right).files == mended(b"lr\n", right, left).files == {PATH: b"LLR\n"}


@pytest.mark.parametrize(
    "impossible",
    [
        edit(9, 1, 2, "x"),
        edit(1, 1, 99, "x"),
        edit(1, 4, 2, "x"),
        edit(0, 1, 1, "x"),
        edit(1, 1, 2, "x", path="specs/none.yaml"),
    ],
)
def test_a_fix_of_which_one_edit_has_no_place_is_not_made_at_all(impossible: Edit) -> None:
    assert mended(b"modle: x\nb: 1\n", fix(edit(2, 1, 2, "c"), impossible)) == Mended((), {})


def test_a_file_that_is_no_text_is_left() -> None:
    assert mended(b"\xff\xfe\nmodle: x\n", fix(edit(2, 1, 6, "model"))) == Mended((), {})


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.text("ab\n\u00e4", max_size=3)), max_size=6),
)
def test_every_character_outside_of_the_edits_stays(text: str, wanted: list[tuple[int, int, str]]) -> None:
    """Edits given by offset come out as if each had been made alone, from the last to the first."""
    diagnostics = []
    for start, end, replacement in wanted:
        if start <= end <= len(text):
            diagnostics.append(fix(Edit(_span(text, start, end), replacement)))
    made = mended(text.encode(), *diagnostics)
    expected = text
    chosen = [one.fix.edits[0] for one in made.diagnostics if one.fix is not None]
    for each in sorted(chosen, reverse=True):
        start, end = (_offset(text, *at) for at in _ends(each.span))
        expected = expected[:start] + each.replacement + expected[end:]
    assert made.files.get(PATH, text.encode()) == expected.encode()


def _span(text: str, start: int, end: int) -> Span:
    places = [(text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1) for at in (start, end)]
    return Span(PATH, *places[0], *places[1])


def _ends(span: Span) -> tuple[tuple[int, int], tuple[int, int]]:
    return (span.line, span.column), (span.end_line, span.end_column)


def _offset(text: str, line: int, column: int) -> int:
    return sum(len(each) + 1 for each in text.split("\n")[: line - 1]) + column - 1


def test_a_file_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"old")
    path.chmod(0o640)
    assert rewrite(path, b"old", b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_what_has_changed_in_the_meantime_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"newer")
    assert not rewrite(path, b"old", b"new")
    assert path.read_bytes() == b"newer"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"old")
    (tmp_path / "link.yaml").symlink_to("a.yaml")
    with pytest.raises(OSError, match="link"):
        rewrite(tmp_path / "link.yaml", b"old", b"new")
    assert (tmp_path / "a.yaml").read_bytes() == b"old"


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        rewrite(path, b"old", b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
