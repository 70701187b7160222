"""Holds: whoever may write stops a pull request; nobody releases another's hold."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml

from penstock.review.policy.prior_decisions import PriorDecisions
from review.pull_requests import (
    APPROVED,
    DISAPPROVED,
    POLICY,
    PullRequest,
    looser_gate,
    looser_region,
    node,
    opened,
    rules_of,
)
from review.repositories import Repository


def _approved(repository: Repository) -> PullRequest:
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada", "rita")
    assert pull_request.state is APPROVED
    return pull_request


def test_a_hold_stops_what_is_approved(repository: Repository) -> None:
    pull_request = _approved(repository)
    pull_request.forge.comment("dora", "/penstock hold the table is being rebuilt")
    verdict = pull_request.verdict()
    assert verdict.state is DISAPPROVED
    assert "by dora: " in node(verdict, "hold").why
    assert "the table is being rebuilt" in node(verdict, "hold").why


def test_an_author_holds_but_does_not_release_anothers(repository: Repository) -> None:
    pull_request = _approved(repository)
    pull_request.forge.comment("eve", "/penstock hold not yet")
    pull_request.forge.comment("dora", "/penstock hold wait for me")
    pull_request.forge.comment("eve", "/penstock unhold")
    verdict = pull_request.verdict()
    assert verdict.state is DISAPPROVED
    assert "dora" in node(verdict, "hold").why
    pull_request.forge.comment("dora", "/penstock unhold")
    assert pull_request.state is APPROVED


def _is_released_in_the_conversation_alone(pull_request: PullRequest) -> None:
    """After dora has written `/penstock unhold` in a review."""
    verdict = pull_request.verdict()
    assert verdict.state is DISAPPROVED
    assert node(verdict, "command").why == (
        "dora wrote `/penstock unhold` in a review, where it has no effect: write it in the conversation"
    )
    pull_request.forge.comment("dora", "/penstock unhold")
    assert pull_request.state is APPROVED


def test_a_hold_is_one_as_the_text_of_a_review_too(repository: Repository) -> None:
    pull_request = _approved(repository)
    pull_request.forge.approve("dora", "/penstock hold until the table is there")
    verdict = pull_request.verdict()
    assert verdict.state is DISAPPROVED
    assert "by dora: until the table is there" in node(verdict, "hold").why
    pull_request.forge.approve("dora", "/penstock unhold")
    _is_released_in_the_conversation_alone(pull_request)


def test_what_a_stranger_says_in_a_review_holds_nothing(repository: Repository) -> None:
    pull_request = _approved(repository)
    pull_request.forge.request_changes("stranger", "/penstock hold because I can")
    assert pull_request.state is APPROVED


def test_a_hold_outlives_pushes(repository: Repository) -> None:
    pull_request = _approved(repository)
    pull_request.forge.comment("dora", "/penstock hold wait")
    pull_request.push(looser_region)
    pull_request.approve("ada", "rita")
    assert pull_request.state is DISAPPROVED


def test_who_may_not_write_and_has_no_part_in_it_does_not_hold(repository: Repository) -> None:
    pull_request = _approved(repository)
    pull_request.forge.comment("stranger", "/penstock hold because I can")
    assert pull_request.state is APPROVED


def test_a_quoted_command_is_none(repository: Repository) -> None:
    pull_request = _approved(repository)
    pull_request.forge.comment("dora", "> /penstock hold as somebody wrote")
    pull_request.forge.comment("dora", "I would not write /penstock hold here")
    assert pull_request.state is APPROVED


def test_two_comments_that_were_deleted_in_one_second_are_two_holds(repository: Repository) -> None:
    """GitHub tells seconds: whoever deletes another's hold and, with it, a comment of a friend gains nothing."""
    pull_request = _approved(repository)
    for login in ("dora", "petra"):
        pull_request.forge.delete_comment(pull_request.forge.comment(login, "/penstock hold wait"), by="eve")
    facts = pull_request.forge.facts
    moment = facts.deletions[-1].at
    pull_request.forge.facts = replace(facts, deletions=tuple(replace(one, at=moment) for one in facts.deletions))
    pull_request.forge.comment("petra", "/penstock unhold")
    assert "by dora: " in node(pull_request.verdict(), "hold").why
    pull_request.forge.comment("dora", "/penstock unhold")
    assert pull_request.state is APPROVED


@pytest.mark.parametrize("text", ["/Penstock hold wait", "/penstock Hold wait", "/PENSTOCK HOLD wait"])
def test_a_hold_in_capital_letters_holds(repository: Repository, text: str) -> None:
    pull_request = _approved(repository)
    comment = pull_request.forge.comment("dora", text)
    assert pull_request.state is DISAPPROVED
    pull_request.forge.edit_comment(comment, "Never mind.")
    assert pull_request.state is DISAPPROVED, "an earlier text holds like the present one"
    pull_request.forge.comment("dora", "/Penstock Unhold")
    assert pull_request.state is APPROVED


