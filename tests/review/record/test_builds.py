"""A decision that another build of Penstock made is told apart from one that nobody can have made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from penstock import __version__
from penstock.cli.main import main
from penstock.review.record.engine import engine
from penstock.review.record.log import append
from penstock.review.record.replay import replay, verify
from penstock.review.record.stores import DirectoryStore, part_path
from review.pull_requests import PullRequest, looser_gate, opened
from review.record.test_record import decision_on, rewritten
from review.repositories import Repository

OTHER = f"{__version__}+000000000000"


@pytest.fixture
def store(repository: Repository, tmp_path: Path) -> DirectoryStore:
    """A record with one decision, which is explained in other words than this build's."""
    pull: PullRequest = opened(repository, looser_gate)
    found = decision_on(pull)
    child, *others = found.verdict.tree.children
    tree = replace(found.verdict.tree, children=(replace(child, why="another reason"), *others))
    store = DirectoryStore(tmp_path / "record")
    append(store, found.inputs, replace(found.verdict, tree=tree))
    return store


def test_a_build_is_named_by_its_version_and_its_code() -> None:
    version, _, code = engine().partition("+")
    assert version == __version__
    assert len(code) == 12
    assert engine() != OTHER


def test_what_another_build_made_is_unconfirmed(store: DirectoryStore, capsys: pytest.CaptureFixture[str]) -> None:
    rewritten(store, engine=OTHER)
    assert verify(store).problems == ()
    [result] = replay(store, verify(store).entries)
    assert result.is_of_another_build
    by = f"it was made by Penstock {OTHER}, and this is {engine()}: replay it with that build"
    assert result.problem.endswith(by)
    assert main(["record", "replay", "--record", str(store.folder)]) == 1
    shown = capsys.readouterr()
    assert shown.err.startswith("unconfirmed: entry 1: ")
    assert shown.out == ("0 of 1 decision are the same, byte for byte\n1 by other builds of Penstock is unconfirmed\n")


def test_what_this_build_cannot_have_made_is_an_error(
    store: DirectoryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["record", "replay", "--record", str(store.folder)]) == 1
    shown = capsys.readouterr()
    assert shown.err.startswith("error: entry 1: ")
    assert "unconfirmed" not in shown.out


@pytest.mark.parametrize(("field", "to"), [("state", "approved"), ("repository", "acme/another"), ("digests", {})])
def test_no_build_explains_what_an_entry_says_besides_its_parts(store: DirectoryStore, field: str, to: object) -> None:
    rewritten(store, engine=OTHER, **{field: to})
    [result] = replay(store, verify(store).entries)
    assert result.problem == f"the entry's `{field}` does not follow from its inputs"
    assert not result.is_of_another_build


def test_no_build_explains_a_part_that_was_altered(store: DirectoryStore) -> None:
    rewritten(store, engine=OTHER)
    [entry] = verify(store).entries
    path = store.folder / part_path(entry.parts["plan"])
    path.write_bytes(path.read_bytes() + b" ")
    [result] = replay(store, (entry,))
    assert (result.problem, result.is_of_another_build) == ("its `plan` was altered", False)


def test_a_decision_that_another_build_made_alike_is_the_same(repository: Repository, tmp_path: Path) -> None:
    pull = opened(repository, looser_gate)
    found = decision_on(pull)
    store = DirectoryStore(tmp_path / "record")
    append(store, found.inputs, found.verdict)
    rewritten(store, engine=OTHER)
    [result] = replay(store, verify(store).entries)
    assert (result.problem, result.is_of_another_build) == ("", False)
