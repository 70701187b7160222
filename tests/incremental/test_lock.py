"""Two compiles of one checkout do not write at once, and one that was killed is in nobody's way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.repositories import small
from cli.test_check import write
from penstock.diagnostics.model import Severity
from penstock.incremental.session import LOCK, Session
from penstock.source.writing.lock import held

HOLDER = """
import sys
from pathlib import Path
from penstock.source.writing.lock import held
with held(Path(sys.argv[1]), 0):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return write(tmp_path, small())


@pytest.fixture
def holder(repository: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the repository's lock until it reads a line, or dies."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(repository / LOCK)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate(timeout=30)


def compiling(root: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "penstock.cli.main", "compile", "--root", str(root), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def is_at_work(process: subprocess.Popen[str]) -> bool:
    try:
        process.wait(timeout=3)
    except subprocess.TimeoutExpired:
        return True
    return False


def test_a_compile_waits_for_another_one_to_end(repository: Path, holder: subprocess.Popen[str]) -> None:
    second = compiling(repository)
    assert is_at_work(second)
    assert not (repository / "generated").exists()
    holder.communicate("go\n", timeout=30)
    said, complaint = second.communicate(timeout=60)
    assert (second.returncode, complaint) == (0, "")
    assert "new" in said


def test_a_compile_that_was_killed_is_in_nobodys_way(repository: Path, holder: subprocess.Popen[str]) -> None:
    second = compiling(repository)
    assert is_at_work(second)
    holder.send_signal(signal.SIGKILL)
    second.communicate(timeout=60)
    assert second.returncode == 0
    assert (repository / "generated/index.json").exists()


def test_the_wait_has_an_end_and_says_who_is_at_work(repository: Path, holder: subprocess.Popen[str]) -> None:
    (found,) = Session(repository, patience=0.2).compile().diagnostics
    assert found.headline == (
        f"process {holder.pid} is compiling in this checkout, and did not finish within 0.2 seconds"
    )
    assert found.severity is Severity.ERROR
    assert not (repository / "generated").exists()


def test_who_writes_nothing_waits_for_nobody(repository: Path, holder: subprocess.Popen[str]) -> None:
    before = json.dumps(sorted(map(str, repository.rglob("*"))))
    outcome = Session(repository, patience=0).compile(check_only=True)
    assert {found.code for found in outcome.diagnostics} == {"missing-artifact"}
    assert json.dumps(sorted(map(str, repository.rglob("*")))) == before


def test_two_at_once_leave_what_one_alone_would(repository: Path) -> None:
    both = [compiling(repository), compiling(repository, "--no-cache")]
    for each in both:
        _, complaint = each.communicate(timeout=120)
        assert (each.returncode, complaint) == (0, "")
    assert not Session(repository, use_memory=False).compile(check_only=True).diagnostics


def test_a_copy_of_the_process_does_not_keep_the_lock(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    with held(tmp_path / "lock", 0):
        child = os.fork()
        if child == 0:  # it has the lock's file open until it is told to end
            os.close(write_end)
            os.read(read_end, 1)
            os._exit(0)
    try:
        with held(tmp_path / "lock", 0):
            pass
    finally:
        os.close(write_end)
        os.close(read_end)
        os.waitpid(child, 0)


@pytest.mark.parametrize("obstacle", ["a file", "a link"])
def test_where_no_lock_can_be_made_work_goes_on(tmp_path: Path, obstacle: str) -> None:
    if obstacle == "a file":
        (tmp_path / "folder").write_text("")
    else:
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder/lock").symlink_to(tmp_path / "elsewhere")
    with held(tmp_path / "folder/lock", 0):
        pass
    assert not (tmp_path / "elsewhere").exists()
