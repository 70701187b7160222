"""A rollout that moves to another target is without one for a while, which a plan says."""

from __future__ import annotations

import pytest

from penstock.diagnostics.model import Severity
from review.releases import NEW, add_release
from review.repositories import Repository

KSERVE, ARGO = "target: kserve", "target: argo-rollouts"


def change(repository: Repository, old: str, new: str) -> None:
    text = repository.read("specs/system.yaml")
    assert old in text
    repository.write("specs/system.yaml", text.replace(old, new))
    repository.commit()


@pytest.mark.parametrize("served", [True, False], ids=["something serves", "nothing serves"])
@pytest.mark.parametrize(("old", "new"), [(KSERVE, ARGO), (ARGO, KSERVE)], ids=["to Argo Rollouts", "to KServe"])
def test_a_rollout_that_serves_and_moves_is_told_of(repository: Repository, old: str, new: str, served: bool) -> None:
    change(repository, KSERVE, old)
    if served:
        repository.write("specs/release.yaml", add_release(NEW))
        repository.commit()
    repository.branch()
    change(repository, old, new)
    warnings = [found for found in repository.plan().errors if found.severity is Severity.WARNING]
    assert [found.code for found in warnings] == (["target-switch"] if served else [])
    for found in warnings:
        target = new.removeprefix("target: ")
        assert found.headline == f"`delay-online` in production stops answering before {target} has started it"
        assert found.primary is not None
        assert found.primary.span.path == "specs/system.yaml"


def test_another_change_is_none(repository: Repository) -> None:
    repository.write("specs/release.yaml", add_release(NEW))
    repository.commit()
    repository.branch()
    change(repository, "max: 4", "max: 5")
    assert [found for found in repository.plan().errors if found.severity is Severity.WARNING] == []
