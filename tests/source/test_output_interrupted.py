"""Writing artifacts is whole after any interruption."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from penstock.source.writing.artifact_index import INDEX
from penstock.source.writing.output import OutputDirectory
from source.outputs import ONE, codes, compile_into, contents, planned, with_index

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


def test_two_runs_in_a_row_that_are_killed_are_recovered_by_the_third(
    tmp_path: Path, stages: list[dict[str, str]]
) -> None:
    """The second one must not forget what the first one wrote and did not come to list."""
    root = tmp_path / "half written"
    steps = 0
    while not (root / "prod/b.yaml").is_file():
        shutil.rmtree(root, ignore_errors=True)
        assert killed_after(steps, root, ONE)
        steps += 1
    assert not (root / INDEX).exists()
    for steps in range(400):
        again = tmp_path / str(steps)
        shutil.copytree(root, again)
        killed = killed_after(steps, again, stages[1])
        compile_into(again, stages[2])
        assert contents(again) == with_index(stages[2])
        if not killed:
            return
    pytest.fail("the run never came to its end")


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
