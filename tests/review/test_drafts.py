"""A draft is judged and asks nobody; of what is closed or merged nothing is decided. In GitHub's own recorded words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from forges.github_server import TOKEN, GitHubServer, serving
from forges.github_shapes import REPOSITORY, commit, move
from penstock.forges.github.client import GitHubClient
from penstock.forges.github.event import parse_event
from penstock.forges.github.pull_request import read_pull_request
from penstock.forges.github.secret import Secret
from penstock.forges.protocol import State
from penstock.review.decision import decide, decide_group
from penstock.review.policy.replay import Recorded, replay
from penstock.review.rendering import verdict_markdown, verdict_terminal
from review.pull_requests import APPROVED, DISAPPROVED, ERROR, PENDING, SKIPPED, PullRequest, looser_gate, node, opened
from review.repositories import Repository


@pytest.fixture(scope="module")
def recorded(root: Path, lacking: Callable[[str], NoReturn]) -> list[dict[str, Any]]:
    """The payloads of `pull_request` that GitHub sent."""
    path = root / ".tools" / "node_modules" / "@octokit" / "webhooks-examples" / "api.github.com" / "index.json"
    if not path.is_file():
        lacking("GitHub's recorded webhooks are missing: `make tools` installs them")
    events = json.loads(path.read_text(encoding="utf-8"))
    return next(one["examples"] for one in events if one["name"] == "pull_request")


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving(GitHubServer()) as server:
        yield server


@pytest.fixture
def pull(repository: Repository) -> PullRequest:
    return opened(repository, looser_gate)


def set_facts(pull: PullRequest, **values: Any) -> PullRequest:
    pull.forge.facts = replace(pull.forge.facts, **values)
    return pull


def test_recorded_pull_requests_are_judged_by_the_state_that_github_gives_them(
    recorded: list[dict], github: GitHubServer, pull: PullRequest
) -> None:
    """Whatever a recorded payload says of draft, closed and merged decides, with everything approved."""
    pull.approve("ada", "rita")
    seen: set[tuple[State, bool]] = set()
    for payload in recorded:
        sent = payload["pull_request"]
        event = parse_event("pull_request_target", json.dumps(payload), payload["repository"]["full_name"])
        assert event.number == sent["number"]
        ours = {key: github.pull[key] for key in ("number", "user", "base", "head", "created_at")}
        github.pull = {"merged": False, **sent, **ours, "labels": []}
        github.commits = [commit(github.pull["head"]["sha"], ours["user"])]
        github.activity = [move("2026-03-02T08:55:00Z", "0" * 40, github.pull["head"]["sha"], "branch_creation")]
        with GitHubClient(Secret(TOKEN), github.url) as client:
            read = read_pull_request(client, REPOSITORY, 1)
        expected: State = "open" if sent["state"] == "open" else "merged" if sent.get("merged") else "closed"
        assert (read.state, read.is_draft) == (expected, sent["draft"])
        seen.add((read.state, read.is_draft))
        verdict = set_facts(pull, state=read.state, is_draft=read.is_draft).verdict()
        wanted = SKIPPED if expected != "open" else PENDING if sent["draft"] else APPROVED
        assert verdict.state is wanted, payload["action"]
    assert {("open", False), ("open", True), ("closed", False)} <= seen


def test_a_draft_is_judged_and_asks_nobody(pull: PullRequest) -> None:
    verdict = set_facts(pull, is_draft=True).verdict()
    assert verdict.state is PENDING
    assert verdict.suggested == ()
    assert "draft, not yet ready" in verdict.headline
    assert "mark it as ready" in node(verdict, "draft").why
    assert node(verdict, "gate").state is PENDING, "what will be required is shown"
    assert "ask:" not in verdict_terminal.render(verdict)


def test_a_draft_that_everybody_approved_is_not_approved(pull: PullRequest) -> None:
    pull.approve("ada", "rita")
    assert set_facts(pull, is_draft=True).state is PENDING
    assert set_facts(pull, is_draft=False).state is APPROVED


def test_a_draft_that_is_held_is_held(pull: PullRequest) -> None:
    pull.forge.comment("dora", "/penstock hold wait")
    assert set_facts(pull, is_draft=True).state is DISAPPROVED


def test_a_draft_that_changes_nothing_is_not_approved(repository: Repository) -> None:
    assert set_facts(opened(repository), is_draft=True).state is PENDING


def test_no_emergency_lets_a_draft_pass(pull: PullRequest) -> None:
    for who in ("sam", "petra"):
        pull.forge.comment(who, "/penstock break-glass everything burns")
    assert pull.state is APPROVED
    assert set_facts(pull, is_draft=True).state is PENDING


def test_a_draft_with_an_error_is_an_error(pull: PullRequest) -> None:
    assert set_facts(pull, is_draft=True, commits=()).state is ERROR


@pytest.mark.parametrize("state", ["closed", "merged"])
def test_what_is_over_is_skipped_and_never_approved(pull: PullRequest, state: State) -> None:
    pull.approve("ada", "rita")
    verdict = set_facts(pull, state=state).verdict()
    assert (verdict.state, verdict.suggested) == (SKIPPED, ())
    assert state in verdict.headline
    assert "skipped" in verdict_markdown.render(verdict)
    assert "skipped" in verdict_terminal.render(verdict)
    assert verdict_terminal.render(verdict).count("nothing is decided") == 1
    git = pull.repository.seen
    decision = decide(git, pull.forge.view)
    assert not decision.verdict.is_approved


@pytest.mark.parametrize(("state", "is_draft"), [("closed", False), ("merged", False), ("open", True)])
def test_no_merge_group_takes_it_along(pull: PullRequest, state: State, is_draft: bool) -> None:
    pull.approve("ada", "rita")
    set_facts(pull, state=state, is_draft=is_draft)
    git = pull.repository.seen
    head = pull.forge.facts.head_sha
    decisions, problem = decide_group(git, [pull.forge.view], pull.base, head, {})
    assert (problem, [one.verdict.is_approved for one in decisions]) == ("", [False])


def test_a_policy_is_tried_on_what_was_merged_as_if_it_were_open(pull: PullRequest) -> None:
    pull.approve("ada", "rita")
    set_facts(pull, state="merged")
    git = pull.repository.seen
    base = pull.inputs().revisions.base.catalog
    [row] = replay(git, [Recorded("1", pull.forge.view)], base)
    assert row.before is not None
    assert row.before.state is APPROVED
