"""What comes or goes as a whole does so with all its fields, and calls whom rules for these fields call."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from review.pull_requests import (
    APPROVED,
    DISAPPROVED,
    PENDING,
    POLICY,
    Change,
    both,
    names,
    node,
    opened,
    rules_of,
    set_at,
)
from review.repositories import Documents, Repository

ROLLOUT = ("Rollout", "delay-online")
BY_OWNER = {
    "id": "owner",
    "why": "Owners decide on what they own.",
    "when": {},
    "require": {"from": {"roles": ["owner"]}},
}
READER = {"aws": "arn:aws:iam::111122223333:role/reader"}
PATCH = {"kind": "InferenceService", "name": "more-online", "merge": {"spec": {"predictor": {"maxReplicas": 1000}}}}


def _rule(require: Any = None, **when: Any) -> dict[str, Any]:
    asked = {"from": {"teams": ["platform"]}} if require is None else require
    return {"id": "special", "why": "This is decided with the platform.", "when": when, "require": asked}


def _more(overrides: dict[str, Any] | None = None, **parts: Any) -> Change:
    """A model of its own and a rollout that serves it, both new; `parts` are further fields of the rollout."""

    def add(documents: Documents) -> None:
        for kind, name, new in (
            ("Model", "delay", "more"),
            ("Gate", "delay-release", "more-release"),
            ("Rollout", "delay-online", "more-online"),
        ):
            copy = deepcopy(documents[kind, name])
            copy["metadata"] = {"name": new, "owner": "flight-ml"}
            documents[kind, new] = copy
        documents["Gate", "more-release"]["spec"]["model"] = "more"
        rollout = documents["Rollout", "more-online"]
        rollout["spec"] |= {"model": "more", "gate": "more-release", **parts}
        rollout |= {"overrides": overrides} if overrides is not None else {}

    return add


WITHIN: dict[str, tuple[Change, str]] = {
    "an identity of a new rollout": (_more(identity=READER), "Rollout/*.identity*"),
    "a part of it": (_more(identity=READER), "Rollout/*.identity.aws"),
    "a patch of a new rollout": (_more(patches=[PATCH]), "*.patches*"),
    "an override of a new rollout": (_more({"production": {"identity": READER}}), "Rollout/*.identity*"),
    "an item of a list": (_more(), "Rollout/*.monitor.drift[inputs].above"),
    "a part of a field that comes": (set_at(*ROLLOUT, "identity", to=READER), "Rollout/*.identity.aws"),
    "a part of a field that goes": (set_at(*ROLLOUT, "strategy", "canary", to=None), "*.canary.steps*"),
    "a part of a spec that goes": (lambda documents: documents.pop(ROLLOUT), "Rollout/*.access.callers*"),
}


@pytest.mark.parametrize("case", WITHIN.values(), ids=WITHIN)
def test_a_rule_for_a_field_asks_about_what_brings_or_takes_it(
    repository: Repository, case: tuple[Change, str]
) -> None:
    change, pattern = case
    pull_request = opened(repository, change, policy=rules_of(POLICY, [BY_OWNER, _rule(address=pattern)]))
    pull_request.approve("ada", "rita")
    verdict = pull_request.verdict()
    assert names(verdict, PENDING) == ["special"]
    pull_request.approve("petra")
    assert pull_request.state is APPROVED


def test_and_about_nothing_else(repository: Repository) -> None:
    policy = rules_of(POLICY, [BY_OWNER, _rule(address="Rollout/*.identity*")])
    pull_request = opened(repository, both(_more(), set_at(*ROLLOUT, "strategy", "canary", to=None)), policy=policy)
    pull_request.approve("ada", "rita")
    assert pull_request.state is APPROVED


@pytest.mark.parametrize("when", [{"address": "Rollout/*.monitor*"}, {"area": ["documentation", "monitoring"]}])
def test_a_rule_for_nobody_lets_no_whole_pass_for_the_sake_of_a_part(
    repository: Repository, when: dict[str, Any]
) -> None:
    pull_request = opened(repository, _more(patches=[PATCH]), policy=rules_of(POLICY, [_rule("nobody", **when)]))
    verdict = pull_request.verdict()
    assert verdict.state is DISAPPROVED
    assert "Rollout/more-online" in [one.name for one in node(verdict, "coverage").children]


def test_a_rule_for_nobody_lets_no_patch_pass_for_the_sake_of_its_area(repository: Repository) -> None:
    policy = rules_of(POLICY, [_rule("nobody", area=["documentation"])])
    silenced = {"kind": "PrometheusRule", "name": "delay-online", "merge": {"spec": {"groups": []}}}
    pull_request = opened(repository, set_at(*ROLLOUT, "patches", to=[silenced]), policy=policy)
    assert names(pull_request.verdict(), DISAPPROVED) == ["coverage"]


def test_nobody_knows_what_a_new_rollout_with_a_patch_requests(repository: Repository) -> None:
    policy = rules_of(POLICY, [BY_OWNER, _rule(reaches={"cpu": "1000"})])
    pull_request = opened(repository, _more(patches=[PATCH]), policy=policy)
    pull_request.approve("ada")
    assert names(pull_request.verdict(), PENDING) == ["special"]
