"""Writing artifacts: only what changed, and never what others wrote."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from penstock.source import stat_cache
from penstock.source.writing import write_plan
from penstock.source.writing.artifact_index import INDEX
from penstock.source.writing.output import OutputConflictError, OutputDirectory
from source.outputs import ONE, applied, codes, compile_into, contents, planned, with_index


def test_the_directory_holds_exactly_the_artifacts(root: Path) -> None:
    plan = compile_into(root, ONE)
    assert plan.create == (INDEX, "prod/a.yaml", "prod/b.yaml", "staging/a.yaml")
    assert contents(root) == with_index(ONE)


def test_only_what_changed_is_written_and_what_nothing_owns_is_pruned(root: Path) -> None:
    compile_into(root, ONE)
    before = (root / "prod/a.yaml").stat()
    plan = compile_into(root, {"prod/a.yaml": "a", "prod/b.yaml": "new", "prod/c.yaml": "c"})
    assert (plan.create, plan.update, plan.prune) == (("prod/c.yaml",), (INDEX, "prod/b.yaml"), ("staging/a.yaml",))
    assert (root / "prod/a.yaml").stat() == before
    assert not (root / "staging").exists()


def test_the_same_again_writes_nothing(root: Path) -> None:
    compile_into(root, ONE)
    assert compile_into(root, ONE).is_empty
    assert codes(root, ONE) == []


def test_a_foreign_file_in_the_way_stops_everything_and_stays(root: Path) -> None:
    (root / "prod").mkdir(parents=True)
    (root / "prod/b.yaml").write_text("mine")
    with pytest.raises(OutputConflictError) as stopped:
        compile_into(root, ONE)
    assert [(found.code, found.path) for found in stopped.value.conflicts] == [
        ("output-conflict", "generated/prod/b.yaml")
    ]
    assert contents(root) == {"prod/b.yaml": b"mine"}


def test_a_foreign_file_that_has_the_right_bytes_is_no_conflict(root: Path) -> None:
    (root / "prod").mkdir(parents=True)
    (root / "prod/b.yaml").write_text("b")
    compile_into(root, ONE)
    assert contents(root) == with_index(ONE)


def test_a_foreign_file_elsewhere_is_left_alone_and_named(root: Path) -> None:
    compile_into(root, ONE)
    (root / "prod/notes.txt").write_text("mine")
    assert codes(root, ONE) == [("unowned-file", "generated/prod/notes.txt")]
    compile_into(root, {"staging/a.yaml": "a"})
    assert (root / "prod/notes.txt").read_text() == "mine"


def test_check_names_each_way_to_differ(root: Path) -> None:
    compile_into(root, ONE)
    (root / "prod/a.yaml").write_text("changed by hand")
    (root / "staging/a.yaml").unlink()
    wanted = {"prod/a.yaml": "a", "prod/c.yaml": "c", "staging/a.yaml": "a"}
    assert codes(root, wanted) == [
        ("stale-artifact", "generated/index.json"),
        ("edited-artifact", "generated/prod/a.yaml"),
        ("orphaned-artifact", "generated/prod/b.yaml"),
        ("missing-artifact", "generated/prod/c.yaml"),
        ("missing-artifact", "generated/staging/a.yaml"),
    ]


def test_an_artifact_that_was_edited_by_hand_is_written_anew(root: Path) -> None:
    compile_into(root, ONE)
    (root / "prod/a.yaml").write_text("changed by hand")
    assert compile_into(root, ONE).edited == ("prod/a.yaml",)
    assert contents(root) == with_index(ONE)


def test_an_orphan_that_was_edited_by_hand_stops_everything_and_stays(root: Path) -> None:
    compile_into(root, ONE)
    (root / "staging/a.yaml").write_text("changed by hand")
    before, wanted = contents(root), {"prod/a.yaml": "new"}
    assert ("output-conflict", "generated/staging/a.yaml") in codes(root, wanted)
    with pytest.raises(OutputConflictError):
        compile_into(root, wanted)
    assert contents(root) == before
    (root / "staging/a.yaml").unlink()
    compile_into(root, wanted)
    assert contents(root) == with_index(wanted)


def test_an_orphan_with_other_line_ends_is_no_edit_by_hand(root: Path) -> None:
    compile_into(root, {"prod/a.yaml": "a: 1\nb: 2\n", "prod/b.yaml": "b"})
    (root / "prod/a.yaml").write_bytes(b"a: 1\r\nb: 2\r\n")
    assert compile_into(root, {"prod/b.yaml": "b"}).prune == ("prod/a.yaml",)


def test_a_checkout_with_other_line_ends_is_no_edit_by_hand(root: Path) -> None:
    files = {"prod/a.yaml": "a: 1\nb: 2\n", "prod/b.yaml": "a: 1\nb: 2\n"}
    compile_into(root, files)
    (root / "prod/a.yaml").write_bytes(b"a: 1\r\nb: 2\r\n")
    (root / "prod/b.yaml").write_bytes(b"a: 1\r\nb: 2\n")
    checked_out, by_hand = OutputDirectory(root).differences(planned(root, files))
    assert "line endings" in checked_out.headline
    assert "* text=auto eol=lf" in checked_out.help[0]
    assert by_hand.headline == "a generated file was changed by hand"


@pytest.mark.parametrize(
    "path", ["../a", "/a", "a/../b", "a//b", "", "a\\b", "a/.", "c:d", ".journal.json", "a.penstock-tmp", "a\n"]
)
def test_a_path_that_leaves_the_directory_is_refused(root: Path, path: str) -> None:
    with pytest.raises(ValueError, match="not the path of an artifact"):
        planned(root, {path: "x"})


def test_a_link_is_neither_followed_nor_overwritten(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    root.mkdir()
    (root / "prod").symlink_to(outside)
    (root / "staging").mkdir()
    (root / "staging/a.yaml").symlink_to(outside / "target")
    assert [code for code, _ in codes(root, ONE)].count("output-conflict") == 3
    with pytest.raises(OutputConflictError):
        compile_into(root, ONE)
    assert list(outside.iterdir()) == []


def test_files_behind_a_link_are_not_pruned(root: Path, tmp_path: Path) -> None:
    compile_into(root, ONE)
    (root / "staging").rename(tmp_path / "elsewhere")
    (root / "staging").symlink_to(tmp_path / "elsewhere")
    compile_into(root, {"prod/a.yaml": "a"})
    assert (tmp_path / "elsewhere/a.yaml").read_text() == "a"


def test_a_root_that_is_a_link_is_refused(root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    root.symlink_to(tmp_path / "outside")
    assert codes(root, ONE)[0] == ("output-not-a-directory", "generated")


def test_names_that_differ_in_case_alone_are_a_conflict(root: Path) -> None:
    assert codes(root, {"a/X.yaml": "1", "a/x.yaml": "2"})[0] == ("artifact-collision", "generated/a/x.yaml")


def test_a_file_gives_way_to_a_directory_of_its_name_and_back(root: Path) -> None:
    compile_into(root, {"a": "file"})
    compile_into(root, {"a/b/c": "deep"})
    assert (root / "a/b/c").read_text() == "deep"
    compile_into(root, {"a": "file"})
    assert (root / "a").read_text() == "file"


def test_files_whose_size_and_time_are_known_are_not_read_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compile_into(root, ONE)
    for path in with_index(ONE):
        os.utime(root / path, ns=(1_000_000_000_123, 1_000_000_000_123))
    known = applied(root, planned(root, ONE), ONE)
    assert set(known) == set(with_index(ONE))
    opened: list[str] = []
    read = write_plan.read_plain_file
    monkeypatch.setattr(write_plan, "read_plain_file", lambda path: opened.append(Path(path).name) or read(path))
    assert planned(root, ONE, known).is_empty
    assert opened == [INDEX, ".journal.json"]


def test_a_time_too_fresh_to_prove_anything_is_not_remembered(root: Path) -> None:
    known = applied(root, planned(root, ONE), ONE)
    (root / "prod/a.yaml").write_text("z")  # as long as before, within one tick of the clock
    assert planned(root, ONE, known).update == ("prod/a.yaml",)


@pytest.mark.parametrize(
    ("mtime", "now", "settled"),
    [
        (1_000_000_001, 1_010_000_000, False),
        (1_000_000_001, 1_030_000_000, True),
        (10**9, 2 * 10**9, False),
        (10**9, 4 * 10**9, True),
    ],
)
def test_when_a_time_proves_that_nothing_changed(mtime: int, now: int, settled: bool) -> None:
    assert stat_cache.is_settled(mtime, now) is settled


def test_folders_without_files_give_way_to_a_file_of_their_name(root: Path) -> None:
    compile_into(root, {"a/b": "file"})
    (root / "a/empty/deeper").mkdir(parents=True)
    compile_into(root, {"a": "file"})
    assert contents(root) == with_index({"a": "file"})


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_folder_that_holds_anything_of_others_gives_way_to_nothing(root: Path, tmp_path: Path, kind: str) -> None:
    compile_into(root, {"a/b/c": "file"})
    (root / "a/b/more").mkdir()
    if kind == "file":
        (root / "a/b/more/notes").write_text("mine")
    else:
        (root / "a/b/more/notes").symlink_to(tmp_path)
    assert [found.code for found in planned(root, {"a": "file"}).conflicts] == ["output-conflict"]
    with pytest.raises(OutputConflictError):
        compile_into(root, {"a": "file"})
    assert (root / "a/b/c").read_text() == "file"


def test_a_file_that_cannot_be_read_is_in_the_way(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compile_into(root, ONE)
    read = write_plan.read_plain_file

    def refuse(path: str) -> bytes:
        if path.endswith("prod/b.yaml"):
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(write_plan, "read_plain_file", refuse)
    (found,) = planned(root, ONE).conflicts
    assert (found.path, found.primary and found.primary.message) == ("generated/prod/b.yaml", "Permission denied")


def amended(root: Path, files: Mapping[str, str], changed: Mapping[str, str]) -> write_plan.WritePlan | None:
    """What a small edit would do after which the directory, that holds `files`, differs from them in what `changed`."""
    after = {**files, **changed}
    known = applied(root, planned(root, files), files)
    digests = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in changed.items()}
    return OutputDirectory(root).amend(digests, with_index(after)[INDEX], known, len(known))


def test_an_amendment_writes_what_changed_and_touches_nothing_else(root: Path) -> None:
    compile_into(root, ONE)
    changed = {"prod/b.yaml": "other"}
    plan = amended(root, ONE, changed)
    assert plan is not None
    assert (plan.update, plan.create, plan.prune, plan.others) == ((INDEX, "prod/b.yaml"), (), (), 2)
    applied(root, plan, changed)
    assert planned(root, ONE | changed).is_empty


def test_an_amendment_names_what_was_edited_by_hand(root: Path) -> None:
    compile_into(root, ONE)
    known = applied(root, planned(root, ONE), ONE)
    (root / "prod/b.yaml").write_text("by hand")
    digests = {"prod/b.yaml": hashlib.sha256(b"other").hexdigest()}
    plan = OutputDirectory(root).amend(digests, with_index({**ONE, "prod/b.yaml": "other"})[INDEX], known, 4)
    assert plan is not None
    assert plan.edited == ("prod/b.yaml",)


def test_what_was_never_written_or_announced_by_a_killed_run_is_no_amendment(root: Path) -> None:
    compile_into(root, ONE)
    assert amended(root, ONE, {"prod/c.yaml": "c"}) is None
    (root / ".journal.json").write_bytes(with_index(ONE)[INDEX])
    known = dict.fromkeys((*ONE, INDEX), (1, 1, ""))
    assert OutputDirectory(root).amend({}, with_index(ONE)[INDEX], known, 4) is None
