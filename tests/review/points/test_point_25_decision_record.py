"""An append-only decision record, hash-chained, that replays offline to the same bytes."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from penstock.review.decision import decide
from penstock.review.record.log import Subject, append, read, remembered
from penstock.review.record.places import FolderPlace
from penstock.review.record.replay import replay, verify
from review.pull_requests import looser_gate, looser_region, opened
from review.repositories import Repository


@pytest.fixture
def place(repository: Repository, tmp_path: Path) -> FolderPlace:
    """The record of a pull request that was opened, approved, pushed to, and approved again."""
    pull, place = opened(repository, looser_gate), FolderPlace(tmp_path / "record")
    git = repository.seen

    def look() -> None:
        view = pull.forge.view
        known = remembered(read(place.log()), Subject(view.repository, view.number, git.folder))
        decision = decide(git, view, known)
        append(place, decision.inputs, decision.verdict)

    look()
    pull.approve("ada", "rita")
    look()
    pull.push(looser_region)
    look()
    pull.approve("ada", "rita")
    look()
    return place


def test_every_decision_replays_to_the_same_bytes_without_repository_forge_or_network(
    place: FolderPlace, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(repository.root)
    monkeypatch.setattr(socket, "socket", None)
    entries = verify(place).entries
    assert [entry.value["state"] for entry in entries] == ["pending", "approved", "pending", "approved"]
    assert [result.problem for result in replay(place, entries)] == [""] * 4


def test_an_entry_carries_what_the_next_verdict_needs_to_know_of_approvals(place: FolderPlace) -> None:
    entries = read(place.log())
    early, late = entries[1].value["memory"]["approvals"], entries[3].value["memory"]["approvals"]
    assert set(early) < set(late)
    assert all(late[review] == covered for review, covered in early.items())


@pytest.mark.parametrize("position", range(4))
def test_an_entry_that_was_removed_is_found(place: FolderPlace, position: int) -> None:
    newest = read(place.log())[-1].digest
    log = place.folder / "decisions.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:position] + lines[position + 1 :]))
    assert verify(place, newest).problems


@pytest.mark.parametrize("position", range(4))
def test_an_entry_with_any_byte_altered_is_found(place: FolderPlace, position: int) -> None:
    log = place.folder / "decisions.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    whole = lines[position]
    for index in range(0, len(whole) - 1, 37):
        altered = whole[:index] + bytes([whole[index] ^ 1]) + whole[index + 1 :]
        log.write_bytes(b"".join([*lines[:position], altered, *lines[position + 1 :]]))
        assert verify(place).problems, altered


def test_entries_that_were_reordered_are_found(place: FolderPlace) -> None:
    log = place.folder / "decisions.jsonl"
    first, second, *rest = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([second, first, *rest]))
    assert verify(place).problems == (
        "line 1 does not follow the line before it: a line was removed, inserted or moved",
    )
