"""Attacks in a merge queue: what a group was judged on, and what happens to it before it is merged."""

from __future__ import annotations

import pytest

from forges.fake import FakePullRequest, commit, object_id
from forges.github_server import Reply, Seen
from forges.github_shapes import account, comment
from penstock.review.decision import decide, decide_group
from review.actions import APPROVALS, Run
from review.pull_requests import EVERYBODY, with_policy
from review.releases import NEW, OLD, OLDER, add_release
from review.repositories import Repository

PATH = "specs/release.yaml"
BEHIND = object_id("the group of the one behind")


@pytest.fixture
def queued(run: Run) -> Run:
    """An approved pull request whose merge group passed, and that waits there for something else."""
    run.server.reviews = APPROVALS
    assert run.on_pull_request() == 0
    run.upstream.git("checkout", "--quiet", "-B", "queue", "main")
    run.upstream.git("merge", "--quiet", "--no-ff", "-m", "queued", "topic")
    group = run.upstream.git("rev-parse", "HEAD").strip()
    bare = str(run.folder / "upstream.git")
    run.upstream.git("push", "--quiet", bare, f"{group}:refs/heads/gh-readonly-queue/main/pr-1")
    run.server.queue = [
        {"position": place, "headCommit": head and {"oid": head}, "pullRequest": {"number": pull, "headRefOid": of}}
        for place, head, pull, of in (
            (2, BEHIND, 2, object_id("2")),
            (1, group, 1, run.head),
            (3, None, 3, object_id("3")),
        )
    ]
    values = {"head_ref": "refs/heads/gh-readonly-queue/main/pr-1", "head_sha": group, "base_ref": "refs/heads/main"}
    merge_group = {**values, "base_sha": run.server.tip}
    run.event("merge_group", {"action": "checks_requested", "merge_group": merge_group})
    assert run.review() == 0
    assert conclusions(run) == {run.head: "success", group: "success"}
    return run


def conclusions(run: Run) -> dict[str, str]:
    """What the latest check says at each commit."""
    return {one["head_sha"]: one["conclusion"] for one in run.server.check_runs}


def hold(run: Run) -> int:
    run.server.comments.append(comment(7, account("sam"), "/penstock hold the dashboard is red"))
    run.event("issue_comment", {"action": "created", "issue": {"number": 1, "pull_request": {"url": "it"}}})
    return run.review()


def test_a_hold_stops_the_groups_that_passed_before_it(queued: Run) -> None:
    """They are merged as soon as their checks are green, whatever the check of the pull request says by then."""
    [group] = conclusions(queued).keys() - {queued.head}
    assert hold(queued) == 1
    assert conclusions(queued) == {queued.head: "failure", group: "failure", BEHIND: "failure"}
    title = queued.server.check_runs[-1]["title"]
    assert title == "#1 may not be merged any more"


def test_a_group_that_was_decided_on_later_is_left_alone(queued: Run) -> None:
    [group] = conclusions(queued).keys() - {queued.head}
    [*_, decided] = [one for one in queued.server.check_runs if one["head_sha"] == group]
    decided["external_id"] = f"{decided['external_id'].split()[0]} 2026-03-02T12:00:01+00:00"
    assert hold(queued) == 1
    assert conclusions(queued) == {queued.head: "failure", group: "success", BEHIND: "failure"}


def test_what_is_approved_leaves_its_groups_as_they_are(queued: Run) -> None:
    before = len(queued.server.check_runs)
    queued.server.pull["title"] = "In other words"
    assert queued.on_pull_request() == 0
    assert {one["head_sha"] for one in queued.server.check_runs[before:]} == {queued.head}


def test_where_the_queue_cannot_be_read_the_pull_request_is_red_with_its_reasons(
    queued: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = queued.server.reply_to

    def without_queue(seen: Seen) -> Reply:
        if seen.path == "/graphql" and "query Queue" in seen.body["query"]:
            return Reply(body={"errors": [{"message": "Field 'mergeQueue' doesn't exist"}]})
        return answer(seen)

    monkeypatch.setattr(queued.server, "reply_to", without_queue)
    assert hold(queued) == 1
    assert conclusions(queued)[queued.head] == "failure"
    assert "the dashboard is red" in queued.server.comments[0]["body"]
    assert "error: merge groups that hold it may still pass: GitHub rejected" in capsys.readouterr().err


def test_what_the_branch_ahead_held_on_its_way_is_nothing_to_roll_back_to(repository: Repository) -> None:
    """The first in line leaves everything as it was, but for a version that one of its own commits served."""
    repository.write(PATH, add_release(NEW, OLD))
    base = with_policy(repository)
    repository.branch("one")
    repository.write(PATH, add_release(OLDER))
    planted = repository.commit()
    repository.write(PATH, add_release(NEW, OLD))
    head = repository.commit()
    hands = [commit(planted, "eve", parents=[base]), commit(head, "eve", parents=[planted])]
    one = FakePullRequest.opened("eve", head=head, base=base, writers=EVERYBODY, commits=hands)
    repository.git("checkout", "--quiet", "-b", "two", base)
    repository.write(PATH, add_release(OLDER))
    two = FakePullRequest.opened("eve", head=repository.commit("back"), base=base, number=2, writers=EVERYBODY)
    assert decide(repository.seen, two.view).plan.kind == "change"
    decisions, _ = decide_group(repository.seen, [one.view, two.view], base, base, {})
    assert [found.plan.kind for found in decisions] == ["none", "change"]
