"""Whom a verdict suggests, under random policies: if they approve it passes, and fewer people are never enough."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from forges.fake import FakePullRequest, commit, object_id
from penstock.forges.overlay import pretend_approved_by
from penstock.forges.recorded import RecordedPullRequest
from penstock.review.model import Verdict, VerdictState
from penstock.review.policy.organisation import Organisation
from penstock.review.policy.prior_decisions import PriorDecisions
from penstock.review.policy.resolve import ResolvedPolicy
from penstock.review.record.inputs import VerdictInputs
from penstock.specs.approval_policy import ApprovalRule
from review.lives.world import World

PEOPLE = ("ada", "bela", "cleo", "dora", "ella", "fred", "gina")
TEAMS = ("makers", "risk", "sre", "data")
HEAD, BASE = object_id("head"), object_id("main")

_people = st.fixed_dictionaries(
    {"teams": st.lists(st.sampled_from(TEAMS), min_size=1, max_size=2, unique=True)},
    optional={"logins": st.lists(st.sampled_from(PEOPLE), max_size=1), "roles": st.just(["owner"])},
)
_asks = st.fixed_dictionaries({"from": _people}, optional={"count": st.integers(1, 2)})
_require = st.recursive(
    _asks,
    lambda inner: (
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=2)})
        | st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)})
    ),
    max_leaves=4,
)
_whens = st.sampled_from(({}, {"kind": ["Gate"]}, {"kind": ["Rollout"]}, {"cause": "direct"}))
_rules = st.lists(st.tuples(_whens, _require, st.booleans()), min_size=1, max_size=4)
_persons = st.sampled_from(PEOPLE)


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    """A policy, and who did and said what so far."""
    rules = [
        {"id": f"r{index}", "why": "So that it is seen.", "when": when, "require": require, "distinct": distinct}
        for index, (when, require, distinct) in enumerate(draw(_rules))
    ]
    anyone = {"id": "rest", "why": "So that it is seen.", "when": {}, "require": "nobody"}
    return {
        "rules": [*rules, anyone],
        "teams": {team: draw(st.frozensets(_persons, min_size=1, max_size=4)) for team in TEAMS},
        "content": draw(st.sampled_from(("gate", "gate and region", "gate and step"))),
        "makers": draw(st.lists(_persons, min_size=1, max_size=2)),
        "approved": draw(st.lists(_persons, max_size=2)),
        "objects": draw(st.lists(_persons, max_size=1)),
        "before": draw(st.lists(_persons, max_size=2)),
        "without access": draw(st.frozensets(_persons, min_size=1, max_size=3)),
    }


def asked(world: World, question: dict[str, Any]) -> VerdictInputs:
    """A pull request whose gate some approved before it changed more, and others since."""
    rules = tuple(ApprovalRule.model_validate(rule) for rule in question["rules"])
    policy = ResolvedPolicy(rules, digest=world.policies["main"].policy.digest)
    organisation = Organisation(question["teams"], {}, {"Gate/delay-release": "makers", "Rollout/delay-online": "sre"})
    author, *others = question["makers"]
    forge = FakePullRequest.opened(
        author,
        head=HEAD,
        base=BASE,
        commits=[commit(HEAD, author, co_authors=others)],
        writers=sorted(set(PEOPLE) - question["without access"]),
    )
    before = frozenset(change.fingerprint for change in world.contents["gate"].plan.changes)
    known = {forge.approve(person): before for person in question["before"]}
    for person in question["objects"]:
        forge.request_changes(person)
    for person in question["approved"]:
        forge.approve(person)
    facts, plan = forge.facts, world.plan(question["content"], "main", BASE, HEAD)
    return VerdictInputs(facts, plan, policy, organisation, {}, None, PriorDecisions(known), facts.now)


def if_approved_by(inputs: VerdictInputs, people: tuple[str, ...]) -> VerdictState:
    seen = pretend_approved_by(RecordedPullRequest(inputs.facts), people)
    return replace(inputs, facts=seen.facts, now=seen.now()).verdict().state


@settings(max_examples=300, deadline=None, derandomize=True)
@given(question=questions())
def test_whom_it_suggests_is_enough_and_nobody_too_many(world: World, question: dict[str, Any]) -> None:
    inputs = asked(world, question)
    verdict: Verdict = inputs.verdict()
    if verdict.state is VerdictState.APPROVED:
        return
    assert verdict.state is not VerdictState.ERROR
    if not verdict.suggested_is_enough:
        # Nobody is asked to approve what he contributed to, though that would end an objection of his.
        if set(question["objects"]) & set(question["makers"]):
            return
        assert if_approved_by(inputs, PEOPLE) is not VerdictState.APPROVED
        return
    assert if_approved_by(inputs, verdict.suggested) is VerdictState.APPROVED
    assert verdict.suggested_is_smallest
    fewer = (people for count in range(len(verdict.suggested)) for people in combinations(PEOPLE, count))
    assert not [people for people in fewer if if_approved_by(inputs, people) is VerdictState.APPROVED]
