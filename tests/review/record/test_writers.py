"""Several who write to one record: each line follows from the one before, whoever comes second."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from penstock.review.record.inputs import PARTS, VerdictInputs
from penstock.review.record.log import append, read
from penstock.review.record.replay import verify
from penstock.review.record.stores import BranchStore, DirectoryStore, RecordError, RecordStore
from penstock.source.git.repository import GitRepository
from penstock.source.writing.journal import LOG
from review.pull_requests import PullRequest, looser_region
from review.record.decisions import decision_on, recorded


def test_a_line_that_follows_from_an_older_one_is_not_added(pull: PullRequest, store: RecordStore) -> None:
    """It would take the place of what others have recorded since."""
    recorded(pull, store)
    log = store.log()
    before = log[: log.index(b"\n") + 1]
    assert not store.append(b"{}\n", {}, before)
    assert store.log() == log


def test_who_comes_second_to_a_branch_adds_nothing(pull: PullRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look at the branch and the commit, somebody else has added a line."""
    store = BranchStore(pull.repository.seen)
    recorded(pull, store)
    log = store.log()
    commit_files = GitRepository.commit_files

    def late(git: GitRepository, ref: str, parent: str, files: Mapping[str, bytes], message: str) -> bool:
        assert commit_files(git, ref, parent, {LOG: log + b"theirs\n"}, "Theirs")
        return commit_files(git, ref, parent, files, message)

    monkeypatch.setattr(GitRepository, "commit_files", late)
    assert not store.append(b"ours\n", {}, log)
    assert store.log() == log + b"theirs\n"


def test_writers_take_turns(pull: PullRequest, tmp_path: Path) -> None:
    found = decision_on(pull)
    failures: list[Exception] = []

    def write(number: int) -> None:
        facts = found.inputs.facts.__class__(
            **{name: getattr(found.inputs.facts, name) for name in found.inputs.facts.__slots__}
        )
        object.__setattr__(facts, "number", number)
        inputs = VerdictInputs(**{name: getattr(found.inputs, name) for name in PARTS} | {"facts": facts})
        try:
            append(DirectoryStore(tmp_path / "record"), inputs, found.verdict)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    entries = verify(DirectoryStore(tmp_path / "record"))
    assert entries.problems == ()
    assert sorted(entry.about.number for entry in entries.entries) == list(range(1, 9))


def test_whoever_pushes_first_wins_and_the_other_goes_on_after_it(pull: PullRequest, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    pull.repository.git("init", "--quiet", "--bare", str(remote))
    pull.repository.git("remote", "add", "origin", str(remote))
    pull.repository.git("clone", "--quiet", str(pull.repository.top), str(tmp_path / "other"))
    ours = pull.repository.seen
    other = GitRepository.find(tmp_path / "other")
    pull.repository.git("-C", str(other.root), "remote", "set-url", "origin", str(remote))
    one, two = BranchStore(ours, remote="origin"), BranchStore(other, remote="origin")
    first = decision_on(pull)
    stale = one.log()
    append(two, first.inputs, first.verdict)
    assert not one.append(b"{}\n", {}, stale)
    pull.forge.approve("ada")
    second = decision_on(pull, one)
    append(one, second.inputs, second.verdict)
    assert [entry.number for entry in read(two.log())] == [1, 2]
    assert verify(two).problems == ()


def test_a_branch_that_is_gone_from_the_remote_is_no_empty_record(pull: PullRequest, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    pull.repository.git("init", "--quiet", "--bare", str(remote))
    pull.repository.git("remote", "add", "origin", str(remote))
    store = BranchStore(GitRepository.find(pull.repository.root), remote="origin")
    assert store.log() == b""
    recorded(pull, store)
    kept = store.log()
    pull.repository.git("-C", str(remote), "update-ref", "-d", store.ref)
    with pytest.raises(RecordError, match="`origin` has no branch penstock-record, but there is a local one: push it"):
        store.log()
    pull.repository.git("push", "--quiet", "origin", store.ref)
    assert store.log() == kept


def test_a_decision_that_finds_no_turn_is_an_error(pull: PullRequest, tmp_path: Path) -> None:
    class Busy(DirectoryStore):
        def append(self, line: bytes, parts: Mapping[str, bytes], after: bytes) -> bool:
            return False

    found = decision_on(pull)
    with pytest.raises(RecordError, match="others wrote to the record 20 times in a row: run again"):
        append(Busy(tmp_path / "record"), found.inputs, found.verdict)


def test_a_line_that_a_crash_cut_off_is_replaced(pull: PullRequest, tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "record")
    recorded(pull, store)
    log = tmp_path / "record" / "decisions.jsonl"
    log.write_bytes(log.read_bytes() + b'{"version":1,"numb')
    assert "line 4 is incomplete" in verify(store).problems[0]
    pull.push(looser_region)
    found = decision_on(pull, store)
    append(store, found.inputs, found.verdict)
    assert verify(store).problems == ()
    assert len(read(store.log())) == 4