@pytest.mark.parametrize(
    "lines",
    [
        "-/penstock hold wait\n+Never mind.",
        "+Never mind.\n-/Penstock hold wait",
        "@@ -1,2 +1 @@\n-/penstock hold wait\n Thanks.",
    ],
)
def test_a_hold_is_found_in_any_of_the_lines_as_which_an_edit_is_told(repository: Repository, lines: str) -> None:
    pull_request = _approved(repository)
    pull_request.forge.edit_comment(pull_request.forge.comment("dora", "Thanks."), "Never mind.")
    assert pull_request.state is APPROVED
    facts = pull_request.forge.facts
    comments = tuple(replace(one, earlier=(lines,)) for one in facts.comments)
    pull_request.forge.facts = replace(facts, comments=comments)
    assert pull_request.state is DISAPPROVED


def test_a_hold_is_one_as_a_comment_on_a_line_too(repository: Repository) -> None:
    pull_request = _approved(repository)
    pull_request.forge.comment("pia", "A comment of the conversation has the same number.")
    held = pull_request.forge.line_comment("dora", "/penstock hold is this step not too big?")
    verdict = pull_request.verdict()
    assert verdict.state is DISAPPROVED
    assert "by dora: is this step not too big?." in node(verdict, "hold").why
    pull_request.forge.edit_line_comment(held, "Never mind.")
    pull_request.forge.line_comment("dora", "/penstock unhold")
    _is_released_in_the_conversation_alone(pull_request)


def test_a_hold_on_a_line_stands_after_its_comment_is_gone(repository: Repository) -> None:
    pull_request = _approved(repository)
    pull_request.forge.line_comment("dora", "/penstock hold")
    assert pull_request.state is DISAPPROVED
    pull_request.forge.facts = replace(pull_request.forge.facts, line_comments=())
    assert pull_request.state is DISAPPROVED


def test_a_hold_that_was_edited_out_of_a_review_before_anybody_looked_stands(repository: Repository) -> None:
    pull_request = _approved(repository)
    review = pull_request.forge.approve("dora", "/penstock hold")
    pull_request.forge.comment("dora", "/penstock unhold")
    pull_request.forge.edit_review(review, "Looks good.")
    assert pull_request.state is DISAPPROVED, "the release was said before the last edit"
    pull_request.forge.comment("dora", "/penstock unhold")
    assert pull_request.state is APPROVED


@pytest.mark.parametrize("text", ["/penstock hold: wait", "/penstock hold, wait", "/penstock hold\u00a0wait"])
def test_a_hold_whose_word_a_colon_follows_holds_after_an_edit_too(repository: Repository, text: str) -> None:
    pull_request = _approved(repository)
    held = pull_request.forge.comment("dora", text)
    assert "by dora: wait" in node(pull_request.verdict(), "hold").why
    pull_request.memory = PriorDecisions()
    pull_request.forge.edit_comment(held, "Never mind.")
    assert "by dora: wait" in node(pull_request.verdict(), "hold").why
    pull_request.forge.comment("dora", "/penstock unhold")
    assert pull_request.state is APPROVED


@pytest.mark.parametrize("text", ["/penstock hold-up", "/penstock holding: wait"])
def test_another_word_that_begins_alike_holds_nothing(repository: Repository, text: str) -> None:
    pull_request = _approved(repository)
    pull_request.forge.edit_comment(pull_request.forge.comment("dora", text), "Never mind.")
    assert pull_request.state is APPROVED


def test_a_bot_that_had_a_hand_in_it_holds_nothing_since_it_could_release_nothing(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.push(looser_region, by="deploy[bot]")
    pull_request.approve("ada", "rita")
    pull_request.forge.comment("deploy[bot]", "/penstock hold until the other one is merged")
    assert pull_request.state is APPROVED
    pull_request.forge.delete_comment("c1", by="sam")
    assert pull_request.state is APPROVED


def test_a_release_in_the_second_of_the_hold_may_be_from_before_it(repository: Repository) -> None:
    """GitHub tells seconds: what was said of an older hold does not release the one that an edit made."""
    pull_request = _approved(repository)
    pull_request.forge.comment("dora", "/penstock unhold")
    held = pull_request.forge.comment("dora", "/penstock hold wait")
    facts = pull_request.forge.facts
    moment = next(one.at for one in facts.comments if one.id == held)
    pull_request.forge.facts = replace(facts, comments=tuple(replace(one, at=moment) for one in facts.comments))
    assert pull_request.state is DISAPPROVED


def test_a_bot_that_the_policy_lets_overrule_releases_nothing(repository: Repository) -> None:
    rules = list(yaml.safe_load_all(POLICY))[-1]["spec"]["rules"]
    policy = rules_of(POLICY, rules, overrule={"logins": ["petra", "deploy[bot]"]})
    writers = ("ada", "rita", "dora", "petra", "deploy[bot]")
    pull_request = opened(repository, looser_gate, policy=policy, writers=writers)
    pull_request.approve("ada", "rita")
    pull_request.forge.comment("dora", "/penstock hold wait")
    pull_request.forge.comment("deploy[bot]", "/penstock unhold dora")
    assert pull_request.state is DISAPPROVED
    pull_request.forge.comment("petra", "/penstock unhold dora")
    assert pull_request.state is APPROVED
