"""Break-glass and waivers: a reason, two people, bound to the commit, an end, a follow-up; void after a push."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from penstock.review.policy.asked import asked
from review.pull_requests import (
    APPROVED,
    DISAPPROVED,
    ERROR,
    PENDING,
    POLICY,
    both,
    looser_gate,
    looser_region,
    node,
    opened,
    rules_of,
)
from review.repositories import Documents, Repository, direct, set_at

BOUND = "Gate/delay-release.rules[quality].atLeast"
WAIVE = f"/penstock waive gate {BOUND} until 2026-04-01: the figures come next week; follow-up: raise it again"
GLASS = "/penstock break-glass production is down"


def test_two_people_break_the_glass_and_one_does_not(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.forge.comment("sam", GLASS)
    verdict = pull_request.verdict()
    assert verdict.state is PENDING
    assert "1 more person is required" in node(verdict, "break-glass").why
    pull_request.forge.comment("sam", GLASS)
    assert pull_request.state is PENDING, "the same person twice is one person"
    pull_request.forge.comment("petra", GLASS)
    verdict = pull_request.verdict()
    assert verdict.state is APPROVED
    assert "break-glass" in verdict.headline
    assert "production is down" in verdict.headline


@pytest.mark.parametrize("text", ["/penstock break-glass", "/penstock break-glass   "])
def test_without_a_reason_nothing_breaks(repository: Repository, text: str) -> None:
    pull_request = opened(repository, looser_gate)
    for login in ("sam", "petra"):
        pull_request.forge.comment(login, text)
    assert pull_request.state is PENDING


def test_two_people_who_ask_for_something_else_break_nothing(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    for login in ("sam", "petra"):
        pull_request.forge.comment(login, "/penstock unhold production is down")
        pull_request.forge.comment(login, WAIVE)
    verdict = pull_request.verdict()
    assert verdict.state is PENDING
    assert "break-glass" not in [one.name for one in verdict.tree.children]


def test_a_command_in_the_second_of_the_push_may_be_from_before_it(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    for login in ("sam", "petra"):
        pull_request.forge.comment(login, GLASS)
    facts = pull_request.forge.facts
    said = tuple(replace(one, at=facts.pushes[-1].at) for one in facts.comments)
    pull_request.forge.facts = replace(facts, comments=said)
    assert pull_request.state is PENDING


def test_nobody_breaks_it_where_the_forge_does_not_say_when_the_head_moved(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    for login in ("sam", "petra"):
        pull_request.forge.comment(login, GLASS)
    pull_request.forge.facts = replace(pull_request.forge.facts, pushes=())
    verdict = pull_request.verdict()
    assert verdict.state is ERROR
    assert "break-glass" not in [one.name for one in verdict.tree.children]


def test_a_bot_of_the_team_breaks_nothing(repository: Repository) -> None:
    policy = POLICY.replace("[petra, paul]", "[petra, paul, 'deploy[bot]']")
    writers = ("sam", "petra", "deploy[bot]")
    pull_request = opened(repository, looser_gate, policy=policy, writers=writers)
    for login in ("sam", "deploy[bot]"):
        pull_request.forge.comment(login, GLASS)
    assert pull_request.state is PENDING


def test_who_may_not_write_breaks_nothing(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate, writers=("ada", "sam"))
    for login in ("sam", "petra"):
        pull_request.forge.comment(login, GLASS)
    assert pull_request.state is PENDING


@pytest.mark.parametrize("second", ["eve", "dora", "stranger"])
def test_the_author_and_people_who_are_not_named_do_not_count(repository: Repository, second: str) -> None:
    policy = POLICY.replace("[petra, paul]", "[petra, paul, eve]")
    pull_request = opened(repository, looser_gate, policy=policy)
    for login in ("sam", second):
        pull_request.forge.comment(login, GLASS)
    assert pull_request.state is PENDING


def test_it_is_void_after_a_push_and_after_its_time(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    for login in ("sam", "petra"):
        pull_request.forge.comment(login, GLASS)
    pull_request.forge.pass_time(timedelta(hours=3, minutes=50))
    assert pull_request.state is APPROVED
    pull_request.forge.pass_time(timedelta(minutes=20))
    assert pull_request.state is PENDING
    for login in ("sam", "petra"):
        pull_request.forge.comment(login, GLASS)
    assert pull_request.state is APPROVED
    pull_request.push(looser_region)
    assert pull_request.state is PENDING


def test_a_time_beyond_all_calendars_breaks_no_verdict(repository: Repository) -> None:
    policy = re.sub(r"expiresAfter: \w+", "expiresAfter: 99999999999d", POLICY)
    pull_request = opened(repository, looser_gate, policy=policy)
    for login in ("sam", "petra"):
        pull_request.forge.comment(login, GLASS)
    assert pull_request.state is APPROVED


def test_an_edited_comment_breaks_nothing(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.forge.comment("sam", GLASS)
    other = pull_request.forge.comment("petra", "I had a look.")
    pull_request.forge.edit_comment(other, GLASS)
    assert pull_request.state is PENDING


def test_it_does_not_let_pass_what_does_not_hold(repository: Repository) -> None:
    pull_request = opened(repository, set_at("Gate", "delay-release", "model", to="nowhere"))
    for login in ("sam", "petra"):
        pull_request.forge.comment(login, GLASS)
    assert pull_request.state is ERROR


def test_it_passes_holds(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.forge.comment("dora", "/penstock hold wait")
    assert pull_request.state is DISAPPROVED
    for login in ("sam", "petra"):
        pull_request.forge.comment(login, GLASS)
    assert pull_request.state is APPROVED


def test_without_break_glass_in_the_policy_there_is_none(repository: Repository) -> None:
    policy = POLICY[: POLICY.index("  breakGlass:")]
    pull_request = opened(repository, looser_gate, policy=policy)
    for login in ("sam", "petra"):
        pull_request.forge.comment(login, GLASS)
    assert pull_request.state is PENDING


def test_two_people_waive_one_rule_for_one_address(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.forge.comment("sam", WAIVE)
    assert node(pull_request.verdict(), "gate").state is PENDING
    pull_request.forge.comment("petra", WAIVE)
    verdict = pull_request.verdict()
    assert node(verdict, "gate").state is APPROVED
    assert "follow-up: raise it again" in node(verdict, "gate").children[0].why
    assert node(verdict, "owner").state is PENDING, "only the rule that is named is waived"
    pull_request.push(looser_region)
    assert node(pull_request.verdict(), "gate").state is PENDING


@pytest.mark.parametrize(
    "text",
    [
        WAIVE.replace("; follow-up: raise it again", ""),
        WAIVE.replace("2026-04-01", "2026-03-01"),
        WAIVE.replace("2026-04-01", "soon"),
        WAIVE.replace(BOUND, "Gate/delay-release.rules[regions]"),
        WAIVE.replace(" gate ", " brakes "),
        WAIVE.replace("waive", "unhold"),
    ],
    ids=["no follow-up", "over", "no moment", "another address", "another rule", "another command"],
)
def test_a_waiver_that_lacks_something_waives_nothing(repository: Repository, text: str) -> None:
    pull_request = opened(repository, looser_gate)
    for login in ("sam", "petra"):
        pull_request.forge.comment(login, text)
    assert node(pull_request.verdict(), "gate").state is PENDING


@pytest.mark.parametrize(
    ("expires", "state"), [("2026-05-01T00:00:00+00:00", APPROVED), ("2026-02-01T00:00:00+00:00", PENDING)]
)
def test_a_waiver_of_the_policy_holds_until_it_expires(repository: Repository, expires: str, state: object) -> None:
    waiver = {
        "id": "w",
        "rule": "all",
        "address": "Gate/delay-release",
        "reason": "The data is late this month.",
        "expires": expires,
        "followUp": "Raise the bound again.",
    }
    rule = {"id": "all", "why": "Risk for gates.", "when": {}, "require": {"from": {"teams": ["risk"]}}}
    rest = {"id": "rest", "why": "All the rest.", "when": {"cause": "indirect"}, "require": "nobody"}
    rule["when"] = {"cause": "direct"}
    policy = rules_of(POLICY, [rule, rest], waivers=[waiver])
    assert opened(repository, looser_gate, policy=policy).state is state


def test_a_plan_asks_nobody_for_what_the_policy_waives(repository: Repository) -> None:
    waiver = {
        "id": "late-data",
        "rule": "gate",
        "address": "Gate/delay-release",
        "reason": "The data is late this month.",
        "expires": "2026-05-01T00:00:00+00:00",
        "followUp": "Raise the bound again.",
    }
    rules = list(yaml.safe_load_all(POLICY))[-1]["spec"]["rules"]
    inputs = opened(repository, looser_gate, policy=rules_of(POLICY, rules, waivers=[waiver])).inputs()
    end = datetime(2026, 5, 1, tzinfo=UTC)
    for now, needs in (
        (end - timedelta(seconds=1), "1 of risk (owner) [owner]; gate is waived until 2026-05-01 00:00 UTC"),
        (end, "1 of risk (owner) [owner]; 1 of flight-ml, and 1 of risk [gate]"),
    ):
        assert asked(inputs.plan, inputs.policy, inputs.organisation, now)[direct(inputs.plan)[0].fingerprint] == needs


@pytest.mark.parametrize(
    ("address", "state"),
    [
        (BOUND, APPROVED),
        ("Gate/delay-release.rules[quality]", APPROVED),
        ("Gate/delay-release.rules", APPROVED),
        ("Gate/delay-release", APPROVED),
        ("Gate/delay-release.rule", PENDING),
        ("Gate/delay", PENDING),
        (f"{BOUND}.value", PENDING),
    ],
)
def test_a_waiver_is_of_an_address_and_of_what_lies_below_it(
    repository: Repository, address: str, state: object
) -> None:
    pull_request = opened(repository, looser_gate)
    for login in ("sam", "petra"):
        pull_request.forge.comment(login, WAIVE.replace(BOUND, address))
    assert node(pull_request.verdict(), "gate").state is state


def test_what_is_waived_for_one_address_is_not_for_another_beside_it(repository: Repository) -> None:
    """Though the same rule asks the same people about both."""
    pull_request = opened(repository, both(looser_gate, looser_region))
    for login in ("sam", "petra"):
        pull_request.forge.comment(login, WAIVE)
    rule = node(pull_request.verdict(), "gate")
    assert rule.state is PENDING
    assert sorted((child.state, len(child.changes)) for child in rule.children) == [(APPROVED, 1), (PENDING, 1)]


def test_a_waiver_in_the_pull_request_itself_waives_nothing_yet(repository: Repository) -> None:
    def waive(documents: Documents) -> None:
        documents["ApprovalPolicy", "policy"]["spec"]["waivers"] = [
            {
                "id": "w",
                "rule": "governance",
                "address": "ApprovalPolicy/policy",
                "reason": "I would like it so.",
                "expires": "2030-01-01T00:00:00+00:00",
                "followUp": "Nothing, I suppose.",
            }
        ]

    assert node(opened(repository, waive, path="specs/approval.yaml").verdict(), "governance").state is PENDING


def test_the_glass_is_whole_again_in_the_second_in_which_its_time_is_over(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.forge.comment("sam", GLASS)
    first = pull_request.forge.facts.comments[-1].at
    pull_request.forge.pass_time(timedelta(hours=1))
    pull_request.forge.comment("petra", GLASS)
    end = first + timedelta(hours=4)
    assert f"until {end:%Y-%m-%d %H:%M}" in node(pull_request.verdict(), "break-glass").why
    assert pull_request.verdict(now=end - timedelta(microseconds=1)).state is APPROVED
    # What the second one says now is young, and the first one's word is over: one alone breaks nothing.
    assert pull_request.verdict(now=end).state is PENDING
    assert pull_request.verdict(now=end + timedelta(microseconds=1)).state is PENDING


def test_a_waiver_of_comments_is_over_at_the_end_of_its_day_in_utc(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    for login in ("sam", "petra"):
        pull_request.forge.comment(login, WAIVE)
    end = datetime(2026, 4, 2, tzinfo=UTC)
    assert node(pull_request.verdict(now=end - timedelta(microseconds=1)), "gate").state is APPROVED
    assert node(pull_request.verdict(now=end), "gate").state is PENDING


@pytest.mark.parametrize(
    "until", ["2026-03-29T02:30:00", "2026-03-29T24:30:00+01:00", "9999-12-31T23:59:59-14:00", "9999-12-31"]
)
def test_a_waiver_until_no_moment_waives_nothing_and_stops_nothing(repository: Repository, until: str) -> None:
    pull_request = opened(repository, looser_gate)
    for login in ("sam", "petra"):
        pull_request.forge.comment(login, WAIVE.replace("2026-04-01", until))
    assert node(pull_request.verdict(), "gate").state is PENDING


def test_a_waiver_ends_with_the_earlier_of_two_moments(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    for login, until in (("sam", "2026-04-01T12:00:00+02:00"), ("petra", "2026-04-01T12:00:00+00:00")):
        pull_request.forge.comment(login, WAIVE.replace("2026-04-01", until))
    end = datetime(2026, 4, 1, 10, tzinfo=UTC)
    assert "until 2026-04-01 10:00" in node(pull_request.verdict(), "gate").children[0].why
    assert node(pull_request.verdict(now=end - timedelta(seconds=1)), "gate").state is APPROVED
    assert node(pull_request.verdict(now=end), "gate").state is PENDING


def test_a_waiver_of_the_policy_is_over_in_its_second(repository: Repository) -> None:
    waiver = {
        "id": "w",
        "rule": "gate",
        "address": "Gate/delay-release",
        "reason": "The data is late this month.",
        "expires": "2026-10-25T02:30:00+02:00",
        "followUp": "Raise the bound again.",
    }
    rules = list(yaml.safe_load_all(POLICY))[-1]["spec"]["rules"]
    pull_request = opened(repository, looser_gate, policy=rules_of(POLICY, rules, waivers=[waiver]))
    end = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert node(pull_request.verdict(now=end - timedelta(seconds=1)), "gate").state is APPROVED
    assert node(pull_request.verdict(now=end), "gate").state is PENDING
