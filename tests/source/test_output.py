"""Writing artifacts: only what changed, never what others wrote, and whole after any interruption."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from penstock.source import stat_cache
from penstock.source.stat_cache import Observed
from penstock.source.writing import write_plan
from penstock.source.writing.output import INDEX, OutputConflictError, OutputDirectory


def with_index(files: Mapping[str, str]) -> dict[str, bytes]:
    """The artifacts with the index that lists them."""
    bodies = {path: text.encode() for path, text in files.items()}
    listed = {path: {"sha256": hashlib.sha256(body).hexdigest(), "owners": ["x"]} for path, body in bodies.items()}
    return bodies | {INDEX: json.dumps({"version": 1, "artifacts": listed}).encode()}


def planned(root: Path, files: Mapping[str, str], known: Mapping[str, Observed] | None = None) -> write_plan.WritePlan:
    """What a compile would do that comes to `files`."""
    digests = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in files.items()}
    return OutputDirectory(root).plan(digests, with_index(files)[INDEX], known)


def applied(root: Path, plan: write_plan.WritePlan, files: Mapping[str, str]) -> dict[str, Observed]:
    output = OutputDirectory(root)
    return output.apply(plan, lambda paths: output.write({path: files[path].encode() for path in paths}))


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def compile_into(root: Path, files: Mapping[str, str]) -> write_plan.WritePlan:
    plan = planned(root, files)
    applied(root, plan, files)
    return plan


def codes(root: Path, files: Mapping[str, str]) -> list[tuple[str, str | None]]:
    return [(found.code, found.path) for found in OutputDirectory(root).differences(planned(root, files))]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "generated"


ONE = {"prod/a.yaml": "a", "prod/b.yaml": "b", "staging/a.yaml": "a"}


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


def test_a_checkout_with_other_line_ends_is_no_edit_by_hand(root: Path) -> None:
    files = {"prod/a.yaml": "a: 1\nb: 2\n", "prod/b.yaml": "a: 1\nb: 2\n"}
    compile_into(root, files)
    (root / "prod/a.yaml").write_bytes(b"a: 1\r\nb: 2\r\n")
    (root / "prod/b.yaml").write_bytes(b"a: 1\r\nb: 2\n")
    checked_out, by_hand = OutputDirectory(root).differences(planned(root, files))
    assert "line endings" in checked_out.headline
    assert "* text=auto eol=lf" in checked_out.help[0]
    assert by_hand.headline == "a generated file was changed by hand"


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


@pytest.mark.parametrize(
    "path", ["../a", "/a", "a/../b", "a//b", "", "a\\b", "a/.", "c:d", ".journal.json", "a.penstock-tmp", "a\n"]
)
def test_a_path_that_leaves_the_directory_is_refused(root: Path, path: str) -> None:
    with pytest.raises(ValueError, match="not the path of an artifact"):
        planned(root, {path: "x"})


def test_an_index_that_does_not_list_the_artifacts_is_refused(root: Path) -> None:
    with pytest.raises(ValueError, match="has to list"):
        OutputDirectory(root).plan({"more": hashlib.sha256(b"").hexdigest()}, with_index(ONE)[INDEX])


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


TO_THE_SYSTEM = ("open", "replace", "unlink", "rmdir", "mkdir", "fsync", "makedirs", "fdopen")


def killed_after(steps: int, root: Path, files: Mapping[str, str]) -> bool:
    """Compile in a process of its own that dies before its call number `steps` to the system."""
    child = os.fork()
    if child == 0:
        left = steps

        def counted(act: Callable[..., Any]) -> Callable[..., Any]:
            def call(*arguments: Any, **options: Any) -> Any:
                nonlocal left
                if left == 0:
                    os._exit(9)
                left -= 1
                return act(*arguments, **options)

            return call

        for name in TO_THE_SYSTEM:
            setattr(os, name, counted(getattr(os, name)))
        compile_into(root, files)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.fixture(scope="module")
def stages() -> list[dict[str, str]]:
    return [ONE, {"prod/a.yaml": "A2", "prod/new/c.yaml": "c", "d": "d"}, {"prod/b.yaml": "b", "d/e.yaml": "e"}]


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_a_run_killed_at_any_step_is_recovered_by_the_next(
    tmp_path: Path, stages: list[dict[str, str]], stage: int
) -> None:
    """Kill before each call to the system in turn; the next run must end with exactly its artifacts."""
    wanted = stages[(stage + 1) % 3]
    for steps in range(400):
        root = tmp_path / str(steps)
        if stage:
            compile_into(root, stages[stage - 1])
        killed = killed_after(steps, root, stages[stage])
        (root / "prod").mkdir(parents=True, exist_ok=True)
        (root / "prod/foreign.txt").write_text("mine")
        compile_into(root, wanted)
        assert contents(root) == with_index(wanted) | {"prod/foreign.txt": b"mine"}
        if not killed:
            assert steps > 20
            return
    pytest.fail("the run never came to its end")


def test_an_index_that_speaks_of_other_bytes_is_refused(root: Path) -> None:
    digests = {path: hashlib.sha256(b"other").hexdigest() for path in ONE}
    with pytest.raises(ValueError, match="has to list exactly"):
        OutputDirectory(root).plan(digests, with_index(ONE)[INDEX])


def test_who_leaves_out_a_file_that_it_was_to_write_is_noticed(root: Path) -> None:
    output = OutputDirectory(root)
    with pytest.raises(OSError, match=r"prod/b\.yaml was not written"):
        output.apply(planned(root, ONE), lambda paths: output.write({path: b"a" for path in paths if "b" not in path}))
    assert not (root / INDEX).exists()


def test_a_full_disk_leaves_no_half_written_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compile_into(root, ONE)
    replace = os.replace

    def refuse(source: str, target: str) -> None:
        if target.endswith("b.yaml"):
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="No space"):
        compile_into(root, ONE | {"prod/b.yaml": "new"})
    assert (root / "prod/b.yaml").read_text() == "b"
    assert not list(root.rglob("*.penstock-tmp"))
    monkeypatch.undo()
    compile_into(root, ONE | {"prod/b.yaml": "new"})
    assert contents(root) == with_index(ONE | {"prod/b.yaml": "new"})


def test_a_file_that_appears_where_a_killed_run_meant_to_write_is_not_taken_for_its_own(root: Path) -> None:
    compile_into(root, {"a": "1"})
    announced = {"b": {"sha256": hashlib.sha256(b"announced").hexdigest()}}
    (root / ".journal.json").write_text(json.dumps({"version": 1, "artifacts": announced}))
    (root / "b").write_text("by hand")
    assert codes(root, {"a": "1", "b": "announced"})[0] == ("output-conflict", "generated/b")


def test_what_a_killed_run_announced_is_not_deleted_where_somebody_else_wrote_it(root: Path) -> None:
    compile_into(root, {"a": "1"})
    announced = {path: {"sha256": hashlib.sha256(b"announced").hexdigest()} for path in ("b", "c", "d")}
    (root / ".journal.json").write_text(json.dumps({"version": 1, "artifacts": announced}))
    (root / "b").write_text("by hand")
    (root / "c").write_text("announced")
    (root / "d").mkdir()
    (root / "d/e").write_text("by hand")
    assert compile_into(root, {"a": "2"}).prune == ("c",)
    assert contents(root) == with_index({"a": "2"}) | {"b": b"by hand", "d/e": b"by hand"}


@pytest.mark.parametrize("journal", ["", "{", "[]", '{"version": 2, "artifacts": {"b": {"sha256": "x"}}}'])
def test_a_journal_that_cannot_be_read_announces_nothing(root: Path, journal: str) -> None:
    compile_into(root, {"a": "1"})
    (root / "b").write_text("by hand")
    (root / ".journal.json").write_text(journal)
    assert compile_into(root, {"a": "2"}).prune == ()
    assert contents(root) == with_index({"a": "2"}) | {"b": b"by hand"}


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


def test_an_index_that_is_no_file_owns_nothing(root: Path) -> None:
    (root / INDEX).mkdir(parents=True)
    (found,) = planned(root, ONE).conflicts
    assert (found.code, found.primary and found.primary.message) == ("unreadable-index", "Is a directory")


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
