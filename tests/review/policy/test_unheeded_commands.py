"""Whoever writes a command that has no effect is told so: nothing else would show it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from penstock.review.rendering import verdict_markdown, verdict_terminal
from review.points.test_point_24_break_glass_and_waivers import BOUND, GLASS, WAIVE
from review.pull_requests import APPROVED, PENDING, POLICY, SKIPPED, PullRequest, looser_gate, looser_region, opened
from review.repositories import Repository

FORM = "`/penstock waive RULE ADDRESS until YYYY-MM-DD: REASON; follow-up: WHAT`"


def told(pull_request: PullRequest, now: datetime | None = None) -> list[str]:
    """What is said of commands."""
    verdict = pull_request.verdict(now=now)
    found = [one for one in verdict.tree.children if one.name == "command"]
    assert all(one.state is SKIPPED for one in found), "they decide nothing"
    return [one.why for one in found]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "/penstock hodl wait for me",
            "sam wrote `/penstock hodl`, which is no command: write `hold`, `unhold`, `waive` or `break-glass`",
        ),
        (
            "/penstock break-glass",
            "sam's break-glass does not count: it gives no reason; write `/penstock break-glass REASON`",
        ),
        (
            WAIVE.replace("; follow-up: raise it again", ""),
            f"sam's waiver does not count: it cannot be read; write {FORM}",
        ),
        (WAIVE.replace("2026-04-01", "2026-03-01"), "sam's waiver does not count: it ended at 2026-03-02 00:00 UTC"),
        (WAIVE.replace(" gate ", " gatte "), "sam's waiver does not count: the base's policy has no rule gatte"),
        (WAIVE, f"a waiver of gate for {BOUND} is asked for by sam; 1 more person is required"),
    ],
    ids=["no command", "no reason", "no follow-up", "over", "no rule", "alone"],
)
def test_it_says_what_is_missing(repository: Repository, text: str, why: str) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.forge.comment("sam", text)
    assert told(pull_request) == [why]
    verdict = pull_request.verdict()
    assert verdict.state is PENDING
    assert f"  - command: {why}\n" in verdict_terminal.render(verdict)
    assert "<code>command</code>" in verdict_markdown.render(verdict)


@pytest.mark.parametrize("text", [GLASS, WAIVE])
def test_it_says_whose_word_does_not_count(repository: Repository, text: str) -> None:
    pull_request = opened(repository, looser_gate)
    what = "break-glass" if text == GLASS else "waiver"
    pull_request.forge.comment("eve", text)
    pull_request.forge.comment("dora", text)
    pull_request.forge.edit_comment(pull_request.forge.comment("sam", "I had a look."), text)
    assert told(pull_request) == [
        f"eve's {what} does not count: who contributed may not ask for it",
        f"dora's {what} does not count: `breakGlass` of the base's policy does not name them",
        f"sam's {what} does not count: the comment was edited; write a new one",
    ]


def test_without_break_glass_in_the_policy_it_says_so(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate, policy=POLICY[: POLICY.index("  breakGlass:")])
    pull_request.forge.comment("sam", GLASS)
    assert told(pull_request) == ["sam's break-glass does not count: the base's policy has no `breakGlass`"]


def test_nothing_is_said_of_what_counts_or_is_over(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.forge.comment("sam", WAIVE.replace("; follow-up: raise it again", ""))
    pull_request.push(looser_region)
    pull_request.forge.comment("dora", "/penstock hold wait")
    pull_request.forge.comment("dora", "/penstock unhold")
    for login in ("sam", "petra"):
        pull_request.forge.comment(login, WAIVE)
    assert told(pull_request) == []


def test_a_release_with_more_words_than_a_login_releases_nothing_and_says_so(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.forge.comment("dora", "/penstock unhold thanks")
    pull_request.forge.comment("dora", "/penstock hold wait")
    pull_request.forge.comment("sam", "/penstock hold wait")
    pull_request.forge.comment("dora", "/penstock unhold sam")
    pull_request.forge.comment("sam", "/penstock unhold thanks")
    assert told(pull_request) == [
        "sam's unhold does not count: it names nobody who holds; write `/penstock unhold` and no more"
    ]
    pull_request.forge.comment("sam", "/penstock unhold")
    assert "sam" not in "".join(told(pull_request)).split("'")[0]


@pytest.mark.parametrize("who", ["stranger", "deploy[bot]", None])
def test_nothing_is_said_of_who_may_not_write(repository: Repository, who: str | None) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.forge.comment(who, "/penstock hodl wait")
    pull_request.forge.comment(who, GLASS)
    assert told(pull_request) == []


def test_the_rule_that_every_policy_has_can_be_waived(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.forge.comment("sam", WAIVE.replace(" gate ", " ownership "))
    assert told(pull_request) == [f"a waiver of ownership for {BOUND} is asked for by sam; 1 more person is required"]


def test_a_glass_that_one_person_breaks_stands_in_the_table(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.forge.comment("sam", GLASS)
    assert "  - break-glass: sam invoked break-glass (production is down); 1 more person is required\n" in (
        verdict_terminal.render(pull_request.verdict())
    )


def test_a_word_to_a_pull_request_that_is_approved_changes_nothing(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada", "rita")
    pull_request.forge.comment("sam", "/penstock aprove")
    assert pull_request.state is APPROVED


def test_a_waiver_that_ends_this_very_second_is_over(repository: Repository) -> None:
    """It waives nothing any more, and so whoever wrote it is told."""
    pull_request = opened(repository, looser_gate)
    pull_request.forge.comment("sam", WAIVE.replace("2026-04-01", "2026-04-01T12:00:00+00:00"))
    end = datetime(2026, 4, 1, 12, tzinfo=UTC)
    assert told(pull_request, end - timedelta(seconds=1)) == [
        f"a waiver of gate for {BOUND} is asked for by sam; 1 more person is required"
    ]
    assert told(pull_request, end) == ["sam's waiver does not count: it ended at 2026-04-01 12:00 UTC"]
