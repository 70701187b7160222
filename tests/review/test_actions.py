"""`penstock review` as it runs in GitHub Actions: from the event to the comment, the check run and the record."""

from __future__ import annotations

import json
import sys

import pytest

from forges.github_server import TOKEN, Reply, Seen
from forges.github_shapes import account, comment, review
from penstock.cli.main import main
from penstock.source.git.repository import GitRepository
from review.actions import APPROVALS, Run
from review.pull_requests import POLICY, POLICY_PATH, rules_of
from review.repositories import EITHER_FOLDER, Repository

pytestmark = EITHER_FOLDER


def test_a_pull_request_that_waits_is_shown_and_red(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.on_pull_request() == 1
    assert run.conclusion == "action_required"
    shown = run.server.check_runs[-1]
    assert shown["head_sha"] == run.head
    [comment] = run.server.comments
    assert "Gate/delay&#45;release" in comment["body"] or "Gate/delay-release" in comment["body"]
    annotated = [one for one in shown["annotations"] if one["path"] == run.upstream.from_top("specs/system.yaml")]
    assert annotated
    assert "needs" in annotated[0]["message"]
    assert run.server.requested
    text = capsys.readouterr()
    summary = (run.folder / "summary.md").read_text()
    assert "#1" in summary
    assert TOKEN not in text.out + text.err + summary + json.dumps(run.server.check_runs) + comment["body"]


def test_approved_it_is_green_in_the_same_comment_and_on_record(run: Run) -> None:
    assert run.on_pull_request() == 1
    run.server.reviews = APPROVALS
    run.after_a_review()
    assert run.review() == 0
    assert run.conclusion == "success"
    assert len(run.server.comments) == 1
    git = GitRepository.find(run.checkout)
    git.fetch("origin", "refs/heads/penstock-record", "refs/heads/penstock-record")
    where = ["--root", str(run.checkout)]
    assert main(["record", "verify", *where]) == 0
    assert main(["record", "replay", *where]) == 0


def test_whom_the_policy_names_by_login_is_asked_before_they_spoke(run: Run) -> None:
    """Bela is in no team that a rule asks; Zoe, whom the policy names too, may not write."""
    people = {"from": {"logins": ["Bela", "zoe"]}}
    rule = {"id": "one", "why": "Whatever changes.", "when": {}, "require": people}
    run.upstream.write(POLICY_PATH, rules_of(POLICY, [rule]))
    run.server.tip = run.upstream.commit("named people")
    run.upstream.git("push", "--quiet", str(run.folder / "upstream.git"), "main")
    assert run.on_pull_request() == 1
    assert run.server.requested == ["bela"]
    run.server.reviews = [review(1, "bela")]
    run.after_a_review()
    assert run.review() == 0


def test_nothing_of_the_head_is_checked_out(run: Run) -> None:
    before = run.upstream.git("-C", str(run.checkout), "status", "--porcelain")
    run.on_pull_request()
    assert run.upstream.git("-C", str(run.checkout), "status", "--porcelain") == before == ""
    assert not (run.checkout / "src" / "penstock").exists()


def test_a_dry_run_writes_nothing(run: Run) -> None:
    assert run.on_pull_request("--dry-run") == 1
    assert {one.method for one in run.server.seen if one.path != "/graphql"} == {"GET"}
    assert GitRepository.find(run.checkout).remote_tip("origin", "refs/heads/penstock-record") is None


def test_a_fault_of_the_forge_takes_an_earlier_green_back(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.server.reviews = APPROVALS
    assert run.on_pull_request() == 0
    assert run.conclusion == "success"
    run.server.always_answers("/requested_reviewers", Reply(500, {"message": f"a fault that repeats {TOKEN}"}))
    run.server.always_answers("/issues/1/comments", Reply(403, {"message": f"a fault that repeats {TOKEN}"}))
    assert run.on_pull_request() == 1
    assert run.conclusion == "failure"
    assert TOKEN not in capsys.readouterr().err


def test_what_is_said_while_it_is_judged_is_judged_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run.server.reviews = APPROVALS
    answer = run.server.reply_to

    def interrupted(seen: Seen) -> Reply:
        reply = answer(seen)
        if seen.path.endswith("/pulls/1/reviews"):
            run.server.reviews = [*APPROVALS, review(3, "rita", "CHANGES_REQUESTED", "2026-03-02T11:00:00Z")]
        return reply

    monkeypatch.setattr(run.server, "reply_to", interrupted)
    assert run.on_pull_request() == 1
    assert run.conclusion == "failure"


def test_a_hold_that_its_author_deletes_is_remembered_by_the_record(run: Run) -> None:
    run.server.reviews = APPROVALS
    run.server.comments = [comment(7, account("sam"), "/penstock hold the dashboard is red")]
    assert run.on_pull_request() == 1
    run.server.comments = [one for one in run.server.comments if one["id"] != 7]
    assert run.on_pull_request() == 1
    assert run.conclusion == "failure"
    run.server.comments.append(comment(8, account("sam"), "/penstock unhold", "2026-03-02T11:30:00Z"))
    assert run.on_pull_request() == 0


def test_an_objection_that_another_dismisses_is_read_from_the_timeline(run: Run) -> None:
    run.server.reviews = [*APPROVALS, review(3, "rita", "DISMISSED", "2026-03-02T11:00:00Z"), review(4, "ada")]
    event = {
        "__typename": "ReviewDismissedEvent",
        "createdAt": "2026-03-02T11:30:00Z",
        "actor": {"__typename": "User", "login": "eve"},
        "previousReviewState": "CHANGES_REQUESTED",
        "review": {"fullDatabaseId": "3"},
    }
    run.server.timeline = [event]
    assert run.on_pull_request() == 1
    assert run.conclusion == "failure"
    run.server.timeline = [{**event, "actor": {"__typename": "User", "login": "rita"}}]
    run.server.reviews.append(review(5, "rita", at="2026-03-02T11:45:00Z"))
    assert run.on_pull_request() == 0


def test_a_merged_pull_request_is_left_alone(run: Run) -> None:
    run.server.pull |= {"state": "closed", "merged": True}
    assert run.on_pull_request() == 0
    assert run.server.check_runs == []
    assert run.server.comments == []


def test_a_closed_one_is_not_decided_and_not_green(run: Run) -> None:
    run.server.pull["state"] = "closed"
    assert run.on_pull_request() == 0
    assert (run.conclusion, run.server.check_runs[-1]["title"]) == ("action_required", "The pull request is closed")
    assert run.server.comments == []


def test_a_merge_group_gets_its_answer_at_its_own_commit(run: Run) -> None:
    run.server.reviews = APPROVALS
    bare = str(run.folder / "upstream.git")
    run.upstream.git("checkout", "--quiet", "-B", "queue", "main")
    run.upstream.git("merge", "--quiet", "--no-ff", "-m", "queued", "topic")
    group = run.upstream.git("rev-parse", "HEAD").strip()
    run.upstream.git("push", "--quiet", bare, f"{group}:refs/heads/gh-readonly-queue/main/pr-1")
    run.server.queue = [
        {"position": 1, "headCommit": {"oid": group}, "pullRequest": {"number": 1, "headRefOid": run.head}}
    ]
    run.event(
        "merge_group",
        {
            "action": "checks_requested",
            "merge_group": {
                "head_ref": "refs/heads/gh-readonly-queue/main/pr-1",
                "head_sha": group,
                "base_ref": "refs/heads/main",
                "base_sha": run.server.tip,
            },
        },
    )
    assert run.review() == 0
    assert (run.server.check_runs[-1]["head_sha"], run.conclusion) == (group, "success")
    run.server.reviews = []
    assert run.review() == 1
    assert run.conclusion == "failure"


def test_outside_of_actions_it_says_what_is_missing(
    repository: Repository, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GITHUB_REPOSITORY", "GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert main(["review", "--root", str(repository.root)]) == 2
    assert "GITHUB_REPOSITORY is not set: run in GitHub Actions, or evaluate a saved pull" in capsys.readouterr().err


def test_without_the_extra_it_says_which(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)
    assert run.on_pull_request() == 2
    expected = (
        "error: httpx is missing: speaking to GitHub needs the extra `review` "
        '(in a checkout of Penstock: `pip install ".[review]"`).'
    )
    assert expected in capsys.readouterr().err
