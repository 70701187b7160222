"""A timeout that Argo CD does not apply to the route that is there, which a plan says."""

from __future__ import annotations

import pytest

from penstock.diagnostics.model import Severity
from review.releases import NEW, add_release
from review.repositories import Repository

ARGO = (
    ("target: kserve", "target: argo-rollouts"),
    (
        '  modelStore: s3://models/production\n  kserve: {version: "0.21", gatewayNamespace: gateways}',
        "  modelStore: s3://models/production\n"
        '  argoRollouts: {version: "1.9", gateway: gateways/public, domain: models.example.com}',
    ),
    ("    resources: {cpu: 500m", "    timeout: 5s\n    resources: {cpu: 500m"),
)
TIMEOUT = ("    timeout: 5s\n", "    timeout: 20s\n")


def change(repository: Repository, *changes: tuple[str, str]) -> None:
    for old, new in changes:
        text = repository.read("specs/system.yaml")
        assert old in text
        repository.write("specs/system.yaml", text.replace(old, new))
    repository.commit()


@pytest.mark.parametrize(
    ("changes", "released", "warned"),
    [
        ((TIMEOUT,), True, True),
        ((TIMEOUT,), False, False),
        ((("max: 4", "max: 5"),), True, False),
    ],
    ids=["another timeout", "nothing serves", "another change"],
)
def test_a_timeout_that_argo_cd_keeps_as_it_is_is_told_of(
    repository: Repository, changes: tuple[tuple[str, str], ...], released: bool, warned: bool
) -> None:
    if released:
        repository.write("specs/release.yaml", add_release(NEW))
    change(repository, *ARGO)
    repository.branch()
    change(repository, *changes)
    warnings = [found for found in repository.plan().errors if found.severity is Severity.WARNING]
    assert [found.code for found in warnings] == (["frozen-route"] if warned else [])
    for found in warnings:
        assert found.headline == "Argo CD leaves the route of `delay-online` in production at a timeout of 5 seconds"
        assert "kubectl patch httproute delay-online -n flights" in found.help[0]
        assert '"value":"20s"' in found.help[0]


def test_kserve_writes_its_routes_itself(repository: Repository) -> None:
    repository.write("specs/release.yaml", add_release(NEW))
    change(repository, ARGO[-1])
    repository.branch()
    change(repository, TIMEOUT)
    assert [found for found in repository.plan().errors if found.severity is Severity.WARNING] == []
