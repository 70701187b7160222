"""An append-only decision record, hash-chained, that replays offline to the same bytes."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from penstock.review.decision import decide
from penstock.review.record.log import RecordSubject, append, read, remembered
from penstock.review.record.replay import replay, verify
from penstock.review.record.stores import DirectoryStore
from review.pull_requests import looser_gate, looser_region, opened
from review.repositories import Repository


@pytest.fixture
def store(repository: Repository, tmp_path: Path) -> DirectoryStore:
    """The record of a pull request that was opened, approved, pushed to, and approved again."""
    pull, store = opened(repository, looser_gate), DirectoryStore(tmp_path / "record")
    git = repository.seen

    def look() -> None:
        view = pull.forge.view
        known = remembered(read(store.log()), RecordSubject(view.repository, view.number, git.folder))
        decision = decide(git, view, known)
        append(store, decision.inputs, decision.verdict)

    look()
    pull.approve("ada", "rita")
    look()
    pull.push(looser_region)
    look()
    pull.approve("ada", "rita")
    look()
    return store


def test_every_decision_replays_to_the_same_bytes_without_repository_forge_or_network(
    store: DirectoryStore, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(repository.root)
    monkeypatch.setattr(socket, "socket", None)
    entries = verify(store).entries
    assert [entry.value["state"] for entry in entries] == ["pending", "approved", "pending", "approved"]
    assert [result.problem for result in replay(store, entries)] == [""] * 4


def test_an_entry_carries_what_the_next_verdict_needs_to_know_of_approvals(store: DirectoryStore) -> None:
    entries = read(store.log())
    early, late = entries[1].value["memory"]["approvals"], entries[3].value["memory"]["approvals"]
    assert set(early) < set(late)
    assert all(late[review] == covered for review, covered in early.items())


@pytest.mark.parametrize("position", range(4))
def test_an_entry_that_was_removed_is_found(store: DirectoryStore, position: int) -> None:
    newest = read(store.log())[-1].digest
    log = store.folder / "decisions.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:position] + lines[position + 1 :]))
    assert verify(store, newest).problems


@pytest.mark.parametrize("position", range(4))
def test_an_entry_with_any_byte_altered_is_found(store: DirectoryStore, position: int) -> None:
    log = store.folder / "decisions.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    whole = lines[position]
    for index in range(0, len(whole) - 1, 37):
        altered = whole[:index] + bytes([whole[index] ^ 1]) + whole[index + 1 :]
        log.write_bytes(b"".join([*lines[:position], altered, *lines[position + 1 :]]))
        assert verify(store).problems, altered


def test_entries_that_were_reordered_are_found(store: DirectoryStore) -> None:
    log = store.folder / "decisions.jsonl"
    first, second, *rest = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([second, first, *rest]))
    assert verify(store).problems == (
        "line 1 does not follow the line before it: a line was removed, inserted or moved",
    )
