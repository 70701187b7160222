"""A rule about groups of rows is a question of fairness, whatever of it is loosened and however it stops to judge."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from penstock.specs.review import Area
from review.pull_requests import PENDING, POLICY, SKIPPED, Change, node, opened, rules_of, set_at, stricter_gate
from review.repositories import Documents, Repository, at

RULES = ("Gate", "delay-release", "rules")
QUALITY = {"id": "quality", "metric": "roc_auc", "atLeast": 0.7, "confidence": "95%"}
REGIONS = {"id": "regions", "metric": "recall", "by": "origin", "maxGap": 0.08, "minSupport": 100}
PARITY = {"id": "parity", "fairness": "equal_opportunity_difference", "by": "origin", "atMost": 0.1}
ASKING = rules_of(
    POLICY,
    [
        {
            "id": "fair",
            "why": "Those who answer for fairness agree.",
            "when": {"area": ["fairness"], "direction": ["loosened"]},
            "require": {"from": {"teams": ["privacy"]}},
        },
        {"id": "rest", "why": "Whatever else changes.", "when": {}, "require": "nobody"},
    ],
)


def _no_gate(documents: Documents) -> None:
    del documents["Gate", "delay-release"]
    del documents["Rollout", "delay-online"]["spec"]["gate"]


def _another_model(documents: Documents) -> None:
    other = deepcopy(documents["Model", "delay"])
    other["metadata"]["name"] = "other"
    documents["Model", "other"] = other
    documents["Gate", "delay-release"]["spec"]["model"] = "other"
    del documents["Rollout", "delay-online"]["spec"]["gate"]


def _serve_another_model(rules: list[dict[str, Any]]) -> Change:
    """Serve a new model, whose gate has these rules."""

    def change(documents: Documents) -> None:
        for kind, name in (("Model", "delay"), ("Gate", "delay-release")):
            documents[kind, "other"] = deepcopy(documents[kind, name])
            documents[kind, "other"]["metadata"]["name"] = "other"
        documents["Gate", "other"]["spec"] |= {"model": "other", "rules": rules}
        documents["Rollout", "delay-online"]["spec"] |= {"model": "other", "gate": "other"}

    return change


LOOSER: dict[str, Change] = {
    "it only warns": set_at(*RULES, 1, "severity", to="warn"),
    "it is taken away": set_at(*RULES, to=[QUALITY]),
    "it is about all rows at once": set_at(*RULES, 1, to={"id": "regions", "metric": "recall", "atLeast": 0.5}),
    "its gate is taken away": _no_gate,
    "its gate judges another model": _another_model,
    "the rollout serves a model without it": _serve_another_model([QUALITY]),
    "the rollout serves a model with less of it": _serve_another_model([QUALITY, {**REGIONS, "maxGap": 0.5}]),
}


@pytest.mark.parametrize("change", LOOSER.values(), ids=LOOSER)
def test_a_rule_about_groups_that_judges_less_is_for_fairness(repository: Repository, change: Change) -> None:
    assert node(opened(repository, change, policy=ASKING).verdict(), "fair").state is PENDING


def test_so_is_one_of_decisions(repository: Repository) -> None:
    repository.edit(set_at(*RULES, to=[QUALITY, PARITY]))
    change = set_at(*RULES, 1, "severity", to="warn")
    assert node(opened(repository, change, policy=ASKING).verdict(), "fair").state is PENDING


@pytest.mark.parametrize(
    "change",
    [
        stricter_gate,
        set_at(*RULES, 0, "severity", to="warn"),
        set_at("Gate", "delay-release", "evidenceValid", to="7d"),
    ],
)
def test_a_rule_about_all_rows_is_not(repository: Repository, change: Change) -> None:
    assert node(opened(repository, change, policy=ASKING).verdict(), "fair").state is SKIPPED


def test_a_rule_of_a_gate_that_goes_is_told_with_what_it_asked(repository: Repository) -> None:
    change = at(repository.changed(_another_model), "Gate/delay-release.rules[regions]")
    assert (change.area, change.cause, change.why) == (Area.FAIRNESS, "indirect", "it no longer judges Model/delay")
    assert change.before == {"id": "regions", "metric": "recall", "by": "origin", "maxGap": 0.08}


def test_another_model_that_is_asked_for_as_much_is_served_no_less_fairly(repository: Repository) -> None:
    change = _serve_another_model([QUALITY, {**REGIONS, "id": "places", "why": "Of every place alike."}])
    assert node(opened(repository, change, policy=ASKING).verdict(), "fair").state is SKIPPED


def _another_name_of_the_gate(documents: Documents) -> None:
    documents["Gate", "delay-release"]["metadata"]["name"] = "another"
    documents["Rollout", "delay-online"]["spec"]["gate"] = "another"


def _another_name_of_the_model(documents: Documents) -> None:
    documents["Model", "delay"]["metadata"]["name"] = "another"
    documents["Gate", "delay-release"]["spec"]["model"] = "another"
    documents["Rollout", "delay-online"]["spec"]["model"] = "another"


@pytest.mark.parametrize("rename", [_another_name_of_the_gate, _another_name_of_the_model])
def test_under_another_name_it_judges_as_before(repository: Repository, rename: Change) -> None:
    assert node(opened(repository, rename, policy=ASKING).verdict(), "fair").state is SKIPPED
