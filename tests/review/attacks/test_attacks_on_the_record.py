"""Attacks on the record: who may push to its branch writes lines that follow, and takes away those that disturb."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from forges.github_shapes import account, comment, move
from penstock.review.record.log import read
from penstock.review.record.replay import inputs_of
from penstock.review.record.stores import BranchStore
from penstock.source.canonical import bytes_digest, canonical_json
from penstock.source.git.repository import GitRepository
from penstock.source.writing.journal import LOG
from review.actions import APPROVALS, RECORD, Run
from review.repositories import EITHER_FOLDER

pytestmark = EITHER_FOLDER


@pytest.fixture
def stale(run: Run) -> Run:
    """Everybody approved, and something else was pushed after that."""
    run.server.reviews = APPROVALS
    run.server.activity = [
        move("2026-03-02T11:00:00Z", "1" * 40, run.head, by="eve"),
        move("2026-03-02T08:55:00Z", "0" * 40, "1" * 40, "branch_creation", by="eve"),
    ]
    return run


class Record:
    """The branch of the record in the repository, to be written to by hand."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.git = GitRepository(run.folder / "upstream.git")
        self.store = BranchStore(self.git)

    def add(self, *, by: str, **values: Any) -> None:
        """A line like the last one, with other values, that follows from it."""
        log = self.store.log()
        last = orjson.loads(log.splitlines()[-1])
        value = last | {"number": last["number"] + 1, "previous": last["digest"], **values}
        del value["digest"]
        self.put(log + canonical_json(value | {"digest": bytes_digest(canonical_json(value))}) + b"\n", by=by)

    def put(self, log: bytes, *, by: str) -> None:
        assert self.git.commit_files(RECORD, self.git.ref(RECORD), {LOG: log}, "by hand")
        self.run.pushed_by[str(self.git.ref(RECORD))] = by

    @property
    def changes(self) -> list[str]:
        """What the last decision was about."""
        return [one.fingerprint for one in inputs_of(self.store, read(self.store.log())[-1]).plan.changes]


def test_a_line_that_somebody_adds_makes_no_stale_approval_fresh(
    stale: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stale.on_pull_request() == 1
    record = Record(stale)
    covers = dict.fromkeys(("1", "2"), sorted(record.changes))
    record.add(by="eve", memory={"approvals": covers, "holds": []})
    assert stale.on_pull_request() == 1
    assert stale.conclusion == "failure"
    assert "eve pushed to penstock-record after #1 was opened" in capsys.readouterr().err


def test_nor_where_the_review_wrote_after_it(stale: Run) -> None:
    assert stale.on_pull_request() == 1
    record = Record(stale)
    covers = dict.fromkeys(("1", "2"), sorted(record.changes))
    record.add(by="eve", memory={"approvals": covers, "holds": []})
    record.add(by=stale.server.viewer, pullRequest=2)
    assert stale.on_pull_request() == 1
    assert stale.conclusion == "failure"


def test_a_hold_is_not_forgotten_by_taking_away_the_line_that_knows_of_it(run: Run) -> None:
    run.server.reviews = APPROVALS
    run.server.comments = [comment(7, account("sam"), "/penstock hold the dashboard is red")]
    assert run.on_pull_request() == 1
    run.server.comments = [one for one in run.server.comments if one["id"] != 7]
    Record(run).put(b"", by="eve")
    assert run.on_pull_request() == 1
    assert run.conclusion == "failure"


def test_nor_by_taking_away_all_of_the_record(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.server.reviews = APPROVALS
    run.server.comments = [comment(7, account("sam"), "/penstock hold the dashboard is red")]
    assert run.on_pull_request() == 1
    run.server.comments = [one for one in run.server.comments if one["id"] != 7]
    pushes = run.record_moves(RECORD)
    assert pushes
    bare = str(run.folder / "upstream.git")
    run.upstream.git("-C", bare, "update-ref", "-d", RECORD)
    deleted = move("2026-03-02T12:00:00Z", pushes[0]["after"], "0" * 40, "branch_deletion", by="eve")
    run.server.moves_of = lambda ref: [deleted, *pushes] if ref == RECORD else None
    run.upstream.git("-C", str(run.checkout), "update-ref", "-d", RECORD)
    assert run.on_pull_request() == 1
    assert run.conclusion == "failure"
    assert "penstock-record was there after #1 was opened, and is gone" in capsys.readouterr().err


def test_a_record_that_went_before_the_pull_request_came_held_nothing_of_it(run: Run) -> None:
    long_ago = move("2026-03-01T12:00:00Z", "1" * 40, "0" * 40, "branch_deletion", by="eve")
    answers = run.record_moves

    def moves(ref: str) -> list[dict[str, Any]] | None:
        found = answers(ref)
        return [*found, long_ago] if found is not None else None

    run.server.moves_of = moves
    run.server.reviews = APPROVALS
    assert run.on_pull_request() == 0
    assert run.on_pull_request() == 0


def test_a_line_from_before_the_pull_request_is_none_about_it(stale: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert stale.on_pull_request() == 1
    record = Record(stale)
    record.add(by="eve", memory={"approvals": dict.fromkeys(("1", "2"), sorted(record.changes)), "holds": []})
    stale.server.pull["created_at"] = "2026-03-02T12:30:00Z"
    stale.server.activity = [move("2026-03-02T12:25:00Z", "0" * 40, stale.head, "branch_creation", by="eve")]
    assert stale.on_pull_request() == 1
    assert stale.conclusion == "failure"
    assert "had entries about #1 before it was opened" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("hidden", "says"),
    [(0, "GitHub does not show who pushed"), (1, "GitHub does not show every push to penstock-record")],
)
def test_what_the_forge_does_not_show_of_it_is_waited_for_and_then_an_error(
    run: Run, capsys: pytest.CaptureFixture[str], hidden: int, says: str
) -> None:
    for given in range(len(APPROVALS)):
        run.server.reviews = APPROVALS[:given]
        assert run.on_pull_request() == 1
    Record(run).add(by=run.server.viewer, pullRequest=2)

    def shown(ref: str) -> list[dict[str, Any]] | None:
        moves = run.record_moves(ref)
        return moves if ref != RECORD or moves is None else [*moves[:hidden], *moves[hidden + 1 :]]

    run.server.moves_of = shown
    run.server.reviews = APPROVALS
    assert run.on_pull_request() == 1
    assert run.conclusion == "failure"
    assert says in capsys.readouterr().err


def test_decisions_on_others_disturb_nothing(run: Run) -> None:
    assert run.on_pull_request() == 1
    Record(run).add(by=run.server.viewer, pullRequest=2)
    run.server.reviews = APPROVALS
    assert run.on_pull_request() == 0
