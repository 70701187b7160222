"""A journal is only ever added to, by one writer at a time, and is on the disk when it says so."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from penstock.source.writing.journal import LOG, Journal

ONE, TWO = b'{"n":1}\n', b'{"n":2}\n'


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "record")


def test_a_line_and_its_files_are_added_to_what_was_there(journal: Journal) -> None:
    assert journal.read(LOG) is None
    assert journal.append(ONE, {"inputs/a": b"a"}, b"")
    assert journal.append(TWO, {"inputs/b": b"b"}, ONE)
    assert journal.read(LOG) == ONE + TWO
    assert (journal.read("inputs/a"), journal.read("inputs/b")) == (b"a", b"b")
    assert {path.name for path in journal.folder.rglob("*") if path.is_file()} == {LOG, ".lock", "a", "b"}


@pytest.mark.parametrize("after", [b"", TWO, ONE + TWO, ONE[:-1]])
def test_nothing_is_added_to_a_log_that_has_become_another(journal: Journal, after: bytes) -> None:
    journal.append(ONE, {}, b"")
    assert not journal.append(TWO, {"inputs/b": b"b"}, after)
    assert (journal.read(LOG), journal.read("inputs/b")) == (ONE, None)


@pytest.mark.parametrize("seen", [ONE, ONE + b'{"n"', ONE + b'{"n":3}'])
def test_a_line_that_was_cut_off_is_dropped_whether_it_was_seen_or_not(journal: Journal, seen: bytes) -> None:
    journal.append(ONE, {}, b"")
    with (journal.folder / LOG).open("ab") as file:
        file.write(b'{"n":3}')
    assert journal.append(TWO, {}, seen)
    assert journal.read(LOG) == ONE + TWO


def test_a_file_that_is_there_already_stays(journal: Journal) -> None:
    journal.append(ONE, {"inputs/a": b"a"}, b"")
    journal.append(TWO, {"inputs/a": b"other"}, ONE)
    assert journal.read("inputs/a") == b"a"


def test_what_cannot_be_put_in_its_place_leaves_neither_a_part_of_it_nor_a_line(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="No space"):
        journal.append(ONE, {"inputs/a": b"a"}, b"")
    assert journal.read(LOG) in (None, b"")
    assert list((journal.folder / "inputs").iterdir()) == []


def test_files_and_their_names_are_on_the_disk_before_the_line_that_speaks_of_them(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []
    fsync = os.fsync

    def noted(handle: int) -> None:
        fsync(handle)
        path = Path(f"/proc/self/fd/{handle}").readlink()
        is_folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        flushed.append(f"{path.name}/" if is_folder else LOG if path.name == LOG else "a part")

    monkeypatch.setattr(os, "fsync", noted)
    journal.append(ONE, {"inputs/a": b"a"}, b"")
    assert flushed == ["a part", "inputs/", LOG, "record/"]


def test_who_comes_second_waits_and_sees_what_the_first_has_added(journal: Journal) -> None:
    journal.append(ONE, {}, b"")
    results: list[bool] = []
    with journal._lock():
        second = threading.Thread(target=lambda: results.append(journal.append(TWO, {}, ONE)))
        second.start()
        second.join(timeout=0.3)
        assert second.is_alive()
        assert journal.read(LOG) == ONE
    second.join(timeout=120)
    assert results == [True]
