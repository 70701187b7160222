"""Attacks by another branch: a check stands at a commit, and a commit may be the head of several pull requests."""

from __future__ import annotations

import pytest

from forges.github_server import Reply, Seen
from forges.github_shapes import account, commit, move
from review.actions import APPROVALS, Run

EVIL = "evil/release"


@pytest.fixture
def lax(run: Run) -> Run:
    """A branch on which the head is already, so that nothing is to be approved there; the pull request is into it."""
    bare = str(run.folder / "upstream.git")
    run.upstream.git("push", "--quiet", bare, f"{run.head}:refs/heads/{EVIL}")
    run.server.tip = run.head
    run.server.commits = [commit(run.head, account("eve"))]
    run.server.pull["base"]["ref"] = EVIL
    return run


def checks(run: Run) -> dict[str, str]:
    """The latest conclusion of each check at the head."""
    return {one["name"]: one["conclusion"] for one in run.server.check_runs if one["head_sha"] == run.head}


def second_pull_request(run: Run, monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    """Another one has the same head."""
    answer = run.server.reply_to
    other = run.server.pull | {"number": 2, "base": run.server.pull["base"] | {"ref": base}}

    def both(seen: Seen) -> Reply:
        if seen.path.endswith("/pulls/2"):
            return Reply(body=other)
        reply = answer(seen)
        return Reply(body=[*reply.body, other]) if seen.path.endswith("/pulls") and reply.status == 200 else reply

    monkeypatch.setattr(run.server, "reply_to", both)


def test_what_passes_into_another_branch_opens_nothing_of_the_default_branch(lax: Run) -> None:
    lax.on_pull_request()
    assert "penstock" not in checks(lax)
    assert f"penstock ({EVIL})" in checks(lax)


def test_in_several_jobs_too(lax: Run) -> None:
    lax.event("pull_request_target", {"action": "synchronize", "pull_request": {"number": 1}})
    found = lax.step("find")
    decided = lax.step("decide", number="1")
    recorded = lax.step("record", digest=decided["digest"])
    given = {key: found[key] for key in ("number", "head", "began")}
    lax.step("show", **given, digest=decided["digest"], entries=recorded["entries"])
    lax.step("show", **given, digest="", entries="")
    assert list(checks(lax)) == [f"penstock ({EVIL})"]


def test_a_branch_may_not_be_called_so_that_its_check_is_that_of_the_default_branch(lax: Run) -> None:
    lax.server.pull["base"]["ref"] = "penstock"
    lax.on_pull_request()
    assert list(checks(lax)) == ["penstock (penstock)"]


def test_whoever_turns_a_pull_request_to_another_branch_leaves_nothing_green_behind(run: Run) -> None:
    run.server.reviews = APPROVALS
    assert run.on_pull_request() == 0
    assert checks(run) == {"penstock": "success"}
    run.server.pull["base"]["ref"] = EVIL
    changes = {"base": {"ref": {"from": "main"}, "sha": {"from": run.server.tip}}}
    run.event("pull_request_target", {"action": "edited", "pull_request": {"number": 1}, "changes": changes})
    run.review()
    assert checks(run)["penstock"] != "success"


def test_a_second_pull_request_of_the_same_head_keeps_no_objection_out(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.server.reviews = APPROVALS
    assert run.on_pull_request() == 0
    second_pull_request(run, monkeypatch, "main")
    run.after_a_review()
    assert run.review() == 1
    assert checks(run) == {"penstock": "failure"}


def test_a_second_one_into_another_branch_keeps_the_first_from_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.server.reviews = APPROVALS
    second_pull_request(run, monkeypatch, EVIL)
    run.after_a_review()
    assert run.review() == 0
    assert checks(run) == {"penstock": "success", f"penstock ({EVIL})": "action_required"}


def test_a_forge_that_cannot_say_whose_head_was_reviewed_leaves_it_red(run: Run) -> None:
    run.server.reviews = APPROVALS
    assert run.on_pull_request() == 0
    run.server.always_answers("/pulls", Reply(403, {"message": "a fault"}))
    run.after_a_review()
    assert run.review() == 1
    assert checks(run) == {"penstock": "failure"}


def at(run: Run, head: str) -> str:
    """The latest conclusion of the check at a commit."""
    return [one["conclusion"] for one in run.server.check_runs if one["head_sha"] == head][-1]


def pushed(run: Run) -> str:
    """Something harmless more on the branch; the head before it."""
    former = run.head
    run.upstream.git("checkout", "--quiet", "topic")
    run.upstream.write("notes.md", "Words.")
    run.head = run.upstream.commit("more words")
    run.upstream.git("push", "--quiet", str(run.folder / "upstream.git"), "topic")
    run.server.pull["head"]["sha"] = run.head
    run.server.commits.append(commit(run.head, account("eve")))
    moved = move("2026-03-02T11:30:00Z", former, run.head, by="eve")
    run.server.activity.insert(0, moved)
    return former


def test_whoever_goes_back_to_a_former_head_finds_nothing_green_there(run: Run) -> None:
    """It would be merged before any review could say what has been objected to since."""
    run.server.reviews = APPROVALS
    assert run.on_pull_request() == 0
    former = pushed(run)
    assert at(run, former) == "success"
    event = {"action": "synchronize", "pull_request": {"number": 1}, "before": former}
    run.event("pull_request_target", event)
    assert run.step("find")["head"] == run.head
    assert at(run, former) == "action_required"
    assert run.server.check_runs[-1]["title"] == "The pull request has another head now"


def test_nor_where_no_event_told_of_the_push(run: Run) -> None:
    run.server.reviews = APPROVALS
    assert run.on_pull_request() == 0
    former = pushed(run)
    run.after_a_review()
    assert run.review() == 0
    assert (at(run, former), at(run, run.head)) == ("action_required", "success")


def test_a_push_that_was_taken_back_since_leaves_the_head_to_its_own_review(run: Run) -> None:
    run.server.reviews = APPROVALS
    run.event("pull_request_target", {"action": "synchronize", "pull_request": {"number": 1}, "before": run.head})
    assert run.review() == 0
    assert at(run, run.head) == "success"


def test_what_is_closed_is_not_green_when_it_is_opened_again(run: Run) -> None:
    """Closed, nobody looks at it; opened again, it could be merged at once."""
    run.server.reviews = APPROVALS
    assert run.on_pull_request() == 0
    run.server.pull["state"] = "closed"
    run.event("pull_request_target", {"action": "closed", "pull_request": {"number": 1}})
    assert run.review() == 0
    assert at(run, run.head) == "action_required"
    run.server.pull["state"] = "open"
    assert run.on_pull_request() == 0
    assert at(run, run.head) == "success"
