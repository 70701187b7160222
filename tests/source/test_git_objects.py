"""One process of git that answers for as long as somebody asks."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.source.git import call
from penstock.source.git.call import GitError
from penstock.source.git.objects import GitObject, NoAnswerError, ObjectReader
from penstock.source.git.repository import GitRepository


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A commit of many files, which the tests only read."""
    root = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    for number in range(1200):
        (root / f"{number}.txt").write_text(f"{number}\n" * (1 + number % 50))
    (root / "empty").write_bytes(b"")
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, "add", "."], cwd=root, check=True)
    subprocess.run(["git", *identity, "commit", "--quiet", "-m", "Files"], cwd=root, check=True)
    return root


def reader(root: Path, timeout: float = 30) -> ObjectReader:
    return ObjectReader(lambda: call.start_process(root, ["cat-file", "--batch"]), timeout)


@pytest.fixture
def asked(repository: Path) -> Iterator[ObjectReader]:
    made = reader(repository)
    yield made
    made.end()


def one(reader: ObjectReader, name: str) -> GitObject | None:
    return next(reader.read([name]))


def test_objects_come_in_the_order_in_which_they_were_asked_for(asked: ObjectReader) -> None:
    names = [f"HEAD:{number}.txt" for number in range(1200)]
    found = list(asked.read(names))
    assert [each.data.decode() for each in found if each] == [f"{n}\n" * (1 + n % 50) for n in range(1200)]


def test_what_is_not_there_is_none_and_leaves_the_answers_in_step(asked: ObjectReader) -> None:
    names = ["HEAD:0.txt", "HEAD:nowhere", "no such name", "HEAD:empty", "HEAD^{tree}", "HEAD:1.txt"]
    found = list(asked.read(names))
    assert [each and each.kind for each in found] == ["blob", None, None, "blob", "tree", "blob"]
    assert found[3] is not None
    assert found[3].data == b""


def test_one_process_serves_all_questions(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    original = call.start_process
    monkeypatch.setattr(call, "start_process", lambda *words: started.append(words) or original(*words))
    known = GitRepository(repository)
    with known.reading():
        head = known.resolve("HEAD")
        files = known.files(head, [""])
        for blob in list(files.values())[:50]:
            known.blobs([blob])
    assert len(started) == 1
    known.blobs(list(files.values())[:50])
    assert len(started) == 2


def test_a_forked_copy_asks_a_process_of_its_own(asked: ObjectReader) -> None:
    assert one(asked, "HEAD:0.txt")
    from_copy, to_original = os.pipe()
    copy = os.fork()
    if copy == 0:
        found = one(asked, "HEAD:7.txt")
        os.write(to_original, found.data if found else b"")
        os._exit(0)
    os.close(to_original)
    mine = one(asked, "HEAD:8.txt")
    os.waitpid(copy, 0)
    with os.fdopen(from_copy, "rb") as answers:
        assert answers.read() == b"7\n" * 8
    assert mine is not None
    assert mine.data == b"8\n" * 9


def test_a_process_that_ends_is_an_error_and_the_next_question_starts_another(asked: ObjectReader) -> None:
    assert one(asked, "HEAD:0.txt")
    assert asked._process is not None
    asked._process.kill()
    asked._process.wait()
    with pytest.raises(NoAnswerError, match="exited unexpectedly"):
        one(asked, "HEAD:1.txt")
    again = one(asked, "HEAD:2.txt")
    assert again is not None
    assert again.data == b"2\n" * 3


def test_a_process_that_keeps_silent_is_an_error() -> None:
    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(["sleep", "60"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    with pytest.raises(NoAnswerError, match="timed out after"):
        one(ObjectReader(start, 0.05), "HEAD")


def test_no_process_is_left(repository: Path) -> None:
    known = GitRepository(repository)
    with known.reading():
        known.resolve("HEAD")
        process = known._objects._process
        assert process is not None
        assert process.poll() is None
    assert process.poll() is not None
    with known.reading(), pytest.raises(GitError):
        known.resolve("no such branch")
    assert known._objects._process is None


def test_a_folder_that_the_clone_lacks_is_an_error(repository: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    shutil.copytree(repository / ".git", clone / ".git")
    known = GitRepository(clone)
    head = known.resolve("HEAD")
    tree = known.tree("HEAD")
    (clone / ".git/objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(GitError, match="cannot list"):
        GitRepository(clone).files(head, [""])
