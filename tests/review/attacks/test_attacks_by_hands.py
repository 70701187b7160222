"""Attacks by the hands of others: what is pushed under a name that opens doors."""

from __future__ import annotations

from dataclasses import replace

from forges.fake import commit
from forges.github_shapes import move
from penstock.forges.protocol import Commit, Person
from review.actions import APPROVALS, Run
from review.pull_requests import APPROVED, PENDING, POLICY, names, opened, rules_of, stricter_gate
from review.repositories import Repository

TRUSTED = {"author": {"logins": ["ada"]}}
RULES = [
    {"id": "routine", "why": "Ada keeps it in order.", "when": TRUSTED, "require": "nobody"},
    {"id": "rest", "why": "Others ask her team.", "when": {"not": TRUSTED}, "require": {"from": {"teams": ["risk"]}}},
]


def test_whoever_pushes_to_the_branch_of_another_is_not_freed_by_that_name(repository: Repository) -> None:
    pull_request = opened(repository, stricter_gate, author="ada", policy=rules_of(POLICY, RULES))
    assert pull_request.state is APPROVED
    pull_request.push(lambda documents: documents["Gate", "delay-release"]["spec"]["rules"].pop(), by="eve")
    verdict = pull_request.verdict()
    assert verdict.state is not APPROVED
    assert "rest" in names(verdict, PENDING)


def test_nor_does_whoever_joins_her_take_away_what_is_asked_of_her(repository: Repository) -> None:
    asked = {"id": "hers", "why": "Two see it.", "when": TRUSTED, "require": {"from": {"teams": ["risk"]}}}
    rest = {"id": "rest", "why": "All the rest.", "when": {}, "require": "nobody"}
    pull_request = opened(repository, stricter_gate, author="ada", policy=rules_of(POLICY, [asked, rest]))
    assert pull_request.state is PENDING
    pull_request.push(lambda documents: documents["Gate", "delay-release"]["spec"]["rules"].pop(), by="eve")
    assert "hers" in names(pull_request.verdict(), PENDING)


def test_what_she_makes_on_the_pages_of_the_forge_is_hers_alone(repository: Repository) -> None:
    def on_its_pages(base: str, head: str) -> list[Commit]:
        return [replace(commit(head, "ada", parents=[base]), committer=Person("web-flow", is_bot=True))]

    policy = rules_of(POLICY, RULES)
    pull_request = opened(repository, stricter_gate, author="ada", policy=policy, commits=on_its_pages)
    assert pull_request.state is APPROVED


def test_a_bot_that_commits_in_her_name_is_not_the_forge(repository: Repository) -> None:
    def by_a_bot(base: str, head: str) -> list[Commit]:
        return [commit(head, "ada", committer="deploy[bot]", parents=[base])]

    policy = rules_of(POLICY, RULES)
    pull_request = opened(repository, stricter_gate, author="ada", policy=policy, commits=by_a_bot)
    assert "rest" in names(pull_request.verdict(), PENDING)


def test_whoever_pushed_what_another_opened_does_not_approve_it(run: Run) -> None:
    run.server.activity = [move("2026-03-02T08:55:00Z", "0" * 40, run.head, "branch_creation", by="rita")]
    run.server.reviews = APPROVALS
    assert run.on_pull_request() == 1
    assert run.conclusion == "action_required"
