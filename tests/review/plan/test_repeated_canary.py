"""An Environment that changes the pods of Argo Rollouts sends their version through its canary again."""

from __future__ import annotations

import pytest

from penstock.diagnostics.model import Severity
from review.releases import OLD, release
from review.repositories import Repository

KSERVE = 'kserve: {version: "0.21", gatewayNamespace: gateways}'
ARGO = 'argoRollouts: {version: "1.9", gateway: gateways/ml, domain: ml.example.com}'
IMAGE = "images.example/penstock@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
OTHER = IMAGE.replace("0123", "ffff")


@pytest.fixture
def serving(repository: Repository) -> Repository:
    """A rollout that Argo Rollouts serves in production."""
    repository.replace("target: kserve", "target: argo-rollouts")
    repository.replace(KSERVE, f"{KSERVE}\n  {ARGO}")
    repository.replace(f'images: {{runtime: "{IMAGE}"}}', f'images: {{runtime: "{IMAGE}", server: "{IMAGE}"}}')
    release(repository, None)
    repository.compile()
    repository.commit()
    repository.branch()
    return repository


def warned(repository: Repository) -> list[str]:
    repository.compile()
    repository.commit()
    found = repository.plan().errors
    assert not [one for one in found if one.severity is Severity.ERROR]
    return [f"{one.code}: {one.headline}" for one in found]


def test_a_new_image_is_told(serving: Repository) -> None:
    serving.replace(f'runtime: "{IMAGE}"', f'runtime: "{OTHER}"')
    assert warned(serving) == [
        "repeated-canary: 1 rollout in production goes through its canary again, with the version that serves: "
        "`delay-online`"
    ]


def test_what_is_not_in_the_pods_is_not(serving: Repository) -> None:
    serving.replace("domain: ml.example.com", "domain: models.example.com")
    assert warned(serving) == []


def test_another_version_goes_through_it_anyway(serving: Repository) -> None:
    serving.replace(f'runtime: "{IMAGE}"', f'runtime: "{OTHER}"')
    release(serving, None, serving={"version": {"digest": OLD}})
    assert warned(serving) == []


def test_who_edits_the_rollout_knows(serving: Repository) -> None:
    serving.replace("resources: {cpu: 500m, memory: 1Gi}", "resources: {cpu: 900m, memory: 1Gi}")
    assert warned(serving) == []
