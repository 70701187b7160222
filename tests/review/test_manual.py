"""What docs/review/policy.md says is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.review.model import Verdict
from review.pull_requests import APPROVED, PENDING, POLICY, SKIPPED, looser_gate, names, node, opened, rules_of
from review.repositories import Repository

MANUAL = (Path(__file__).resolve().parents[2] / "docs" / "review" / "policy.md").read_text(encoding="utf-8")


@pytest.fixture
def rules() -> list[dict[str, Any]]:
    """The rules of the manual's example."""
    [example] = [text for text in re.findall(r"```yaml\n(.*?)```", MANUAL, re.DOTALL) if text.startswith("rules:")]
    return yaml.safe_load(example)["rules"]


def verdict_on(repository: Repository, rules: list[dict[str, Any]]) -> Verdict:
    pull = opened(repository, looser_gate, policy=rules_of(POLICY, rules))
    assert {"direct", "indirect"} == {change.cause for change in pull.inputs().plan.changes}
    return pull.verdict()


def asked(verdict: Verdict, rule: str) -> set[str]:
    """The specs about which a rule still waits for somebody."""
    return {child.name.partition(".")[0] for child in node(verdict, rule).children if child.state is PENDING}


def test_the_example_asks_where_the_edit_is_made(repository: Repository, rules: list[dict]) -> None:
    verdict = verdict_on(repository, rules)
    assert asked(verdict, "owner") == {"Gate/delay-release"}
    assert node(verdict, "downstream").state is APPROVED
    assert node(verdict, "stricter").state is SKIPPED


def test_a_rule_that_requires_nobody_takes_nothing_from_the_others(repository: Repository, rules: list[dict]) -> None:
    del rules[0]["when"]["any"]
    verdict = verdict_on(repository, rules)
    assert asked(verdict, "owner") == {"Gate/delay-release", "Rollout/delay-online"}
    assert node(verdict, "downstream").state is APPROVED


def test_without_it_what_the_others_leave_over_stops_the_pull_request(
    repository: Repository, rules: list[dict]
) -> None:
    verdict = verdict_on(repository, rules[:-1])
    assert "coverage" in names(verdict, verdict.state)


def test_code_that_a_field_names_stays_with_the_owner(repository: Repository, rules: list[dict]) -> None:
    pull = opened(repository, policy=rules_of(POLICY, rules))
    repository.write("systems/flights.py", "def departures():\n    return 'something else'\n")
    pull.forge.push(repository.commit())
    assert node(pull.verdict(), "owner").state is PENDING
