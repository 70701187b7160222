"""What scales a rollout changes while it serves: a plan says where KEDA refuses, and where copies are lost."""

from __future__ import annotations

import pytest

from penstock.diagnostics.model import Severity
from review.releases import NEW, add_release
from review.repositories import Repository

CPU, RPS, FIXED = "{min: 2, max: 4}", "{min: 2, max: 4, metric: rps, target: 50}", "{min: 2, max: 2}"
KEDA = ('kserve: {version: "0.21", gatewayNamespace: gateways}', 'kserve: {version: "0.21"}\n  keda: {version: "2.20"}')


def scale(repository: Repository, text: str, before: str, after: str, serves: bool) -> None:
    """A pull request that changes the replicas of a rollout, which may have a release."""
    repository.write("specs/system.yaml", text.replace(CPU, before))
    if serves:
        repository.write("specs/release.yaml", add_release(NEW, None))
    repository.commit()
    repository.branch()
    repository.write("specs/system.yaml", text.replace(CPU, after))
    repository.commit()


@pytest.mark.parametrize(
    ("before", "after", "serves", "warned"),
    [(CPU, RPS, True, True), (CPU, RPS, False, False), (FIXED, RPS, True, False), (RPS, CPU, True, False)],
    ids=["over to requests", "before the first release", "from a fixed number", "back to cpu"],
)
def test_an_autoscaler_that_stands_in_the_way_is_told_of(
    repository: Repository, before: str, after: str, serves: bool, warned: bool
) -> None:
    text = repository.read("specs/system.yaml").replace(*KEDA)
    scale(repository, text, before, after, serves)
    warnings = [found for found in repository.plan().errors if found.severity is Severity.WARNING]
    assert [found.code for found in warnings] == (["autoscaler-conflict"] if warned else [])


def test_knative_has_neither_of_the_two(repository: Repository) -> None:
    knative = repository.read("specs/system.yaml").replace(KEDA[0], 'kserve: {version: "0.21", mode: Knative}')
    scale(repository, knative, CPU, RPS, True)
    assert "autoscaler-conflict" not in {found.code for found in repository.plan().errors}


@pytest.mark.parametrize(
    ("before", "after", "serves", "warned"),
    [
        (FIXED, CPU, True, True),
        (FIXED, RPS, True, True),
        (FIXED, CPU, False, False),
        (FIXED, "{min: 3, max: 3}", True, False),
        ("{min: 1, max: 1}", CPU, True, False),
        (CPU, FIXED, True, False),
    ],
    ids=["cpu", "requests", "before the first release", "another number", "from one", "to a fixed number"],
)
def test_a_fixed_number_that_the_manifest_loses_is_told_of(
    repository: Repository, before: str, after: str, serves: bool, warned: bool
) -> None:
    argo = 'argoRollouts: {version: "1.9", gateway: gateways/ml, domain: ml.example.com}'
    text = repository.read("specs/system.yaml").replace("target: kserve", "target: argo-rollouts")
    text = text.replace(KEDA[0], f'keda: {{version: "2.20"}}\n  {argo}')
    scale(repository, text, before, after, serves)
    assert ("replicas-reset" in {found.code for found in repository.plan().errors}) is warned
