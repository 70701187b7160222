"""A canary that an objective's error budget aborts is aborted later where the objective falls, which a plan says."""

from __future__ import annotations

import pytest

from penstock.review.model import Change
from review.repositories import Repository

ABORTING = """\
      abortOn: [{id: budget, burnRate: {above: 10}}, {id: late, burnRate: {slo: latency, above: 10}}]
  slos:
    latency: {objective: 99%, below: 250ms}
"""


def indirect(repository: Repository, old: str, new: str) -> list[Change]:
    text = repository.read("specs/system.yaml")
    at = text.index("  slos:\n")
    repository.write("specs/system.yaml", text[:at] + ABORTING + text[at + len("  slos:\n") :])
    repository.commit()
    repository.branch()
    repository.replace(old, new)
    repository.commit()
    return [change for change in repository.plan().changes if change.cause == "indirect"]


@pytest.mark.parametrize(
    ("old", "new", "condition"),
    [
        ("availability: {objective: 99.9%}", "availability: {objective: 99%}", "budget"),
        ("latency: {objective: 99%,", "latency: {objective: 95%,", "late"),
        ("below: 250ms", "below: 500ms", "late"),
    ],
)
def test_an_objective_that_falls_loosens_what_aborts_by_it(
    repository: Repository, old: str, new: str, condition: str
) -> None:
    (change,) = indirect(repository, old, new)
    assert str(change.address) == f"Rollout/delay-online.strategy.canary.abortOn[{condition}].burnRate"
    assert (change.direction.value, change.area.value) == ("loosened", "rollout")
    assert change.environments == ("staging", "production")
    assert change.through[0].startswith("Rollout/delay-online.slos.")


def test_a_condition_that_comes_with_the_lower_objective_was_never_stricter(repository: Repository) -> None:
    repository.commit()
    repository.branch()
    repository.replace("  slos:\n", ABORTING)
    repository.replace("availability: {objective: 99.9%}", "availability: {objective: 99%}")
    repository.commit()
    assert not any(change.cause == "indirect" for change in repository.plan().changes)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("availability: {objective: 99.9%}", "availability: {objective: 99.95%}"),
        ("availability: {objective: 99.9%}", "availability: {objective: 99.9%, window: 28d}"),
    ],
    ids=["a higher objective", "another window"],
)
def test_what_leaves_the_share_of_bad_requests_alone_loosens_nothing(
    repository: Repository, old: str, new: str
) -> None:
    assert indirect(repository, old, new) == []
