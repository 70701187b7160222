"""Attacks in a merge queue: what a group was judged on, and what happens to it before it is merged."""

from __future__ import annotations

from forges.fake import FakePullRequest, commit
from penstock.review.decision import decide, decide_group
from review.pull_requests import EVERYBODY, with_policy
from review.releases import NEW, OLD, OLDER, add_release
from review.repositories import Repository

PATH = "specs/release.yaml"


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
