"""What is open is reviewed again because time passes: no event tells that a freeze began, or that a waiver ended."""

from __future__ import annotations

import json

import pytest

from forges import github_server
from forges.github_server import Reply
from forges.github_shapes import account, comment
from review.actions import Run

ELEVEN = "2026-03-02T11:00:00Z"
EVENING = "Mon, 02 Mar 2026 16:00:00 GMT"
"""After break-glass, which lasts four hours, has ended."""


@pytest.fixture
def urgent(run: Run) -> Run:
    """Two people broke the glass at eleven, and at noon the pull request is green."""
    run.server.comments = [
        comment(number, account(login), "/penstock break-glass the planes are late", ELEVEN)
        for number, login in ((7, "sam"), (8, "rita"))
    ]
    assert run.on_pull_request() == 0
    assert run.conclusion == "success"
    return run


def at_the_hour(run: Run) -> int:
    """What the ten lines of the manual do."""
    # Nothing of the payload is needed, not even the repository.
    run.environment("schedule", {"schedule": "23 * * * *"})
    return run.review()


def test_what_time_ended_is_not_left_green(urgent: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github_server, "DATE", EVENING)
    assert at_the_hour(urgent) == 0
    assert urgent.conclusion == "action_required"
    assert "awaiting approval" in urgent.server.check_runs[-1]["title"]


def test_what_is_still_so_is_left_as_it_is(urgent: Run) -> None:
    """Nobody is asked again, and the record does not grow by the hour, even if the base moved on."""
    urgent.upstream.git("checkout", "--quiet", "main")
    urgent.upstream.write("README.md", "Words.")
    tip = urgent.upstream.commit("words")
    urgent.upstream.git("push", "--quiet", str(urgent.folder / "upstream.git"), f"{tip}:refs/heads/main")
    urgent.server.tip = tip
    record = urgent.upstream.git("-C", str(urgent.folder / "upstream.git"), "rev-parse", "refs/heads/penstock-record")
    urgent.server.seen.clear()
    assert at_the_hour(urgent) == 0
    assert {one.method for one in urgent.server.seen if one.path != "/graphql"} == {"GET"}
    now = urgent.upstream.git("-C", str(urgent.folder / "upstream.git"), "rev-parse", "refs/heads/penstock-record")
    assert now == record


def test_a_draft_is_not_looked_at(urgent: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    urgent.server.pull["draft"] = True
    monkeypatch.setattr(github_server, "DATE", EVENING)
    assert at_the_hour(urgent) == 0
    assert urgent.conclusion == "success", "the event that made it a draft is what turns it"


def test_a_fault_takes_back_what_nobody_can_confirm(urgent: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github_server, "DATE", EVENING)
    urgent.server.always_answers("/pulls/1/reviews", Reply(403, {"message": "no"}))
    assert at_the_hour(urgent) == 1
    assert urgent.conclusion == "failure"


def test_a_list_that_cannot_be_read_is_a_fault(urgent: Run, capsys: pytest.CaptureFixture[str]) -> None:
    urgent.server.always_answers("/pulls", Reply(403, {"message": "no"}))
    assert at_the_hour(urgent) == 1
    assert "/pulls was answered with 403" in capsys.readouterr().err


def test_in_several_jobs_it_is_the_same(urgent: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    urgent.environment("schedule", {})
    opened = urgent.step("open")
    assert json.loads(opened["open"]) == [{"number": 1, "key": "1"}]
    given = {"number": "1", "began": opened["began"], "head": ""}

    same = urgent.step("decide", "--again", number="1")
    assert same == {"code": "0"}, "the jobs that follow have nothing to do"

    monkeypatch.setattr(github_server, "DATE", EVENING)
    urgent.server.seen.clear()
    other = urgent.step("decide", "--again", number="1")
    assert {one.method for one in urgent.server.seen if one.path != "/graphql"} == {"GET"}
    recorded = urgent.step("record", digest=other["digest"])
    assert urgent.step("show", **given, digest=other["digest"], entries=recorded["entries"])["code"] == "1"
    assert urgent.conclusion == "action_required"

    assert urgent.step("show", **given | {"began": "2026-03-02T16:01:00+00:00"})["code"] == "1"
    assert urgent.conclusion == "failure", "a job that failed before is shown at the head, which nobody named"


def test_more_than_one_workflow_can_take_are_told(
    urgent: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("penstock.cli.review_again.MOST", 0)
    urgent.environment("schedule", {})
    assert json.loads(urgent.step("open")["open"]) == []
    assert (
        "::warning::only the 0 that changed last are reviewed again, of 1 open pull request" in capsys.readouterr().out
    )
