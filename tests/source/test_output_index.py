"""The index says what is Penstock's: what is read of it, and what is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from penstock.source.writing.artifact_index import INDEX
from penstock.source.writing.output import OutputConflictError, OutputDirectory
from source.outputs import ONE, codes, compile_into, contents, planned, with_index


@pytest.mark.parametrize(
    "index", ["<<<<<<< ours\n", "[]", '{"version": 2, "artifacts": {}}', '{"version": 1, "artifacts": {"a": 1}}']
)
def test_nothing_is_touched_where_the_index_is_damaged(root: Path, index: str) -> None:
    compile_into(root, ONE)
    (root / INDEX).write_text(index)
    before = contents(root)
    # That nobody knows whose the files are is one cause, and said once.
    assert [code for code, _ in codes(root, {})] == ["unreadable-index"]
    with pytest.raises(OutputConflictError):
        compile_into(root, {})
    assert contents(root) == before


OURS = "<<<<<<< HEAD\n"


THEIRS = "=======\n"


END = ">>>>>>> theirs\n"


_TWO = {"prod/a.yaml": "other", "prod/c.yaml": "c"}


def _entries(files: Mapping[str, str]) -> str:
    """The lines of an index that list files, as the compiler writes them."""
    listed = json.loads(with_index(files)[INDEX])["artifacts"]
    return ",\n".join(f"    {json.dumps(path)}: {json.dumps(entry)}" for path, entry in listed.items()) + "\n"


@pytest.mark.parametrize("base", ["", "||||||| base\n" + _entries({"prod/a.yaml": "base"})])
def test_an_index_with_the_markers_of_a_merge_lists_the_files_of_both_sides(root: Path, base: str) -> None:
    """As git leaves it: some files merged, others with markers, and each side's last entry without a comma."""
    compile_into(root, {**ONE, **_TWO})
    conflict = OURS + _entries(ONE) + base + THEIRS + _entries(_TWO) + END
    head, tail = '{\n  "version": 1,\n  "artifacts": {\n', "  }\n}\n"
    (root / INDEX).write_text(head + conflict + tail)
    (root / "prod/a.yaml").write_text(OURS + "a\n" + THEIRS + "other\n" + END)
    (root / "prod/foreign.yaml").write_text("mine")
    plan = compile_into(root, ONE)
    assert (plan.update, plan.prune, plan.conflicts) == ((INDEX, "prod/a.yaml"), ("prod/c.yaml",), ())
    assert contents(root) == {**with_index(ONE), "prod/foreign.yaml": b"mine"}


@pytest.mark.parametrize(
    "text",
    [
        OURS,
        OURS + THEIRS + END,
        "{\n" + OURS + '  "version": 1,\n' + THEIRS + '  "version": 2,\n' + END + '  "artifacts": {\n  }\n}\n',
        '{\n  "version": 1,\n  "artifacts": {\n' + OURS + '    "a": {"sha256": 1},\n' + THEIRS + END + "  }\n}\n",
        '{\n  "version": 1,\n  "artifacts": {\n' + OURS + "    a\n" + THEIRS + END + "  }\n}\n",
    ],
)
def test_markers_around_anything_else_are_damage(root: Path, text: str) -> None:
    compile_into(root, ONE)
    (root / INDEX).write_text(text)
    (found,) = planned(root, ONE).conflicts
    assert found.code == "unreadable-index"
    assert "git checkout HEAD -- " in found.help[0]


def test_a_hostile_index_deletes_nothing_outside_of_the_directory(root: Path, tmp_path: Path) -> None:
    compile_into(root, ONE)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    listed = {
        path: {"sha256": hashlib.sha256(b"precious").hexdigest()}
        for path in ("../victim", str(victim), "a/../../victim")
    }
    (root / INDEX).write_text(json.dumps({"version": 1, "artifacts": listed}))
    compile_into(root, ONE)
    assert victim.read_text() == "precious"


def test_an_index_that_does_not_list_the_artifacts_is_refused(root: Path) -> None:
    with pytest.raises(ValueError, match="has to list"):
        OutputDirectory(root).plan({"more": hashlib.sha256(b"").hexdigest()}, with_index(ONE)[INDEX])


def test_an_index_that_speaks_of_other_bytes_is_refused(root: Path) -> None:
    digests = {path: hashlib.sha256(b"other").hexdigest() for path in ONE}
    with pytest.raises(ValueError, match="has to list exactly"):
        OutputDirectory(root).plan(digests, with_index(ONE)[INDEX])


def test_an_index_that_is_no_file_owns_nothing(root: Path) -> None:
    (root / INDEX).mkdir(parents=True)
    (found,) = planned(root, ONE).conflicts
    assert (found.code, found.primary and found.primary.message) == ("unreadable-index", "Is a directory")
