"""Nobody approves what they had a hand in; what belongs to nobody blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from forges.fake import commit
from penstock.forges.protocol import Commit, Person
from review.pull_requests import APPROVED, ERROR, PENDING, POLICY, bigger_step, looser_gate, node, opened
from review.repositories import Repository

Commits = Callable[[str, str], list[Commit]]


def test_the_author_does_not_approve(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate, author="rita")
    pull_request.approve("rita", "ada")
    verdict = pull_request.verdict()
    assert verdict.state is PENDING
    assert "rita contributed and may not approve" in node(verdict, "gate").children[0].why
    pull_request.approve("remo")
    assert pull_request.state is APPROVED


def _by(**hands: object) -> Commits:
    def commits(base: str, head: str) -> list[Commit]:
        return [commit(head, str(hands.get("author", "eve")), parents=[base], **_rest(hands))]  # type: ignore[arg-type]

    return commits


def _rest(hands: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in hands.items() if key != "author"}


@pytest.mark.parametrize(
    "commits",
    [_by(author="rita", committer="eve"), _by(committer="rita"), _by(co_authors=["rita"]), _by(author="RITA")],
    ids=["author", "committer", "co-author", "in capitals"],
)
def test_whoever_contributed_a_commit_does_not_approve(repository: Repository, commits: Commits) -> None:
    pull_request = opened(repository, looser_gate, commits=commits)
    pull_request.approve("rita", "ada")
    assert pull_request.state is PENDING
    pull_request.approve("remo")
    assert pull_request.state is APPROVED


def test_whoever_opened_it_does_not_approve_what_others_wrote(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.forge.facts = replace(pull_request.forge.facts, author=Person("rita"))
    pull_request.approve("rita", "ada")
    assert pull_request.state is PENDING
    pull_request.approve("remo")
    assert pull_request.state is APPROVED


def test_a_head_that_is_not_among_the_commits_blocks(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate, commits=lambda base, _: [commit("1" * 40, "eve", parents=[base])])
    pull_request.approve("rita", "ada")
    verdict = pull_request.verdict()
    assert verdict.state is ERROR
    assert "is not among the commits" in node(verdict, "attribution").why


def test_contributors_by_a_second_parent_count(repository: Repository) -> None:
    def merged(base: str, head: str) -> list[Commit]:
        return [
            commit("1" * 40, "eve", parents=[base]),
            commit("2" * 40, "rita", parents=[base]),
            commit(head, "eve", parents=["1" * 40, "2" * 40]),
        ]

    pull_request = opened(repository, looser_gate, commits=merged)
    pull_request.approve("rita", "ada")
    assert pull_request.state is PENDING


def test_whoever_pushed_does_not_approve(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    repository.write("README.md", "More.")
    head = repository.commit()
    pull_request.forge.push(head, by="rita", commits=[commit(head, "eve")])
    pull_request.approve("rita", "ada")
    assert pull_request.state is PENDING
    pull_request.approve("remo")
    assert pull_request.state is APPROVED


@pytest.mark.parametrize(
    "commits",
    [_by(committer=None), _by(co_authors=[None]), _by(author="rіta")],
    ids=["committer", "co-author", "look-alike"],
)
def test_a_hand_that_is_nobodys_blocks(repository: Repository, commits: Commits) -> None:
    pull_request = opened(repository, looser_gate, commits=commits)
    pull_request.approve("rita", "ada")
    verdict = pull_request.verdict()
    assert verdict.state is ERROR
    assert "belongs to no account" in verdict.headline


@pytest.mark.parametrize("how", ["push", "force_push"])
def test_a_push_by_nobodys_account_blocks(repository: Repository, how: str) -> None:
    """A deploy key has no account, and whoever has it writes any name into the commits."""
    pull_request = opened(repository, looser_gate)
    repository.write("README.md", "More.")
    head = repository.commit()
    getattr(pull_request.forge, how)(head, commits=[commit(head, "eve")])
    pull_request.approve("rita", "ada")
    assert pull_request.state is APPROVED
    facts = pull_request.forge.facts
    *before, last = facts.pushes
    pull_request.forge.facts = replace(facts, pushes=(*before, replace(last, actor=Person(None))))
    verdict = pull_request.verdict()
    assert verdict.state is ERROR
    assert f"{head[:12]} was pushed by no account" in verdict.headline


def test_a_change_of_base_by_nobodys_account_brings_no_commits(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    facts = pull_request.forge.facts
    pull_request.forge.retarget("main", facts.base_sha)
    *before, last = pull_request.forge.facts.pushes
    pull_request.forge.facts = replace(pull_request.forge.facts, pushes=(*before, replace(last, actor=Person(None))))
    pull_request.approve("rita", "ada")
    assert pull_request.state is APPROVED


def test_a_deleted_author_blocks(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.forge.facts = replace(pull_request.forge.facts, author=Person(None))
    pull_request.approve("rita", "ada")
    assert pull_request.state is ERROR


def test_a_bot_does_not_approve(repository: Repository) -> None:
    policy = POLICY.replace("members: [sam, sven]", 'members: [sam, "deploy[bot]"]')
    pull_request = opened(repository, bigger_step, policy=policy, writers=("ada", "deploy[bot]", "sam"))
    pull_request.approve("ada", "deploy[bot]")
    verdict = pull_request.verdict()
    assert node(verdict, "traffic").state is PENDING


def test_who_may_not_write_does_not_approve(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate, writers=("ada", "remo"))
    pull_request.approve("ada", "rita")
    assert pull_request.state is PENDING
    pull_request.approve("remo")
    assert pull_request.state is APPROVED
